# SPDX-License-Identifier: GPL-2.0-only
"""
The kernels that the project is tested on, by the names of tests/run.

get() finds a packaged kernel (image, modules, configuration) and, beside it,
the root of a small build system of the same suite: the kernel's headers, its
kbuild and the compiler that made it.  build_modules() builds this tree's
modules in there.  Neither installs anything; root is not needed where
unprivileged user namespaces are allowed.

A kernel has no version here: which one a name stands for is what the suite
holds when the name is first used.  refresh() looks again.
"""

import os
import platform
import re
import shutil
import struct
import subprocess
from dataclasses import dataclass, replace
from pathlib import Path

import debian
from debian import DebianError as KernelError
from debian import report

TOP = Path(__file__).resolve().parents[2]

SUITES = {
    "5.10": "bullseye",
    "6.1": "bookworm",
    "6.12": "trixie",
    "latest": "sid",
}

# Built for, but not run: what 32 bits find wrong.
BUILD_ONLY = {
    "5.10-686": "bullseye",
}

# What kbuild calls, apart from the compiler and the kernel's own tools.
BUILD_TOOLS = ["make", "libc6-dev", "binutils", "dash", "coreutils", "sed",
               "grep", "mawk", "findutils", "diffutils", "kmod", "xz-utils",
               "sparse"]

# The oldest kernel that the glibc of the guests' suite runs on.
GLIBC_NEEDS = (3, 2)

_IMAGE = re.compile(r"^linux-(image|binary|modules)-\d")
_HEADERS = re.compile(r"^linux-(headers|kbuild)-\d")
_COMPILER = re.compile(r"^gcc-\d+$|^gcc-\d+-for-host$|^linux-compiler-gcc-")


@dataclass(frozen=True)
class Kernel:
    """
    One kernel to test on.

    moddir: root of a tree with lib/modules/RELEASE (read-only), or None
    kdir:   its build tree; with a sysroot it is usable only inside of that
    sysroot: root of the build system to use, None for this machine's own
    cc:     compiler, as named inside of sysroot
    arch:   x86_64 or i386
    """
    name: str
    release: str
    vmlinuz: Path | None
    moddir: Path | None
    kdir: Path | None
    config: Path | None
    sysroot: Path | None = None
    cc: str = "gcc"
    arch: str = "x86_64"

    @property
    def old(self) -> bool:
        """Whether Debian's own programs refuse to run on it, as glibc does."""
        numbers = re.findall(r"\d+", self.release)
        return (tuple(map(int, numbers[:2])) < GLIBC_NEEDS
                or self.arch != "x86_64")

    @property
    def modules(self) -> Path | None:
        """The directory lib/modules/RELEASE of this kernel."""
        if not self.moddir:
            return None
        for lib in ("lib", "usr/lib"):
            path = self.moddir / lib / "modules" / self.release
            if path.is_dir():
                return path
        return None


def names() -> list:
    """Names of the packaged kernels, oldest first."""
    return list(SUITES)


def build_names() -> list:
    """Those, and the ones that are only built for."""
    return [*SUITES, *BUILD_ONLY]


def _one(paths, what: str) -> Path:
    paths = sorted(paths)
    if len(paths) != 1:
        raise KernelError(f"one {what} expected, found {len(paths)}: "
                          + " ".join(map(str, paths[:3])))
    return paths[0]


