/* feature: clocksource_register_hz(), a clocksource's read() knows whose it is */
/* symbol: clocksource_register_hz|incompatible */
#include <linux/module.h>
#include <linux/clocksource.h>

u64 hvg_read(struct clocksource *cs);
int hvg_probe(struct clocksource *cs);

int hvg_probe(struct clocksource *cs)
{
	cs->read = hvg_read;
	return clocksource_register_hz(cs, 1000);
}

MODULE_LICENSE("GPL");
