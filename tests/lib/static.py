# SPDX-License-Identifier: GPL-2.0-only
"""
The gates that need no guest: builds without warnings, sparse, checkpatch,
shellcheck, and the few rules of this tree that a program can see.

Each gate is a generator of results, one for each thing that was looked at, so
that the closing counts say how much was checked.
"""

import ast
import os
import re
import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from shutil import rmtree, which

import debian
import debugkernel
import kernels
import kunit
import oldest
import probes
import refusals
from guest import HOST_TROUBLE, VALGRIND

TOP = Path(__file__).resolve().parents[2]
BUILD = TOP / "build"

# Directories that go into the kernel tree: held to checkpatch --strict.
DRIVERS = ("include/hvg", "vmbus", "storvsc", "netvsc", "hid", "utils")

# What checkpatch cannot know, by the files that it does not hold for.
CHECKPATCH_IGNORE = (
    # Wire headers serve user space too, which has neither BIT() nor __packed
    # nor the kernel's types; types.h makes those.
    (r"include/hvg/(types|guids|.*_wire)\.h$",
     "BIT_MACRO,PREFER_DEFINED_ATTRIBUTE_MACRO,PREFER_KERNEL_TYPES,"
     "NEW_TYPEDEFS"),
    # Constant arguments only.
    (r"include/hvg/types\.h$", "MACRO_ARG_REUSE"),
    # Kernels before 6.4 write to the bus_type that they are given.
    (r"vmbus/(bus\.c|bus_groups\.h|groups_.*\.c)$", "CONST_STRUCT"),
    # TRACE_EVENT() is a language of its own; no trace header is clean.
    (r"/trace\.h$",
     "OPEN_ENDED_LINE,PARENTHESIS_ALIGNMENT,COMPLEX_MACRO,LINE_SPACING"),
)

_SOURCES = {".c", ".h", ".S", ".py", ".sh", ".asl"}
_VERSION_TEST = re.compile(r"LINUX_VERSION_CODE|KERNEL_VERSION\s*\(|RHEL_")


@dataclass
class Result:
    """One check: passed, failed, or skipped with the reason."""
    name: str
    ok: bool
    lines: tuple = ()
    skip: str = ""
    log: Path | None = None


def _tracked(*under) -> list:
    """Files of the tree, as git has them; all of it where there is no git."""
    done = subprocess.run(["git", "-C", TOP, "ls-files", "-co",
                           "--exclude-standard", "--", *under],
                          capture_output=True, text=True, check=False)
    if done.returncode == 0:
        names = done.stdout.splitlines()
    else:
        names = [str(p.relative_to(TOP)) for p in TOP.rglob("*")
                 if "build" not in p.relative_to(TOP).parts[:1]]
        names = [n for n in names
                 if not under or n.startswith(tuple(u + "/" for u in under))]
    return sorted(n for n in names if (TOP / n).is_file())


def _first(name: str, count: int = 1) -> list:
    with open(TOP / name, encoding="utf-8", errors="replace") as f:
        return [f.readline() for _ in range(count)]


# Where the platform for kernels without Hyper-V support is built as well, and
# the bus without groups: the oldest, which is C89 as 2.6.18 is, and the newest.
NATIVE = ("5.10", "5.10-686", "latest")


def builds(progress, only=None):
    """W=1 -Werror, frames of 1 KiB and sparse on each packaged kernel."""
    for name in only or kernels.build_names():
        try:
            kernel = kernels.get(name, progress)
            kernels.build_modules(kernel, progress=progress)
        except debian.DebianError as err:
            yield Result(f"build {name} W=1 -Werror", False, (str(err),))
            continue
        yield Result(f"build {name} W=1 -Werror ({kernel.release}, "
                     f"{kernel.cc})", True)
        try:
            kernels.build_modules(kernel, sparse=True, progress=progress,
                                  log=BUILD / name / "sparse.log")
            yield Result(f"sparse {name}", True)
        except debian.DebianError as err:
            yield Result(f"sparse {name}", False, (str(err),),
                         log=BUILD / name / "sparse.log")
        if name not in NATIVE:
            continue
        out = BUILD / f"{name}-native"
        try:
            kernels.build_modules(kernel, out, native=True, sparse=True,
                                  progress=progress)
            yield Result(f"native platform {name} W=1 -Werror, sparse", True)
        except debian.DebianError as err:
            yield Result(f"native platform {name} W=1 -Werror, sparse", False,
                         (str(err),), log=out / "build.log")


