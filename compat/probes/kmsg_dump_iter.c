/* feature: struct kmsg_dump_iter (5.12) */
/* symbol: kmsg_dump\.h|kmsg_dump_iter */
#include <linux/module.h>
#include <linux/kmsg_dump.h>

void hvg_probe(struct kmsg_dump_iter *iter);

void hvg_probe(struct kmsg_dump_iter *iter)
{
	kmsg_dump_rewind(iter);
}

MODULE_LICENSE("GPL");
