#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# intree.sh KDIR: does the kernel of this build tree have VMBus itself?
# Exit status 0: no; 3: yes, and stdout says what a guest loses by replacing
# it. REPLACE_INTREE=1 makes it 0 in any case.
set -u
kdir=$1
conf=$kdir/include/config/auto.conf
[ -f "$conf" ] || conf=$kdir/.config

# value OPTION: y, m or nothing
value()
{
	sed -n "s/^$1=\([ym]\)$/\1/p" "$conf" 2>/dev/null
}

# Until 6.x the one option was both the hypervisor's and VMBus's.
vmbus=$(value CONFIG_HYPERV_VMBUS)
if [ -z "$vmbus" ] && ! grep -q HYPERV_VMBUS "$conf" 2>/dev/null; then
	vmbus=$(value CONFIG_HYPERV)
fi
[ -n "$vmbus" ] || exit 0

echo "This kernel has VMBus drivers of its own. With hv-guest in their place"
echo "these, which it has and hv-guest has not, do not work:"
while read -r option module text; do
	if [ -n "$(value "$option")" ]; then
		printf '  %-16s %s\n' "$module" "$text"
	fi
done <<-END
	CONFIG_HYPERV_NET hv_netvsc synthetic network
	CONFIG_HYPERV_UTILS hv_utils shutdown, heartbeat, time, KVP, backup
	CONFIG_HYPERV_BALLOON hv_balloon dynamic memory
	CONFIG_HID_HYPERV_MOUSE hid_hyperv mouse
	CONFIG_HYPERV_KEYBOARD hyperv_keyboard keyboard
	CONFIG_FB_HYPERV hyperv_fb framebuffer
	CONFIG_DRM_HYPERV hyperv_drm graphics
	CONFIG_HYPERV_VSOCKETS hv_sock sockets to the host
	CONFIG_PCI_HYPERV pci_hyperv PCI pass-through
	CONFIG_UIO_HV_GENERIC uio_hv_generic VMBus devices in user space
END
if [ "$vmbus" = y ]; then
	echo "Its VMBus is built in: the kernel command line must also have"
	echo "  initcall_blacklist=hv_acpi_init"
fi
[ "${REPLACE_INTREE:-}" = 1 ] || exit 3
