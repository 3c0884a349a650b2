/* feature: none: this compiles for no kernel */
/* symbol: hvg_no_such_function */
#include <linux/module.h>

int hvg_control_absent(void);

int hvg_control_absent(void)
{
	return hvg_no_such_function();
}
