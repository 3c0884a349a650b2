#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Print the build tree of the newest kernel whose headers are installed, for
# a machine that has none for the running kernel. Nothing if there is none.
for tree in /lib/modules/*/build /usr/src/linux-headers-* /usr/src/kernels/*; do
	# Debian's -common part has no configuration and builds nothing.
	if [ -f "$tree/Makefile" ] && [ -f "$tree/.config" ]; then
		release=$(sh "$(dirname "$0")/release.sh" "$tree")
		# Version fields as numbers: RHEL 5's sort has no -V.
		echo "$release" | awk -F '[^0-9]+' -v tree="$tree" \
			'{ printf "%04d%04d%04d%06d %s\n", $1, $2, $3, $4, tree }'
	fi
done | sort | tail -n 1 | cut -d ' ' -f 2-
