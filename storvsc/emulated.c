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
 * are devices on the bus "ide" (2.6.18: its driver is built into RHEL 5's
 * kernels and is there first; the generic one finds the same disks by their
 * ports), or SCSI devices of libata below its PCI device.
 *
 * A driver that comes later is kept out by the ports of the channel: it cannot
 * have what is taken. Newer kernels' ata_piix leaves the disks of a Hyper-V
 * host alone by itself, and the channel's DVD drive is there with it alone; so
 * the ports are taken by default where it does not.
 *
 * Process context.
 */
#include <linux/device.h>
#include <linux/ioport.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/pci.h>
#include <linux/string.h>
#include <scsi/scsi_device.h>
#include <scsi/scsi_host.h>
#include "storvsc.h"

/* PIIX4, the controller of generation 1 virtual machines. */
#define STORVSC_EMULATED_VENDOR	0x8086
#define STORVSC_EMULATED_DEVICE	0x7111

/* Of the command block; the IDE layer and libata both ask for all of it. */
#define STORVSC_PORTS		8

static unsigned int storvsc_param_reserve_ports = STORVSC_RESERVE_PORTS;
module_param_named(reserve_ports, storvsc_param_reserve_ports, uint, 0644);
MODULE_PARM_DESC(reserve_ports,
		 "1 keeps other drivers from the emulated controller's channel of an IDE disk, for disks found from now on (default "
		 __stringify(STORVSC_RESERVE_PORTS) ")");

/**
 * struct storvsc_ports - I/O ports of one channel of the emulated controller
 * @start: first one
 * @region: what has been reserved, NULL: nothing
 * @users: adapters that have a disk of the channel
 */
struct storvsc_ports {
	unsigned long start;
	struct resource *region;
	unsigned int users;
};

/* Of the machine, not of an adapter: both disks of a channel share them. */
static DEFINE_MUTEX(storvsc_ports_lock);
static struct storvsc_ports storvsc_ports[] = {
	{ .start = 0x1f0 },
	{ .start = 0x170 },
};

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

static int storvsc_place_ide(struct device *dev, void *data)
{
	struct storvsc_place *place = data;
	unsigned int channel, unit;

	if (sscanf(dev_name(dev), "%u.%u", &channel, &unit) != 2 ||
	    channel != place->channel || unit != place->unit)
		return 0;
	snprintf(place->name, sizeof(place->name), "hd%c",
		 'a' + 2 * channel + unit);
	snprintf(place->cure, sizeof(place->cure), "boot with hd%c=noprobe",
		 'a' + 2 * channel + unit);
	return 1;
}

/* Drives of the old IDE layer, which may not be there, by any driver of it. */
static bool storvsc_place_on_ide_bus(struct storvsc_place *place)
{
	void *bus = __symbol_get("ide_bus_type");
	bool found;

	if (!bus)
		return false;
	found = bus_for_each_dev(bus, NULL, place, storvsc_place_ide);
	__symbol_put("ide_bus_type");
	return found;
}

static bool storvsc_place_sdev(struct device *dev,
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
	if (storvsc_place_sdev(dev, data))
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

static bool storvsc_place_on_libata(struct storvsc_place *place)
{
	struct pci_dev *pdev = NULL;

	do {
		pdev = pci_get_device(STORVSC_EMULATED_VENDOR,
				      STORVSC_EMULATED_DEVICE, pdev);
		if (!pdev)
			return false;
		place->ports = 0;
	} while (!device_for_each_child(&pdev->dev, place,
					storvsc_place_port));
	pci_dev_put(pdev);
	return true;
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
	bool allowed = READ_ONCE(storvsc_param_double_attach);

	if (a->type != STORVSC_IDE ||
	    (!storvsc_place_on_ide_bus(&place) &&
	     !storvsc_place_on_libata(&place)))
		return false;
	dev_warn(storvsc_dev(a),
		 "IDE channel %u device %u is also attached as %s by the driver of the emulated controller; writing through both corrupts the disk\n",
		 place.channel, place.unit, place.name);
	if (allowed)
		dev_warn(storvsc_dev(a),
			 "attached nevertheless, as SCSI device %u:0:0:0, as double_attach=1 demands\n",
			 a->shost->host_no);
	else
		dev_warn(storvsc_dev(a),
			 "not attached here; to use it, %s\n", place.cure);
	return !allowed;
}

/**
 * storvsc_ports_reserve - keep other drivers from the disk of an adapter
 * @a: adapter
 *
 * Of no consequence if another driver has the ports already: what it has
 * found there, storvsc_emulated() knows. A driver that is just looking has the
 * ports and no disk yet: that one is not noticed.
 *
 * Calls have to be balanced with storvsc_ports_release().
 */
void storvsc_ports_reserve(struct storvsc_adapter *a)
{
	struct storvsc_ports *ports;

	if (a->type != STORVSC_IDE || a->path >= ARRAY_SIZE(storvsc_ports) ||
	    !READ_ONCE(storvsc_param_reserve_ports))
		return;
	ports = &storvsc_ports[a->path];
	mutex_lock(&storvsc_ports_lock);
	a->ports = true;
	if (!ports->users++)
		ports->region = request_region(ports->start, STORVSC_PORTS,
					       "hvg_storvsc");
	mutex_unlock(&storvsc_ports_lock);
}

/**
 * storvsc_ports_release - undo storvsc_ports_reserve()
 * @a: adapter, for which nothing need have been reserved
 */
void storvsc_ports_release(struct storvsc_adapter *a)
{
	struct storvsc_ports *ports;

	if (!a->ports)
		return;
	ports = &storvsc_ports[a->path];
	mutex_lock(&storvsc_ports_lock);
	a->ports = false;
	if (!--ports->users && ports->region) {
		release_region(ports->start, STORVSC_PORTS);
		ports->region = NULL;
	}
	mutex_unlock(&storvsc_ports_lock);
}
