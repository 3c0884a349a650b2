/* feature: module_param() of type bool is a bool (2.6.31) */
/* symbol: incompatible|report */
#include <linux/module.h>
#include <linux/moduleparam.h>

static bool report;
module_param(report, bool, 0444);

MODULE_LICENSE("GPL");
