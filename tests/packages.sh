#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Install the Debian packages that building hvhost and testing need, those
# that are missing. With CI set, or as root, it does not ask.
set -eu

needed="acpica-tools bzip2 ca-certificates debian-archive-keyring e2fsprogs
gcc git kmod libc6-dev libjansson-dev liburing-dev make patch perl python3
qemu-system-x86 shellcheck util-linux valgrind xz-utils"

# Elsewhere the names are others; what is missing is said when it is needed.
command -v dpkg-query >/dev/null || exit 0

missing=
# tests/bench/report draws with it; other packages have it too, in its place.
command -v gnuplot >/dev/null || missing=" gnuplot-nox"
for package in $needed; do
	dpkg-query -W -f '${Status}' "$package" 2>/dev/null |
		grep -q 'install ok installed' || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

sudo=
if [ "$(id -u)" != 0 ]; then
	sudo=sudo
	if [ -z "${CI-}" ]; then
		echo "these packages are needed:$missing"
		printf 'install them now with sudo? [y/N] '
		read -r answer || answer=
		case $answer in
		[yY]*)	;;
		*)	echo "then install them and run this again" >&2
			exit 2 ;;
		esac
	fi
fi
echo "installing:$missing"
log=$(mktemp)
# shellcheck disable=SC2086	# one word a package
{ $sudo apt-get -q update && $sudo env DEBIAN_FRONTEND=noninteractive \
	apt-get -q -y --no-install-recommends install $missing; } \
	>"$log" 2>&1 || { tail -n 20 "$log" >&2; exit 1; }
rm -f "$log"