def old(progress):
    """What 2.6.18 alone compiles is gnu89 too, and has frames of 1 KiB."""
    for name, wrong, log in oldest.check(progress):
        yield Result(name, not wrong, wrong, log=log)


def probing(progress):
    """The kernel is asked once; what cannot be answered stops the build."""
    for name, wrong, log in probes.check(progress):
        yield Result(name, not wrong, wrong, log=log)


def install(progress):
    """make install and uninstall: the right kernel's files, or a clear word."""
    name = kernels.names()[0]
    kernel = kernels.get(name, progress)
    kernels.build_modules(kernel, progress=progress)
    root = BUILD / "install"
    rmtree(root, ignore_errors=True)
    modules = root / "lib/modules" / kernel.release / "extra/hv-guest"
    conf = root / "etc/modprobe.d/hv-guest.conf"
    kdir = f"KDIR={kernels.inside(kernel, kernel.kdir)}"
    release = f"RELEASE={kernel.release}"
    there = {"hvg_vmbus.ko", "hvg_storvsc.ko", conf.name}
    # What is asked for; what is there afterwards; what is said if it fails.
    for target, words, want, said in (
            ("install", [kdir], set(), "REPLACE_INTREE=1"),
            ("install", [kdir, "REPLACE_INTREE=1"], there, None),
            ("uninstall", ["RELEASE=0.0.0"], there, "expected modules in"),
            ("uninstall", [release], set(), None),
            ("uninstall", [release], set(), "expected modules in"),
            ("install", [kdir, "REPLACE_INTREE=1"], there, None),
            ("uninstall", [kdir], set(), None)):
        done = subprocess.run(
            kernels.command(kernel, [
                "make", "-C", TOP, "--no-print-directory", target,
                f"B={BUILD / name}", f"CC={kernel.cc}", f"HOSTCC={kernel.cc}",
                f"DESTDIR={root}", *words]),
            capture_output=True, text=True, check=False)
        found = {p.name for p in (*modules.glob("*"), conf) if p.exists()}
        wrong = []
        if found != want:
            wrong.append(f"expected {sorted(want)}, got {sorted(found)}")
        if bool(done.returncode) != bool(said):
            wrong.append(f"exit status {done.returncode}")
        if said and said not in done.stdout + done.stderr:
            wrong.append(f"nobody says {said}")
        if wrong:
            wrong += (done.stdout + done.stderr).splitlines()[-5:]
        yield Result(f"make {target} {' '.join(words)}", not wrong,
                     tuple(wrong))
    yield from _ata_piix(root / "ata_piix")


def _ata_piix(root):
    """What tools/ata-piix.sh says of /etc and /sys of several guests."""
    vendor = "sys/bus/pci/devices/0000:00:08.0/vendor"
    guest = {"etc/modprobe.conf": "alias eth0 tulip\n", vendor: "0x1414\n",
             "sys/bus/pci/drivers/ata_piix/new_id": ""}
    for what, change, status in (
            ("RHEL 5 on Hyper-V", {}, 0),
            ("not RHEL 5", {"etc/modprobe.conf": None}, 1),
            ("elsewhere", {vendor: "0x8086\n"}, 1),
            ("an adapter by its name",
             {"etc/modprobe.conf": "alias scsi_hostadapter ata_piix\n"}, 1),
            ("a comment with its name",
             {"etc/modprobe.conf": "# alias scsi_hostadapter ata_piix\n"}, 0),
            ("options for it",
             {"etc/modprobe.d/local": "options ata_piix x=1\n"}, 1),
            ("a controller of its",
             {"sys/bus/pci/drivers/ata_piix/0000:00:07.1": ""}, 1)):
        rmtree(root, ignore_errors=True)
        for name, text in {**guest, **change}.items():
            if text is not None:
                (root / name).parent.mkdir(parents=True, exist_ok=True)
                (root / name).write_text(text, "utf-8")
        got = subprocess.run(["sh", TOP / "tools/ata-piix.sh", root / "etc",
                              root / "sys"], check=False).returncode
        yield Result(f"ata_piix not needed: {what}", got == status, (
            f"expected exit status {status}, got {got}",))


