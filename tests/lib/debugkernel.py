# SPDX-License-Identifier: GPL-2.0-only
"""
The debug kernel: Debian's source with KUnit and every detector that finds a
driver's mistakes while it runs.

get() builds it when the cache has not got it, which takes some minutes, and
presents it as one of kernels.py. The cache's directory is named by the hash
of source and tool packages, configuration and this file, so that clones
share it. It holds a build system and, inside of that, the kernel's tree.
"""

import hashlib
import os
import re
import shutil
import subprocess
from pathlib import Path

import debian
import kernels
from kernels import Kernel, KernelError

TOP = Path(__file__).resolve().parents[2]
CONFIG = TOP / "tests/kunit/debug.config"
# The name of kernels.SUITES whose source it is made of.
BASE = "6.1"

# What a kernel takes to build beyond what its modules do.
TOOLS = ["bc", "bison", "flex", "gzip", "libelf-dev", "m4", "perl-base"]

_TREE = "usr/src/linux"
_INSTALL = "usr/src/install"
_ASSIGNED = re.compile(r"^(CONFIG_\w+)=(.*)$", re.M)
_UNSET = re.compile(r"^# (CONFIG_\w+) is not set$", re.M)


def _options(path: Path) -> dict:
    text = path.read_text(encoding="utf-8")
    return {**dict.fromkeys(_UNSET.findall(text), "n"),
            **dict(_ASSIGNED.findall(text))}


def _make(kernel: Kernel, log, *args) -> None:
    argv = ["make", "-C", f"/{_TREE}", f"-j{os.cpu_count()}",
            f"CC={kernel.cc}", f"HOSTCC={kernel.cc}", "KBUILD_BUILD_USER=hvg",
            "KBUILD_BUILD_HOST=hvg", *args]
    done = subprocess.run(["nice", "-n", "10",
                           *kernels.command(kernel, argv)],
                          stdin=subprocess.DEVNULL, stdout=log,
                          stderr=subprocess.STDOUT, check=False)
    if done.returncode:
        raise KernelError(f"debug kernel: make {args[-1]} failed "
                          f"(log: {log.name})")


def _configure(kernel: Kernel, log) -> None:
    shutil.copy(CONFIG, kernel.kdir / "debug.config")
    _make(kernel, log, "KCONFIG_ALLCONFIG=debug.config", "allnoconfig")
    have = _options(kernel.kdir / ".config")
    lost = [f"{name}={value}" for name, value in _options(CONFIG).items()
            if have.get(name, "n") != value]
    if lost:
        raise KernelError(f"{CONFIG.name}: the kernel's Kconfig does not take "
                          + " ".join(lost))


def _prune(tree: Path) -> None:
    """Modules are built from headers, scripts and objtool alone."""
    for folder, _, names in os.walk(tree):
        inside = Path(folder).relative_to(tree).parts[:1]
        if inside and inside[0] in ("scripts", "tools"):
            continue
        for name in names:
            if name.endswith((".c", ".S", ".o", ".a", ".cmd", ".ko")) or \
                    name in ("vmlinux.bin", "vmlinux.relocs"):
                os.unlink(os.path.join(folder, name))
    shutil.rmtree(tree / "Documentation")


def _unpack(kernel: Kernel, source: Path) -> None:
    kernel.kdir.mkdir(parents=True)
    subprocess.run(["nice", "-n", "10", "tar", "-xf", source, "-C",
                    kernel.kdir, "--strip-components=1"], check=True)


def _build(kernel: Kernel, log) -> None:
    _configure(kernel, log)
    _make(kernel, log, "bzImage", "modules")
    kernel.moddir.mkdir(exist_ok=True)
    _make(kernel, log, f"INSTALL_MOD_PATH=/{_INSTALL}", "modules_install")
    _prune(kernel.kdir)


def _present(root: Path, cc: str) -> Kernel:
    tree = root / _TREE
    release = tree / "include/config/kernel.release"
    return Kernel("debug",
                  release.read_text(encoding="ascii").strip()
                  if release.exists() else "", tree / "arch/x86/boot/bzImage",
                  root / _INSTALL, tree, tree / ".config", root, cc)


def get(progress=debian.report) -> Kernel:
    """The debug kernel, built if the cache has not got it."""
    suite = debian.Suite(kernels.SUITES[BASE], progress)
    cc = kernels.get(BASE, progress).cc
    source = suite.resolve([f"linux-source-{BASE}"], deps=False)
    tools = suite.resolve([*kernels.BUILD_TOOLS, *TOOLS, cc])
    key = hashlib.sha256("\n".join(
        d.sha256 for d in source + tools).encode())
    for path in (CONFIG, Path(__file__)):
        key.update(path.read_bytes())
    done = debian.cache_dir() / "debug-kernel" / key.hexdigest()[:24]
    with debian.locked(done.parent / f".{done.name}.lock"):
        if done.is_dir():
            return _present(done, cc)
        system = suite.unpack(tools, debian.MERGED,
                              {"usr/bin/awk": "mawk", "usr/bin/gcc": cc})
        tarball = next((suite.unpack(source) / "usr/src").glob("*.tar.xz"))
        # What an interrupted build has made is where the next one goes on.
        part = done.with_name(f".{done.name}.part")
        log = TOP / "build/debug-kernel.log"
        log.parent.mkdir(exist_ok=True)
        if not (part / _TREE / ".config").exists():
            shutil.rmtree(part, ignore_errors=True)
            # Hard links: the build system is shared and nobody writes to it.
            subprocess.run(["cp", "-al", system, part], check=True)
            _unpack(_present(part, cc), tarball)
        progress("building the debug kernel, which takes some minutes "
                 f"(log: {log})")
        with open(log, "w", encoding="utf-8") as out:
            _build(_present(part, cc), out)
        part.rename(done)
        return _present(done, cc)
