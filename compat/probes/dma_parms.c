/* feature: struct device_dma_parameters (2.6.25) */
/* symbol: dma_parms|device_dma_parameters */
#include <linux/module.h>
#include <linux/device.h>

void hvg_probe(struct device *dev, struct device_dma_parameters *parms);

void hvg_probe(struct device *dev, struct device_dma_parameters *parms)
{
	dev->dma_parms = parms;
}

MODULE_LICENSE("GPL");
