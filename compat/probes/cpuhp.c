/* feature: cpuhp_setup_state() (4.6) */
/* symbol: cpuhotplug.h|cpuhp|CPUHP */
#include <linux/module.h>
#include <linux/cpuhotplug.h>

int hvg_probe(unsigned int cpu);

int hvg_probe(unsigned int cpu)
{
	return cpuhp_setup_state(CPUHP_AP_ONLINE_DYN, "probe", hvg_probe,
				 NULL);
}

MODULE_LICENSE("GPL");
