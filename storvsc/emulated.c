// SPDX-License-Identifier: GPL-2.0-only
/*
 * The same disk twice: a disk of the IDE accelerator is also behind the
 * emulated IDE controller, whose driver may have attached it. Each of the two
 * block devices has a cache of its own, and writing through both of them
 * destroys what is on the disk.
 *
 * Channel and device are the same on both ways, and the accelerator's instance
 * id names them. So there is no need to read from the disk to find out, nor
 * to attach it first. What the driver of the emulated controller has found
 * are descendants of its PCI device: on the bus "ide" (2.6.18: its driver is
 * built into RHEL 5's kernels and is there first), or SCSI devices of libata.
 *
 * Process context.
 */
#include <linux/device.h>
#include <linux/kernel.h>
#include <linux/pci.h>
#include <linux/string.h>
#include <scsi/scsi_device.h>
#include <scsi/scsi_host.h>
#include "storvsc.h"

/* PIIX4, the controller of generation 1 virtual machines. */
#define STORVSC_EMULATED_VENDOR	0x8086
#define STORVSC_EMULATED_DEVICE	0x7111

/**
 * struct storvsc_place - what is looked for
 * @channel: 0 primary, 1 secondary
 * @unit: 0 master, 1 slave
 * @ports: ports of libata that have been seen so far
 * @name: of the device, when it is found
 * @cure: what leaves the disk to the accelerator
 */
struct storvsc_place {
	unsigned int channel;
	unsigned int unit;
	unsigned int ports;
	char name[32];
	char cure[48];
};

static bool storvsc_place_ide(struct device *dev, struct storvsc_place *place)
{
	unsigned int channel, unit;

	if (!dev->bus || strcmp(dev->bus->name, "ide") ||
	    sscanf(dev_name(dev), "%u.%u", &channel, &unit) != 2 ||
	    channel != place->channel || unit != place->unit)
		return false;
	snprintf(place->name, sizeof(place->name), "hd%c",
		 'a' + 2 * channel + unit);
	snprintf(place->cure, sizeof(place->cure), "boot with hd%c=noprobe",
		 'a' + 2 * channel + unit);
	return true;
}

static bool storvsc_place_libata(struct device *dev,
				 struct storvsc_place *place)
{
	struct scsi_device *sdev;

	if (!scsi_is_sdev_device(dev) || place->ports != place->channel + 1)
		return false;
	sdev = to_scsi_device(dev);
	if (sdev->id != place->unit)
		return false;
	snprintf(place->name, sizeof(place->name), "SCSI device %s",
		 dev_name(dev));
	snprintf(place->cure, sizeof(place->cure), "keep %s away",
		 sdev->host->hostt->name);
	return true;
}

static int storvsc_place_match(struct device *dev, void *data)
{
	if (storvsc_place_ide(dev, data) || storvsc_place_libata(dev, data))
		return 1;
	return device_for_each_child(dev, data, storvsc_place_match);
}

/* A child of the PCI device: one channel. */
static int storvsc_place_port(struct device *dev, void *data)
{
	struct storvsc_place *place = data;

	if (!strncmp(dev_name(dev), "ata", 3) ||
	    !strncmp(dev_name(dev), "host", 4))
		place->ports++;
	return storvsc_place_match(dev, data);
}

/**
 * storvsc_emulated - is the disk attached as an emulated one, too
 * @a: adapter
 *
 * Says so in the log.
 *
 * Return: true if the adapter should not be used.
 */
bool storvsc_emulated(struct storvsc_adapter *a)
{
	struct storvsc_place place = { .channel = a->path, .unit = a->target };
	struct pci_dev *pdev = NULL;
	bool allowed = READ_ONCE(storvsc_param_double_attach);

	if (a->type != STORVSC_IDE)
		return false;
	do {
		pdev = pci_get_device(STORVSC_EMULATED_VENDOR,
				      STORVSC_EMULATED_DEVICE, pdev);
		if (!pdev)
			return false;
		place.ports = 0;
	} while (!device_for_each_child(&pdev->dev, &place,
					storvsc_place_port));
	pci_dev_put(pdev);

	dev_warn(storvsc_dev(a),
		 "IDE channel %u device %u is also attached as %s by the driver of the emulated controller; writing through both corrupts the disk\n",
		 place.channel, place.unit, place.name);
	if (allowed)
		dev_warn(storvsc_dev(a),
			 "attached nevertheless, as double_attach=1 demands\n");
	else
		dev_warn(storvsc_dev(a),
			 "not attached here; to use it, %s\n", place.cure);
	return !allowed;
}