def _build_system(name: str, progress, refresh: bool):
    """
    (root of a build system, compiler in there): headers, kbuild, compiler.
    """
    # The archive of updates has lost packages of old suites for i386.
    released = name in BUILD_ONLY
    suite = debian.Suite({**SUITES, **BUILD_ONLY}[name], progress,
                         security=not released)
    every = suite.resolve(["linux-headers-amd64"], refresh=refresh)
    headers = [d for d in every if _HEADERS.match(d.name)]
    compiler = [d.name for d in every if _COMPILER.match(d.name)]
    kbuild = [d.name for d in headers if d.name.startswith("linux-kbuild")]
    tools = suite.resolve(BUILD_TOOLS + compiler + kbuild, refresh=refresh,
                          drop=_HEADERS.pattern)
    others = ()
    if released:
        # The compiler makes 32-bit code as well.
        i386 = debian.Suite(suite.name, progress, "i386", security=False)
        others = ((i386, i386.resolve(
            ["linux-headers-686"], refresh=refresh,
            drop=r"^(?!linux-headers-\d.*-686$)")),)
    cc = _one({d.name.removesuffix("-for-host") for d in tools
               if re.match(r"gcc-\d+(-for-host)?$", d.name)},
              f"compiler of {name}")
    root = suite.unpack(tools + headers, debian.MERGED,
                        {"usr/bin/awk": "mawk", "usr/bin/gcc": str(cc)},
                        others)
    return root, str(cc)


def _build_only(name: str, progress, refresh: bool) -> Kernel:
    root, cc = _build_system(name, progress, refresh)
    kdir = _one((root / "usr/src").glob("linux-headers-*-686"),
                f"build tree of {name}")
    return Kernel(name, kdir.name[len("linux-headers-"):], None, None, kdir,
                  kdir / ".config", sysroot=root, cc=cc)


def get(name: str, progress=report, build: bool = True,
        refresh: bool = False) -> Kernel:
    """
    The kernel called @name: a name of build_names(), "host", or a bzImage's
    path.

    build=False leaves out the build system (kdir is then None), which is all
    that a run of unmodified in-tree modules needs.
    The first call downloads (40 to 150 MB a kernel), later ones do not.
    """
    if name == "host":
        return host()
    if name in BUILD_ONLY:
        return _build_only(name, progress, refresh)
    if name not in SUITES:
        return by_hand(name)
    suite = debian.Suite(SUITES[name], progress)
    image = [d for d in suite.resolve(["linux-image-amd64"], refresh=refresh)
             if _IMAGE.match(d.name) and not d.name.endswith("-unsigned")]
    moddir = suite.unpack(image, ("lib",))
    vmlinuz = _one(list(moddir.glob("boot/vmlinuz-*"))
                   + list(moddir.glob("usr/lib/modules/*/vmlinuz")),
                   f"kernel image of {name}")
    release = (vmlinuz.parent.name if vmlinuz.name == "vmlinuz"
               else vmlinuz.name[len("vmlinuz-"):])
    config = next((p for p in (moddir / f"boot/config-{release}",
                               moddir / f"usr/lib/modules/{release}/config")
                   if p.exists()), None)
    kernel = Kernel(name, release, vmlinuz, moddir, None, config)
    if not build:
        return kernel

    root, cc = _build_system(name, progress, refresh)
    kdir = root / "usr/src" / f"linux-headers-{release}"
    if not kdir.is_dir():
        raise KernelError(f"{name}: no headers for {release} in {kdir.parent}")
    return replace(kernel, kdir=kdir, sysroot=root, cc=cc,
                   config=config or kdir / ".config")


def refresh(name: str, progress=report) -> Kernel:
    """Look again which packages @name stands for.  Needs the network."""
    return get(name, progress, refresh=True)


def host() -> Kernel:
    """This machine's own kernel and headers."""
    release = platform.release()
    image = next((p for p in (Path(f"/boot/vmlinuz-{release}"),
                              Path(f"/lib/modules/{release}/vmlinuz"))
                  if p.exists()), None)
    if not image:
        raise KernelError(f"no image of the running kernel {release} in /boot "
                          "or /lib/modules")
    if not os.access(image, os.R_OK):
        raise KernelError(f"{image} cannot be read by this user")
    kdir = Path(f"/lib/modules/{release}/build")
    config = Path(f"/boot/config-{release}")
    return Kernel("host", release, image, Path("/"),
                  kdir.resolve() if kdir.exists() else None,
                  config if config.exists() else None)