def kernel_tree(progress) -> Path:
    """
    As much of the newest packaged kernel's source as checkpatch needs:
    itself, and include/ for the kernel's own CamelCase.
    """
    suite = debian.Suite(kernels.SUITES["latest"], progress)
    debs = suite.resolve(["linux-source"], drop=r"^(?!linux-source-\d)")
    tree = debian.cache_dir() / "checkpatch" / debs[0].sha256[:24]
    with debian.locked(tree.parent / ".lock"):
        if tree.is_dir():
            return tree
        progress("unpacking checkpatch from the kernel source package")
        source = suite.unpack(debs)
        part = tree.with_suffix(".part")
        rmtree(part, ignore_errors=True)
        part.mkdir()
        tar = next(source.glob("usr/src/linux-source-*.tar.xz"))
        files = ["COPYING", "CREDITS", "Kbuild", "MAINTAINERS", "Makefile",
                 "README", "include", "scripts"]
        subprocess.run(["tar", "-xJf", tar, "-C", part, "--wildcards",
                        "--no-wildcards-match-slash", "--strip-components=1",
                        *(f"*/{f}" for f in files)], check=True)
        # It takes a directory that has these for a kernel tree.
        for name in ("Documentation", "arch", "drivers", "fs", "init", "ipc",
                     "kernel", "lib"):
            (part / name).mkdir()
        part.rename(tree)
    return tree


def checkpatch(progress):
    """checkpatch --strict on all that is meant for the kernel tree."""
    if not which("perl"):
        yield Result("checkpatch", False, ("perl is needed",))
        return
    tree = kernel_tree(progress)
    files = [n for n in _tracked(*DRIVERS) if n.endswith((".c", ".h"))]
    (BUILD / "checkpatch").mkdir(parents=True, exist_ok=True)

    def one(name):
        ignore = ",".join(["FILE_PATH_CHANGES"]
                          + [types for pattern, types in CHECKPATCH_IGNORE
                             if re.search(pattern, name)])
        # It leaves a cache in its working directory, so not in the tree.
        done = subprocess.run(
            ["perl", tree / "scripts/checkpatch.pl", f"--root={tree}",
             "--strict", "--no-summary", "--terse", "--show-types",
             "--max-line-length=100", f"--ignore={ignore}", "-f", TOP / name],
            cwd=BUILD / "checkpatch", capture_output=True, text=True,
            check=False)
        text = (done.stdout + done.stderr).replace(f"{TOP}/", "")
        return Result(f"checkpatch --strict {name}",
                      done.returncode == 0 and not text.strip(),
                      tuple(text.splitlines()))

    progress(f"checkpatch on {len(files)} files")
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        yield from pool.map(one, files)


def shell(progress):
    """shellcheck on every shell script."""
    scripts = [n for n in _tracked()
               if n.endswith(".sh") or _first(n)[0].startswith("#!/bin/sh")]
    if not which("shellcheck"):
        yield Result("shellcheck", True, skip="not installed: install the "
                     "package shellcheck")
        return
    progress(f"shellcheck on {len(scripts)} scripts")
    for name in scripts:
        done = subprocess.run(["shellcheck", "-s", "sh", "-e", "SC1091", name], cwd=TOP,
                              capture_output=True, text=True, check=False)
        yield Result(f"shellcheck {name}", done.returncode == 0,
                     tuple(done.stdout.splitlines()))


def python(_progress):
    """Every Python file parses."""
    for name in _tracked():
        if name.endswith(".py") or "python3" in _first(name)[0]:
            try:
                ast.parse((TOP / name).read_text(encoding="utf-8"), name)
                yield Result(f"python {name}", True)
            except SyntaxError as err:
                yield Result(f"python {name}", False, (str(err),))


def rules(_progress):
    """Rules of this tree: licence lines, and old kernels only in compat/."""
    files = [n for n in _tracked() if Path(n).suffix in _SOURCES]
    bad = [n for n in files
           if not any("SPDX-License-Identifier:" in line
                      for line in _first(n, 2))
           and not n.startswith("compat/probes/")]
    yield Result(f"licence line in {len(files)} files", not bad,
                 tuple(f"{n}: no SPDX line on top" for n in bad))

    bad = []
    files = [n for n in _tracked(*DRIVERS) if n.endswith((".c", ".h"))]
    for name in files:
        text = (TOP / name).read_text(encoding="utf-8", errors="replace")
        bad += [f"{name}:{i}: {line.strip()}"
                for i, line in enumerate(text.splitlines(), 1)
                if _VERSION_TEST.search(line) or "HVG_HAVE_" in line]
    yield Result(f"no test of the kernel's age in {len(files)} files "
                 "outside compat/", not bad, tuple(bad))


