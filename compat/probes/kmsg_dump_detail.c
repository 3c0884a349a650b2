/* feature: kmsg_dumper.dump() is given a detail (6.11) */
/* symbol: kmsg_dump\.h|kmsg_dump_detail */
#include <linux/module.h>
#include <linux/kmsg_dump.h>

int hvg_probe(struct kmsg_dump_detail *detail);

int hvg_probe(struct kmsg_dump_detail *detail)
{
	return detail->reason;
}

MODULE_LICENSE("GPL");