def by_hand(image, kdir=None, cc: str = "gcc") -> Kernel:
    """A kernel given as a bzImage, with the build tree that made it."""
    path = Path(image)
    if not path.is_file():
        raise KernelError(f"{image}: neither a file nor one of "
                          + " ".join([*SUITES, "host"]))
    with open(path, "rb") as f:
        head = f.read(1 << 16)
    if head[0x202:0x206] != b"HdrS":
        raise KernelError(f"{image}: not a bzImage (no HdrS at 0x202)")
    at = int.from_bytes(head[0x20e:0x210], "little") + 0x200
    release = head[at:head.index(b"\0", at)].decode().split()[0]
    kdir = Path(kdir).resolve() if kdir else None
    # A built tree holds its modules, or has them installed beside the image.
    config = kdir / ".config" if kdir and (kdir / ".config").exists() else None
    arch = "x86_64" if _is_64bit(head, config) else "i386"
    name = release if arch == "x86_64" else f"{release}-{arch}"
    # Modules of one release may load on another.
    built_for = _release_of(kdir) if kdir else release
    if built_for != release:
        name += f"+{built_for}"
    return Kernel(re.sub(r"[^\w.+-]", "_", name), release, path.resolve(),
                  None, kdir, config, cc=cc, arch=arch)


def _release_of(kdir: Path) -> str:
    """The release that modules are built for in @kdir."""
    return subprocess.run(["sh", TOP / "compat/release.sh", kdir], check=True,
                          text=True, stdout=subprocess.PIPE).stdout.strip()


def _is_64bit(head: bytes, config) -> bool:
    """Whether a bzImage that begins with @head is for x86-64."""
    if config:
        text = config.read_text(encoding="utf-8", errors="replace")
        return re.search(r"^CONFIG_(X86_64|64BIT)=y$", text, re.M) is not None
    version, = struct.unpack_from("<H", head, 0x206)
    if version >= 0x20c:
        return head[0x236] & 1 == 1	# XLF_KERNEL_64
    # Older ones only say what they do without: the setup code's complaint.
    setup = head[:(head[0x1f1] + 1) * 512]
    return b"long mode" in setup or b"x86-64" in setup


_ENTER = r"""
set -e
root=$1 work=$2
shift 2
mkdir -p "$root/proc" "$root/dev" "$root/tmp" "$root$work"
mount --rbind /proc "$root/proc"
mount --rbind /dev "$root/dev"
mount --bind "$work" "$root$work"
exec chroot "$root" /usr/bin/env -i -C "$work" LC_ALL=C HOME=/ \
    PATH=/usr/bin:/usr/sbin:/bin "$@"
"""


def command(kernel: Kernel, argv, work: Path = TOP) -> list:
    """
    The command line that runs @argv in @kernel's build system.

    @work is the one directory of this machine that is seen there, under its
    own name, and the current one.  Nothing is left mounted afterwards.
    """
    argv = [str(a) for a in argv]
    if not kernel.sysroot:
        return argv
    if not shutil.which("unshare"):
        raise KernelError("unshare (util-linux) is needed to build for "
                          + kernel.name)
    user = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    probe = subprocess.run(["unshare", *user, "--mount", "true"],
                           capture_output=True, text=True, check=False)
    if probe.returncode:
        raise KernelError("building for another suite's kernel needs root or "
                          "unprivileged user namespaces (sysctl "
                          "kernel.unprivileged_userns_clone or user."
                          "max_user_namespaces): " + probe.stderr.strip())
    return ["unshare", *user, "--mount", "sh", "-c", _ENTER, "sh",
            str(kernel.sysroot), str(work), *argv]


def inside(kernel: Kernel, path: Path) -> str:
    """@path as a program in the kernel's build system names it."""
    if kernel.sysroot and path.is_relative_to(kernel.sysroot):
        return "/" + str(path.relative_to(kernel.sysroot))
    return str(path)


