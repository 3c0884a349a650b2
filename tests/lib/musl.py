# SPDX-License-Identifier: GPL-2.0-only
"""
Programs for kernels that Debian's glibc refuses: linked statically to musl.

A glibc of today says "kernel too old" below 3.2.  For such guests the few
programs that scenarios need are built here from Debian's source packages.
musl itself and the kernel's headers come from unpacked packages and the
compiler is this machine's, so nothing is installed.

Each build is kept in the cache, by the hash of its source, its recipe and
what it was built with, and is done once.
"""

import hashlib
import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import debian

SUITE = "bookworm"


@dataclass(frozen=True)
class Arch:
    """
    One architecture of guests.

    triplet: the directory of musl, gcc: that of libgcc, which 64-bit
    compilers of this machine need for 32-bit programs
    """
    debian: str
    triplet: str
    gcc: str
    option: str
    emulation: str


ARCHS = {
    "x86_64": Arch("amd64", "x86_64-linux-musl", "x86_64-linux-gnu", "-m64",
                   "elf_x86_64"),
    "i386": Arch("i386", "i386-linux-musl", "i686-linux-gnu", "-m32",
                 "elf_i386"),
}

TOOLCHAIN = ("musl-dev", "linux-libc-dev", "libgcc-12-dev")

# gcc's own startup files serve exceptions and shared libraries: no need.
_SPECS = """\
%rename cpp_options old_cpp_options

*cpp_options:
-nostdinc -isystem {include} -isystem include%s {kernel} %(old_cpp_options)

*cc1:
%(cc1_cpu) -nostdinc -isystem {include} -isystem include%s {kernel}

*link_libgcc:
-L{lib}

*libgcc:
{libgcc}

*startfile:
{lib}/crt1.o {lib}/crti.o

*endfile:
{lib}/crtn.o

*link:
-m {emulation} -nostdlib -static

*esp_link:


*esp_options:


*esp_cpp_options:


"""

# The shell sees the tree as its current directory and has $CC, $JOBS, $OUT,
# the directory that the programs go to, and $NEEDS, that of NEEDS.
RECIPES = {
    "busybox": r"""
        make -s defconfig </dev/null >/dev/null
        # Applets must not go before the real programs of the same name, and
        # the shell must not know of any; tc's headers are gone.
        sed -i -e '/CONFIG_STATIC[ =]/d' -e '/CONFIG_PIE[ =]/d' \
            -e '/CONFIG_FEATURE_PREFER_APPLETS[ =]/d' \
            -e '/CONFIG_FEATURE_SH_STANDALONE[ =]/d' \
            -e '/CONFIG_FEATURE_SH_NOFORK[ =]/d' \
            -e '/CONFIG_TC[ =]/d' .config
        echo CONFIG_STATIC=y >>.config
        for off in PIE FEATURE_PREFER_APPLETS FEATURE_SH_STANDALONE \
            FEATURE_SH_NOFORK TC; do
            echo "# CONFIG_$off is not set" >>.config
        done
        yes '' | make -s oldconfig >/dev/null
        make -s -j"$JOBS" CC="$CC" HOSTCC=gcc AR=ar STRIP=strip \
            SKIP_STRIP=y busybox
        make -s CC="$CC" HOSTCC=gcc busybox.links
        cp busybox busybox.links "$OUT/"
        """,
    "e2fsprogs": r"""
        ./configure CC="$CC" BUILD_CC=gcc --host="$HOST" --disable-nls \
            --disable-tls --disable-uuidd --disable-fuse2fs \
            --disable-defrag --disable-imager --disable-resizer \
            --disable-e2initrd-helper --without-libarchive \
            --enable-libuuid --enable-libblkid >/dev/null
        make -s -j"$JOBS" libs >/dev/null
        make -s -j"$JOBS" -C misc mke2fs tune2fs >/dev/null
        make -s -j"$JOBS" -C e2fsck e2fsck >/dev/null
        cp misc/mke2fs misc/tune2fs e2fsck/e2fsck "$OUT/"
        """,
    "sg3-utils": r"""
        ./configure CC="$CC" --host="$HOST" --disable-shared \
            --enable-static >/dev/null
        make -s -j"$JOBS" -C lib >/dev/null
        programs="sg_inq sg_vpd sg_readcap sg_luns sg_turs sg_requests
            sg_raw sg_reset sg_read sg_sync sg_modes sg_start"
        # shellcheck disable=SC2086
        make -s -j"$JOBS" -C src $programs >/dev/null
        # shellcheck disable=SC2086
        (cd src && cp $programs "$OUT/")
        """,
    "kexec-tools": r"""
        ./configure CC="$CC" TARGET_CC="$CC" BUILD_CC=gcc --host="$HOST" \
            --without-zlib --without-lzma --without-xen >/dev/null
        make -s -j"$JOBS" build/sbin/kexec
        cp build/sbin/kexec "$OUT/"
        """,
    "libaio": r"""
        make -s -C src CC="$CC" libaio.a
        cp src/libaio.h src/libaio.a "$OUT/"
        """,
    "fio": r"""
        export LDFLAGS="-L$NEEDS"
        ./configure --cc="$CC" --build-static --disable-native \
            --disable-rdma --disable-rados --disable-rbd --disable-http \
            --disable-gfapi --disable-lex --disable-pmem --disable-libzbc \
            --disable-xnvme --disable-dfs \
            --disable-numa --disable-tcmalloc --disable-libnfs \
            --extra-cflags="-I$NEEDS" >/dev/null
        # Not before 2.6.25.
        sed -i /TIMERFD/d config-host.h config-host.mak
        make -s -j"$JOBS" fio >/dev/null
        cp fio "$OUT/"
        """,
}


