/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The root of the PCI bus, in the guest's tables only if there is one. The
 * IDE channels have their traditional interrupts, so nothing is routed.
 */
DefinitionBlock ("pci.aml", "SSDT", 1, "HVHOST", "HVPCI", 1)
{
	Scope (\_SB)
	{
		Device (PCI0)
		{
			Name (_HID, EisaId ("PNP0A03"))
			Name (_UID, 0)
			Name (_BBN, 0)
			Name (_CRS, ResourceTemplate () {
				WordBusNumber (ResourceProducer, MinFixed,
					       MaxFixed, PosDecode,
					       0, 0, 0xff, 0, 0x100)
				IO (Decode16, 0xcf8, 0xcf8, 1, 8)
				WordIO (ResourceProducer, MinFixed, MaxFixed,
					PosDecode, EntireRange,
					0, 0, 0xcf7, 0, 0xcf8)
				WordIO (ResourceProducer, MinFixed, MaxFixed,
					PosDecode, EntireRange,
					0, 0xd00, 0xffff, 0, 0xf300)
			})
		}
	}
}