def build_modules(kernel: Kernel, outdir=None, werror: bool = True,
                  sparse: bool = False, native: bool = False,
                  progress=report, log=None) -> list:
    """
    Build this tree's modules for @kernel and return the .ko files' paths.

    outdir: default build/NAME under the tree, where a second call only
    rebuilds what changed.  It must be inside the tree.
    werror: W=1 with every warning an error; sparse: C=2 as well, its
    complaints are errors too; native: with what is for kernels that know
    nothing of Hyper-V, nor of a bus's groups, whatever this one knows.  The
    full output goes to @log, default OUTDIR/build.log; on failure KernelError
    names it.
    """
    outdir = Path(outdir or TOP / "build" / kernel.name).absolute()
    if not kernel.kdir:
        raise KernelError(f"{kernel.name}: no build tree; give one with "
                          "--kdir")
    outdir.mkdir(parents=True, exist_ok=True)
    log = Path(log) if log else outdir / "build.log"
    argv = ["make", "-C", TOP, "--no-print-directory",
            f"-j{os.cpu_count()}", f"KDIR={inside(kernel, kernel.kdir)}",
            f"B={outdir}", f"CC={kernel.cc}",
            f"HOSTCC={kernel.cc if kernel.sysroot else 'gcc'}"]
    if kernel.arch != "x86_64":
        argv.append(f"ARCH={kernel.arch}")
    if werror:
        argv += ["W=1", "WERROR=1"]
    if sparse:
        # Debian's headers of 7.x lack the script that C=2 asks whether there
        # is a sparse, and then do without; this is what C=2 stands for.
        argv += ["C=2", "KBUILD_CHECKSRC=2", "CHECK=sparse"]
    if kernel.name in BUILD_ONLY:
        argv.append("ARCH=i386")
    if native:
        argv += ["HVG_PLATFORM=native", "HVG_GROUPS=own"]
    if kernel.name == "debug":
        argv.append("UBSAN_SANITIZE=y")
    argv.append("modules")
    progress(f"building modules for {kernel.name} ({kernel.release})")
    with debian.locked(outdir / ".lock"), open(log, "w",
                                               encoding="utf-8") as out:
        done = subprocess.run(command(kernel, argv), stdout=out,
                              stderr=subprocess.STDOUT, check=False)
    text = log.read_text(encoding="utf-8", errors="replace")
    # sparse's complaints do not fail kbuild by themselves, nor do modpost's,
    # some of which are about an old kernel itself.
    bad = [line for line in re.findall(
        r"^\S+:\d+.*(?:error|warning):.*$|^(?:ERROR|WARNING): .*$", text, re.M)
        if not line.startswith("WARNING: vmlinux")]
    if sparse and not done.returncode and \
            not re.search(r"^ *CHECK ", text, re.M):
        bad.insert(0, "kbuild did not run sparse")
    if (sparse or werror) and bad:
        done.returncode = 1
    if done.returncode:
        first = (bad or text.strip().splitlines()[-1:] or ["no output"])[0]
        raise KernelError(f"modules for {kernel.name} do not build: {first} "
                          f"(log: {log})")
    return sorted(outdir.glob("src/*/*.ko"))


def build_for_guests(kernel: Kernel, progress=report) -> list:
    """
    Build tests/guest/modules beside the modules of build_modules(), which has
    to have been called, and return the .ko files' paths.
    """
    folder = "tests/guest/modules"
    src = TOP / "build" / kernel.name / "src"
    log = src.parent / "build-guest.log"
    kdir = inside(kernel, kernel.kdir)
    progress(f"building {folder} for {kernel.name}")
    with debian.locked(src.parent / ".lock"), open(log, "w",
                                                   encoding="utf-8") as out:
        for argv in (["sh", TOP / "compat/farm.sh", TOP, src, folder],
                     ["make", "-C", kdir, f"M={src / folder}",
                      f"ARCH={kernel.arch}", f"CC={kernel.cc}", "modules"]):
            done = subprocess.run(command(kernel, argv), stdout=out,
                                  stderr=subprocess.STDOUT, check=False)
            if done.returncode:
                raise KernelError(f"{folder} does not build for {kernel.name} "
                                  f"(log: {log})")
    return sorted((src / folder).glob("*.ko"))
