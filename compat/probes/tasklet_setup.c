/* feature: a tasklet's function is given the tasklet (5.9) */
/* symbol: tasklet_setup */
/* export: tasklet_setup */
#include <linux/interrupt.h>
#include <linux/module.h>

void hvg_probe(struct tasklet_struct *tasklet);

void hvg_probe(struct tasklet_struct *tasklet)
{
	tasklet_setup(tasklet, hvg_probe);
}

MODULE_LICENSE("GPL");