# What is linked with what.
NEEDS = {"fio": "libaio"}


def toolchain(arch: str, work: Path, progress=debian.report):
    """(compiler, hash): a script in @work that compiles for @arch and musl."""
    about = ARCHS[arch]
    tree = debian.tree(SUITE, list(TOOLCHAIN), deps=False, merged_usr=False,
                       arch=about.debian, progress=progress)
    include = tree / "usr/include"
    libgcc = tree / "usr/lib/gcc" / about.gcc / "12"
    specs = _SPECS.format(
        include=include / about.triplet, emulation=about.emulation,
        # Behind musl's, as these hold the kernel's headers alone.
        kernel="-idirafter %s -idirafter %s" % (
            include / about.triplet.replace("-musl", "-gnu"), include),
        lib=tree / "usr/lib" / about.triplet,
        libgcc="%s/libgcc.a %s/libgcc_eh.a" % (libgcc, libgcc))
    (work / "musl.specs").write_text(specs, encoding="ascii")
    script = work / "cc"
    script.write_text(
        "#!/bin/sh\nexec gcc %s -fno-pie -no-pie -specs %s/musl.specs "
        "-static \"$@\"\n" % (about.option, work), encoding="ascii")
    script.chmod(0o755)
    version = subprocess.run(["gcc", "--version"], check=True, text=True,
                             stdout=subprocess.PIPE).stdout.splitlines()[0]
    return script, hashlib.sha256((specs + version).encode()).hexdigest()


def build(package: str, arch: str, progress=debian.report) -> Path:
    """A read-only directory with the programs of @package for @arch."""
    with tempfile.TemporaryDirectory(prefix="hvg-musl-") as name:
        work = Path(name)
        compiler, made_with = toolchain(arch, work, progress)
        source = _suite(progress).source(package)
        needs = NEEDS.get(package)
        needs = str(build(needs, arch, progress)) if needs else ""
        key = hashlib.sha256("\n".join(
            (made_with, source.name, RECIPES[package], needs)).encode()
        ).hexdigest()[:16]
        done = debian.cache_dir() / "musl" / ("%s-%s-%s" % (package, arch,
                                                            key))
        with debian.locked(done.parent / (".%s.lock" % done.name)):
            if not done.is_dir():
                progress("building %s against musl, %s" % (package, arch))
                _make(package, arch, source, compiler, work, done, needs)
        return done


def _make(package, arch, source, compiler, work, done, needs):
    tree, out = work / "tree", work / "out"
    shutil.copytree(source, tree, symlinks=True)
    out.mkdir()
    log = done.parent / (done.name + ".log")
    environ = {"PATH": os.environ["PATH"], "LC_ALL": "C", "HOME": "/",
               "CC": str(compiler), "OUT": str(out), "NEEDS": needs,
               "HOST": ARCHS[arch].triplet, "JOBS": str(os.cpu_count() or 1)}
    with open(log, "wb") as lines:
        result = subprocess.run(
            ["sh", "-c", "set -e\n" + RECIPES[package]], cwd=tree,
            env=environ, stdin=subprocess.DEVNULL, stdout=lines,
            stderr=subprocess.STDOUT, check=False)
    if result.returncode:
        raise debian.DebianError("%s does not build against musl for %s: see "
                                 "%s" % (package, arch, log))
    for program in _programs(out):
        subprocess.run(["strip", str(program)], check=True)
    part = done.with_suffix(".%d" % os.getpid())
    shutil.copytree(out, part)
    part.rename(done)


_SUITES = {}


def _suite(progress):
    """The suite's sources; one object, as its index is fetched only once."""
    if SUITE not in _SUITES:
        _SUITES[SUITE] = debian.Suite(SUITE, progress, arch="source")
    return _SUITES[SUITE]


def programs(arch: str, progress=debian.report) -> dict:
    """{name: path} of everything for @arch, built where the cache lacks it."""
    return {path.name: path for package in RECIPES
            for path in _programs(build(package, arch, progress))}


def _programs(folder):
    return [p for p in sorted(folder.iterdir()) if os.access(p, os.X_OK)]
