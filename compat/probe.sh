#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# probe.sh KDIR DIR: find out which features the kernel of build tree KDIR
# has, by compiling probes/*.c with that kernel's own flags, and write the
# answers to config.h in DIR. Nothing is done if DIR/config.h was made
# from the same probes, kernel and compiler.
#
# A probe is one small C file that compiles where the feature is there. Its
# first lines are comments:
#
#	/* feature: one line that says what HVG_HAVE_<FILE NAME> stands for */
#	/* symbol: extended regular expression that the compiler's message
#	   matches where the feature is absent (one line in the file) */
#	/* export: names that modules must be able to link to (optional) */
#
# A probe that fails for another reason than the missing feature would give a
# wrong answer without a word. So a failure has to mention the symbol, a
# control probe has to compile, and another has to fail.
set -u
LC_ALL=C
export LC_ALL

if [ $# -ne 2 ]; then
	echo "usage: ${0##*/} KDIR DIR" >&2
	exit 1
fi
kdir=$1
out=$2/config.h
work=$2/probes
log=$2/probe.log
from=$(dirname "$0")/probes
make=${MAKE:-make}

die()
{
	echo "compat/probe.sh: $*" >&2
	echo "compat/probe.sh: full output in $log" >&2
	exit 1
}

# What the answers depend on. A distribution's kernel of one release never
# changes; a tree built by hand may, and its configuration shows it.
key=$({
	cat "$from"/*.c "$0"
	echo "$kdir" "${CC:-}"
	cat "$kdir/include/generated/autoconf.h" \
		"$kdir/include/linux/autoconf.h" \
		"$kdir/include/config/kernel.release" \
		"$kdir/.kernelrelease" 2>/dev/null
	[ ! -f "$kdir/Module.symvers" ] || cksum <"$kdir/Module.symvers"
	${CC:-cc} -dumpversion 2>/dev/null
} | cksum | tr ' \t' '--')
if [ -f "$out" ] && grep -q "^/\* key $key \*/$" "$out"; then
	exit 0
fi

rm -rf "$work"
mkdir -p "$work" || exit 1
cp "$from"/*.c "$work"/ || exit 1
names=$(cd "$work" && for f in *.c; do echo "${f%.c}"; done)
{
	for name in $names; do
		echo "obj-m += $name.o"
	done
	flags='-Werror -Werror-implicit-function-declaration -Wno-unused'
	flags="$flags -Wno-unused-function -Wno-unused-variable"
	echo "ccflags-y += $flags"
	echo "EXTRA_CFLAGS += $flags"
} >"$work/Kbuild"

# As many at a time as there are CPUs, unless make was told how many.
jobs=
case " ${MAKEFLAGS-}" in
*' -j'* | *jobserver*) ;;
*)
	jobs=$(getconf _NPROCESSORS_ONLN 2>/dev/null)
	case $jobs in '' | *[!0-9]*) jobs=1 ;; esac
	jobs=-j$jobs
	;;
esac

echo "  PROBE   $(echo "$names" | wc -l | tr -d ' ') features of $kdir"
# control_absent always fails, so that modpost never comes to these objects.
# All append: what one writes must not overwrite what another has written.
: >"$log"
# shellcheck disable=SC2086	# one option or none
$make $jobs -k -C "$kdir" M="$work" W= C=0 WERROR= KCFLAGS=-g0 modules \
	>>"$log" 2>&1
# gcc 4 writes the end of a line by itself, so that another's message may come
# before it. Each begins with the path of its file: no line has two.
{ sed "s#\(.\)\($work/[a-z0-9_]*\.c:[0-9:]* \)#\1\\
\2#g" "$log" >"$log.part" && mv "$log.part" "$log"; } || exit 1

# said NAME: what the compiler said about one probe
said()
{
	grep -E "(^|/)$1\.c:[0-9:]* *(fatal )?(error|warning)" "$log"
}

# failed NAME: a probe has not compiled; true if for want of its feature
failed()
{
	symbol=$(sed -n 's,^/\* symbol: \(.*\) \*/$,\1,p' "$work/$1.c")
	[ -n "$symbol" ] || die "$1.c has no 'symbol:' line"
	said "$1" | grep -Eq -- "$symbol"
}

if [ ! -f "$work/control.o" ]; then
	why=$(said control | head -n 1)
	[ -n "$why" ] || why=$(grep -Ei 'error|\*\*\*|not found' "$log" |
		head -n 1)
	die "not even an empty module compiles for $kdir: $why"
fi
if [ -f "$work/control_absent.o" ] || ! failed control_absent; then
	die "a call of a function that is nowhere compiles for $kdir"
fi

{
	echo "/* key $key */"
	echo "/* What $kdir has; made by compat/probe.sh. */"
} >"$out.part"
for name in $names; do
	case $name in control | control_absent) continue ;; esac
	macro=HVG_HAVE_$(echo "$name" | tr '[:lower:]' '[:upper:]')
	text=$(sed -n '1s,^/\* feature: \(.*\) \*/$,\1,p' "$work/$name.c")
	[ -n "$text" ] || die "$name.c does not begin with a 'feature:' line"
	have=no
	if [ -f "$work/$name.o" ]; then
		have=yes
	elif ! failed "$name"; then
		why=$(said "$name" | head -n 1)
		die "probe $name fails for another reason than the missing" \
			"feature: ${why:-no message from the compiler}"
	fi
	exports=$(sed -n 's,^/\* export: \(.*\) \*/$,\1,p' "$work/$name.c")
	for symbol in $exports; do
		if [ -f "$kdir/Module.symvers" ] &&
			! grep -Eq "^[^	]*	$symbol	" \
				"$kdir/Module.symvers"; then
			have=no
		fi
	done
	if [ $have = yes ]; then
		echo "#define $macro 1	/* $text */"
	else
		echo "/* no $macro: $text */"
	fi
done >>"$out.part"
mv "$out.part" "$out" || exit 1
rm -rf "$work"
