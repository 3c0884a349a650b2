#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# dkms-install.sh: hand the source to DKMS, and build and install it for KDIR's
# kernel. "dkms-install.sh uninstall" takes all of it back. VERSION, KDIR,
# RELEASE, MODPROBE_D and REPLACE_INTREE come from the Makefile.
set -eu
top=$(cd "$(dirname "$0")/.." && pwd)
src=/usr/src/hv-guest-$VERSION

die()
{
	echo "hv-guest: $*" >&2
	exit 1
}

command -v dkms >/dev/null || die "dkms is not installed"
[ "$(id -u)" = 0 ] || die "dkms-install needs root"
# DKMS starts a make of its own.
unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES MAKE

if [ "${1-}" = uninstall ]; then
	if dkms status -m hv-guest -v "$VERSION" | grep -q hv-guest; then
		dkms remove -m hv-guest -v "$VERSION" --all
	fi
	rm -rf "$src" "$MODPROBE_D/hv-guest.conf" \
		"$MODPROBE_D/hv-guest-ata_piix.conf"
	exit 0
fi

[ -n "$RELEASE" ] || die "no headers of a kernel found: say KDIR="
status=0
sh "$top/tools/intree.sh" "$KDIR" || status=$?
[ $status -eq 0 ] || die "nothing is installed: if this is what you want," \
	"say make dkms-install REPLACE_INTREE=1"

# An older copy of the same version would be built instead of this one.
if dkms status -m hv-guest -v "$VERSION" | grep -q hv-guest; then
	dkms remove -m hv-guest -v "$VERSION" --all
fi
rm -rf "$src"
mkdir -p "$src"
cd "$top"
cp -R COPYING Kbuild Kbuild.include Makefile dkms.conf compat include \
	vmbus storvsc tools Documentation "$src/"
dkms add -m hv-guest -v "$VERSION"
# Without further word DKMS 2.x configures and cleans a tree it is pointed at,
# which ruins a distribution's headers; 3.x only knows the names.
for step in build install; do
	dkms $step -m hv-guest -v "$VERSION" -k "$RELEASE" \
		--kernelsourcedir "$KDIR" --no-prepare-kernel \
		--no-clean-kernel
done
mkdir -p "$MODPROBE_D"
install -m 644 tools/modprobe.d/hv-guest.conf "$MODPROBE_D/"
if [ "$RELEASE" = "$(uname -r)" ] && sh tools/ata-piix.sh /etc /sys; then
	install -m 644 tools/modprobe.d/hv-guest-ata_piix.conf "$MODPROBE_D/"
fi
sh tools/next-steps.sh
