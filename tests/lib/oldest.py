# SPDX-License-Identifier: GPL-2.0-only
"""
The modules as 2.6.18 compiles them, where there is no such kernel.

tests/old has as much of kbuild, and of that kernel's declarations, as the
modules ask for. All probes are answered there, and each file is compiled that
this kernel gets, with compat/ as it is for it: as gnu89, for 64 bits and 32.
What is not a matter of the language, whether a header is included for example,
is seen on the packaged kernels and on the real one.

check() is a generator of (name, what is wrong, log).
"""

import os
import re
import subprocess
from pathlib import Path
from shutil import copytree, rmtree

TOP = Path(__file__).resolve().parents[2]
OUT = TOP / "build/old"

# The headers that 2.6.18 has. Others are compat/include's, or there is none.
HEADERS = """
    asm/apic asm/atomic asm/bug asm/hw_irq asm/io asm/msr asm/pgtable
    asm/processor asm/system
    linux/acpi linux/bitmap linux/bitops linux/clocksource linux/compiler
    linux/completion
    linux/cpu linux/cpumask linux/dcache linux/debugfs linux/delay
    linux/device linux/dma-mapping linux/err linux/errno linux/fs linux/gfp
    linux/init linux/interrupt linux/io linux/ioport linux/irqflags
    linux/jiffies linux/kernel
    linux/kobject linux/list linux/mm linux/mod_devicetable linux/module
    linux/moduleparam linux/mutex linux/nmi linux/notifier linux/pci
    linux/percpu linux/platform_device linux/pm linux/preempt linux/rcupdate
    linux/scatterlist linux/sched linux/seq_file linux/slab linux/smp
    linux/spinlock linux/string linux/sysfs linux/topology linux/types
    linux/utsname linux/version linux/vmalloc linux/wait linux/workqueue
    scsi/scsi scsi/scsi_cmnd scsi/scsi_dbg scsi/scsi_device scsi/scsi_devinfo
    scsi/scsi_eh scsi/scsi_host scsi/scsi_tcq scsi/scsi_transport
""".split()

# What a build of the modules takes of this tree.
SOURCES = ("Kbuild", "Kbuild.include", "Makefile", "compat", "dkms.conf",
           "include", "storvsc", "vmbus")

WORDS = {"64": [], "32": ["ARCH=i386", "CC=gcc -m32"]}

# What has to be found: file, what is added to it, what the compiler says. The
# files are those that packaged kernels have no use for.
WRONG = {
    "a declaration after a statement": (
        "storvsc/host_legacy.c",
        "int hvg_wrong(int i);\n"
        "int hvg_wrong(int i) { i++; int j = i; return j; }\n",
        "declaration-after-statement"),
    "a declaration in a for": (
        "vmbus/groups_own.c",
        "void hvg_wrong(void);\n"
        "void hvg_wrong(void) { for (int i = 0; i < 2; i++) barrier(); }\n",
        "only allowed in C99"),
    "C11": (
        "storvsc/bounce.c", "_Static_assert(1, \"C11\");\n", "c99-c11-compat"),
    "a declaration after a statement in compat/": (
        "compat/include/linux/cpuhotplug.h",
        "static inline int hvg_wrong(int i) { i++; int j = i; return j; }\n",
        "declaration-after-statement"),
    "a stack frame of 1100 bytes": (
        "storvsc/host_legacy.c",
        "void hvg_wrong(void);\n"
        "void hvg_wrong(void) { char b[1100]; memset(b, 1, sizeof(b));\n"
        "\tasm volatile(\"\" : : \"r\" (b) : \"memory\"); }\n",
        "frame-larger-than"),
}


def sources(to: Path) -> None:
    """Copy what a build of the modules takes to @to."""
    rmtree(to, ignore_errors=True)
    to.mkdir(parents=True)
    for name in SOURCES:
        if (TOP / name).is_dir():
            copytree(TOP / name, to / name)
        else:
            (to / name).write_bytes((TOP / name).read_bytes())


def _tree() -> Path:
    """Make the build tree that stands for 2.6.18's."""
    tree = OUT / "tree"
    rmtree(tree, ignore_errors=True)
    copytree(TOP / "tests/old", tree)
    for name in HEADERS:
        path = tree / f"include/{name}.h"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("#include <interfaces.h>\n", encoding="utf-8")
    return tree


def _make(source: Path, tree: Path, out: Path, *words):
    """Build the modules of @source; (exit status, output)."""
    done = subprocess.run(
        ["make", "-C", source, "--no-print-directory", f"-j{os.cpu_count()}",
         f"KDIR={tree}", f"B={out}", "WERROR=1", *words, "modules"],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        check=False)
    (out / "build.log").write_text(done.stdout, encoding="utf-8")
    return done.returncode, done.stdout


def _answers(out: Path):
    """What the probes have found that 2.6.18 has not: what came later."""
    config = (out / "src/compat/config.h").read_text(encoding="utf-8")
    return [line for line in config.splitlines()
            if line.startswith("#define") and "(until " not in line]


def check(progress):
    """Compile for 2.6.18 as it should be, and with one thing wrong."""
    tree = _tree()
    progress("compiling as for 2.6.18")
    for bits, words in WORDS.items():
        out = OUT / bits
        rmtree(out, ignore_errors=True)
        out.mkdir()
        status, text = _make(TOP, tree, out, *words)
        wrong = re.findall(r"^.*(?:error: |\*\*\*|fails for).*$", text, re.M)
        if not status:
            wrong = _answers(out)
        yield (f"2.6.18's part, {bits} bits: gnu89, frames of 1 KiB",
               tuple(wrong) or (() if not status else ("no message",)),
               out / "build.log")
        if wrong:
            return

    copy, out = OUT / "copy", OUT / "wrong"
    rmtree(out, ignore_errors=True)
    out.mkdir()
    for name, (file, added, said) in WRONG.items():
        sources(copy)
        with open(copy / file, "a", encoding="utf-8") as f:
            f.write(added)
        status, text = _make(copy, tree, out)
        found = [line for line in text.splitlines()
                 if said in line and Path(file).name in line]
        yield (f"{name} in what 2.6.18 compiles is found",
               () if status and found else
               (f"exit status {status}, nobody says {said} of {file}",),
               out / "build.log")
