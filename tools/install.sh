#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# install.sh install|uninstall: put the modules of one kernel in place, or
# take them away. Called by the Makefile with RELEASE, KDIR, SRC, DESTDIR,
# INSTALL_MOD_DIR, MODPROBE_D and REPLACE_INTREE in the environment.
set -eu
here=$(dirname "$0")
root=${DESTDIR:-}
dir=$root/lib/modules/$RELEASE/$INSTALL_MOD_DIR

die()
{
	echo "hv-guest: $*" >&2
	exit 1
}

# depmod needs the kernel's own modules; a packaging root has none.
update()
{
	if [ -d "$root/lib/modules/$RELEASE/kernel" ]; then
		/sbin/depmod -a ${root:+-b "$root"} "$RELEASE"
	else
		echo "  NOTE    depmod not run: no kernel in" \
			"$root/lib/modules/$RELEASE"
	fi
}

case ${1:-} in
install)
	[ -n "$RELEASE" ] || die "$KDIR does not say its kernel's release"
	status=0
	sh "$here/intree.sh" "$KDIR" || status=$?
	[ $status -eq 0 ] || die "nothing is installed: if this is what you" \
		"want, say make install REPLACE_INTREE=1"
	mkdir -p "$dir" "$MODPROBE_D"
	for ko in "$SRC"/*/hvg_*.ko; do
		echo "  INSTALL $dir/${ko##*/}"
		install -m 644 "$ko" "$dir/"
	done
	echo "  INSTALL $MODPROBE_D/hv-guest.conf"
	install -m 644 "$here/modprobe.d/hv-guest.conf" "$MODPROBE_D/"
	if [ -z "$root" ] && [ "$RELEASE" = "$(uname -r)" ] &&
		sh "$here/ata-piix.sh" /etc /sys; then
		echo "  INSTALL $MODPROBE_D/hv-guest-ata_piix.conf"
		install -m 644 "$here/modprobe.d/hv-guest-ata_piix.conf" \
			"$MODPROBE_D/"
	fi
	update
	sh "$here/next-steps.sh" "$root"
	;;
uninstall)
	set -- "$dir"/hvg_*.ko
	if [ ! -f "$1" ]; then
		die "expected modules in $dir, there are none: say RELEASE= or" \
			"KDIR= for another kernel"
	fi
	rm -f "$@"
	rmdir "$dir" 2>/dev/null || :
	left=$(find "$root/lib/modules" -name 'hvg_vmbus.ko*' 2>/dev/null |
		head -n 1)
	if [ -z "$left" ]; then
		rm -f "$MODPROBE_D/hv-guest.conf" \
			"$MODPROBE_D/hv-guest-ata_piix.conf"
	fi
	update
	;;
*)
	die "usage: install.sh install|uninstall"
	;;
esac
