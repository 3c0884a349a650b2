#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# farm.sh TOP SRC DIR...: make SRC a directory tree of symbolic links to the
# sources of the modules in TOP/DIR..., for one kernel to build in. Links to
# files that are gone are removed, what the build made stays.
set -eu
top=$1
src=$2
shift 2

# link FILE NAME: only if it is not there already, for make's sake
link()
{
	if [ ! -e "$src/$2" ] || [ ! -L "$src/$2" ]; then
		rm -rf "${src:?}/$2"
		ln -s "$1" "$src/$2"
	fi
}

mkdir -p "$src/compat"
link "$top/Kbuild" Kbuild
link "$top/Kbuild.include" Kbuild.include
link "$top/include" include
for file in "$top"/compat/*.h; do
	case $file in */config.h) continue ;; esac
	link "$file" "compat/${file##*/}"
done
link "$top/compat/include" compat/include
for dir in "$@"; do
	mkdir -p "$src/$dir"
	for file in "$top/$dir"/*.[chS] "$top/$dir/Kbuild"; do
		case $file in *.mod.c) continue ;; esac
		[ ! -f "$file" ] || link "$file" "$dir/${file##*/}"
	done
done
find "$src" -type l | while read -r name; do
	[ -e "$name" ] || rm -f "$name"
done
