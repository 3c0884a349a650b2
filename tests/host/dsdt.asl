/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What ACPI says of the machine: serial ports, clock, VMBus. There is no PCI.
 * Processors are in an SSDT that acpi.c makes.
 */
DefinitionBlock ("dsdt.aml", "DSDT", 1, "HVHOST", "HVHOST", 1)
{
	/* SLP_TYP of power-off, as PM_S5 has it */
	Name (\_S5, Package () { 5, 5, 0, 0 })

	Scope (\_SB)
	{
		Device (COM1)
		{
			Name (_HID, EisaId ("PNP0501"))
			Name (_UID, 1)
			Name (_CRS, ResourceTemplate () {
				IO (Decode16, 0x3f8, 0x3f8, 1, 8)
				IRQNoFlags () { 4 }
			})
		}

		Device (COM2)
		{
			Name (_HID, EisaId ("PNP0501"))
			Name (_UID, 2)
			Name (_CRS, ResourceTemplate () {
				IO (Decode16, 0x2f8, 0x2f8, 1, 8)
				IRQNoFlags () { 3 }
			})
		}

		/* no interrupt: time only, no alarm */
		Device (RTC)
		{
			Name (_HID, EisaId ("PNP0B00"))
			Name (_CRS, ResourceTemplate () {
				IO (Decode16, 0x70, 0x70, 1, 2)
			})
		}

		/* Hyper-V has the MMIO window on VMBus's parent. */
		Device (VMOD)
		{
			Name (_HID, "ACPI0004")
			Name (_UID, 0)
			Name (_CRS, ResourceTemplate () {
				DWordMemory (ResourceProducer, PosDecode,
					     MinFixed, MaxFixed, NonCacheable,
					     ReadWrite, 0, 0xf8000000,
					     0xfbffffff, 0, 0x04000000)
			})

			Device (VMBS)
			{
				/* a method, as iasl takes no such _HID by Name */
				Method (_HID, 0, NotSerialized)
				{
					Return ("VMBUS")
				}
				Name (_DDN, "VMBUS")
				Name (_UID, 0)
				Name (_STA, 0x0f)
#ifndef NO_VMBUS_IRQ
				Name (_CRS, ResourceTemplate () {
					IRQ (Edge, ActiveHigh, Exclusive) { 7 }
				})
#endif
			}
		}
	}
}