def headers(_progress):
    """The wire headers stand alone in user space, in old and new C."""
    for name in _tracked("include/hvg"):
        if not name.endswith("_wire.h"):
            continue
        for std in ("gnu89", "gnu11"):
            done = subprocess.run(
                ["gcc", f"-std={std}", "-Wall", "-Wextra", "-Werror",
                 "-fsyntax-only", "-Iinclude", "-x", "c", "-include", name,
                 "/dev/null"], cwd=TOP, capture_output=True, text=True,
                check=False)
            yield Result(f"user space {name} {std}", done.returncode == 0,
                         tuple(done.stderr.splitlines()))


# The bugs of tests/host/bug.c, and what is said of each.
HOST_BUGS = {
    "--san": {
        "out-of-bounds": "AddressSanitizer: heap-buffer-overflow",
        "after-free": "AddressSanitizer: heap-use-after-free",
        "leak": "LeakSanitizer: detected memory leaks",
        "shift": "runtime error: shift exponent"},
    "--valgrind": {
        "out-of-bounds": "Invalid write",
        "after-free": "Invalid read",
        "leak": "40 bytes .* definitely lost",
        "uninitialised": "uninitialised value"},
}


def host(progress):
    """hvhost builds without a warning, its unit tests pass, bugs are found."""
    make = ["make", "-s", "-C", str(TOP / "tests/host"),
            f"-j{os.cpu_count()}"]
    BUILD.mkdir(exist_ok=True)
    text = (TOP / "tests/host/Makefile").read_text(encoding="utf-8")
    for target in ("all", "check"):
        if not re.search(rf"^{target}\b.*:", text, re.M):
            continue
        log = BUILD / f"hvhost-{target}.log"
        progress(f"hvhost: make {target}")
        with open(log, "w", encoding="utf-8") as out:
            done = subprocess.run([*make, target], stdout=out, check=False,
                                  stderr=subprocess.STDOUT)
        yield Result(f"hvhost make {target}", done.returncode == 0, log=log)
    for kind, san, tool in (("--san", 1, ()), ("--valgrind", 0, VALGRIND)):
        subprocess.run([*make, f"SAN={san}", "bug"], check=True)
        program = BUILD / ("host-san" if san else "host") / "bug"
        for bug, wanted in HOST_BUGS[kind].items():
            done = subprocess.run([*tool, program, bug], capture_output=True,
                                  text=True, errors="replace", check=False)
            said = [l for l in done.stderr.splitlines()
                    if HOST_TROUBLE.search(l)]
            good = done.returncode and re.search(wanted, "\n".join(said))
            yield Result(f"{kind} finds {bug}", bool(good), (
                f"expected {wanted!r} and a failure, got exit status "
                f"{done.returncode}", *done.stderr.splitlines()))


def refused(progress):
    """hvhost refuses bad options and environments, each with one line."""
    hvhost = BUILD / "host/hvhost"
    make = ["make", "-s", "-C", str(TOP / "tests/host")]
    subprocess.run(make, check=True)
    kernel = kernels.get(kernels.names()[0], progress, build=False)
    for name, wrong in refusals.check(hvhost, kernel.vmlinuz):
        yield Result(f"hvhost refuses {name}", not wrong, wrong)


def suites(progress):
    """The KUnit suites in the debug kernel; its detectors find what they must."""
    kernel = debugkernel.get(progress)
    built = kunit.build(kernel, progress)
    for name, good, lines, skip in kunit.run(kernel, built, progress):
        yield Result(f"kunit {name}", good, lines, skip, kunit.OUT)


GATES = {
    "rules": rules,
    "python": python,
    "shell": shell,
    "headers": headers,
    "checkpatch": checkpatch,
    "builds": builds,
    "oldest": old,
    "probes": probing,
    "install": install,
    "host": host,
    "refused": refused,
    "kunit": suites,
}
