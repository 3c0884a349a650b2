/* feature: platform_driver.remove() returns nothing (6.11) */
/* symbol: incompatible|remove */
#include <linux/module.h>
#include <linux/platform_device.h>

void hvg_probe(struct platform_device *pdev);

static const struct platform_driver driver = {
	.remove = hvg_probe,
};

void hvg_probe(struct platform_device *pdev)
{
	if (driver.remove)
		return;
}

MODULE_LICENSE("GPL");
