# SPDX-License-Identifier: GPL-2.0-only
"""
What compat/probe.sh does, with real headers: it asks once, it asks again when
something else would be asked, and what it cannot answer stops the build.

All in a copy of the tree that has no module and few probes, and in a build tree
of links to the kernel's, so that a configuration can change.

check() is a generator of (name, what is wrong, log).
"""

import re
import subprocess
from pathlib import Path
from shutil import copyfile, rmtree

import kernels
import oldest

OUT = oldest.TOP / "build/probes"

# The two controls, one feature that the kernel has and one that it has not.
KEPT = ("control", "control_absent", "kvmalloc", "bus_match_const")

# One that compiles, but nothing could be linked to.
UNEXPORTED = """\
/* feature: a function that is declared and not exported */
/* symbol: hvg_never_said */
/* export: hvg_not_exported */
#include <linux/module.h>
MODULE_LICENSE("GPL");
"""

# One whose symbol no compiler mentions.
BROKEN = """\
/* feature: none, and what is wrong is something else */
/* symbol: hvg_never_said */
#include <linux/module.h>

int hvg_probe(void);

int hvg_probe(void)
{
	return hvg_undeclared;
}
"""

COMPILER = """\
#!/bin/sh
case $1 in -dumpversion) echo {version}; exit ;; esac
exec {cc} "$@"
"""


class Scratch:
    """A copy of the tree, a build tree and a compiler that can change."""

    def __init__(self, kernel):
        self.kernel = kernel
        self.tree = OUT / "tree"
        self.kdir = OUT / "kdir"
        self.cc = OUT / "cc"
        self.out = OUT / "out"
        self.log = OUT / "build.log"
        rmtree(OUT, ignore_errors=True)
        oldest.sources(self.tree)
        (self.tree / "Kbuild").write_text("", encoding="utf-8")
        for probe in (self.tree / "compat/probes").iterdir():
            if probe.stem not in KEPT:
                probe.unlink()
        self.probe("unexported").write_text(UNEXPORTED, encoding="utf-8")
        self._link("")
        self._link("include")
        self._link("include/generated")
        self.autoconf = self.kdir / "include/generated/autoconf.h"
        self.autoconf.unlink()
        copyfile(kernel.kdir / "include/generated/autoconf.h", self.autoconf)
        self.compiler(1)

    def _link(self, name: str) -> None:
        """A directory of links, in place of the link to it."""
        folder = self.kdir / name
        folder.unlink(missing_ok=True)
        folder.mkdir()
        for path in (self.kernel.kdir / name).iterdir():
            (folder / path.name).symlink_to(kernels.inside(self.kernel, path))

    def compiler(self, version: int) -> None:
        self.cc.write_text(COMPILER.format(version=version,
                                           cc=self.kernel.cc),
                           encoding="utf-8")
        self.cc.chmod(0o755)

    def probe(self, name: str) -> Path:
        return self.tree / f"compat/probes/{name}.c"

    def config(self) -> str:
        path = self.out / "src/compat/config.h"
        return path.read_text(encoding="utf-8") if path.exists() else ""

    def make(self, *words):
        """Build; (exit status, output)."""
        done = subprocess.run(
            kernels.command(self.kernel, [
                "make", "-C", self.tree, "--no-print-directory",
                f"KDIR={self.kdir}", f"B={self.out}", f"CC={self.cc}",
                f"HOSTCC={self.kernel.cc}", *words, "modules"]),
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            check=False)
        with open(self.log, "a", encoding="utf-8") as f:
            f.write(done.stdout)
        return done.returncode, done.stdout


def _good(scratch, probes: bool, *words) -> tuple:
    """What is wrong with a build that should succeed."""
    status, text = scratch.make(*words)
    wrong = []
    if status:
        wrong.append(f"exit status {status}")
    if ("  PROBE " in text) != probes:
        wrong.append("probes were expected to be compiled" if probes else
                     "no probe was expected to be compiled")
    have = re.findall(r"^#define HVG_HAVE_(\w+)", scratch.config(), re.M)
    if have != ["KVMALLOC"]:
        wrong.append(f"expected the one answer KVMALLOC, got {have}")
    # A make that has a jobserver does not want another's.
    log = (scratch.out / "src/compat/probe.log").read_text(encoding="utf-8")
    wrong += re.findall(r"^.*warning: .*job.*$", log, re.M)
    return tuple(wrong + text.splitlines()[-5:] if wrong else ())


def _bad(scratch, said: str) -> tuple:
    """What is wrong with a build that should stop at the probes."""
    before = scratch.config()
    status, text = scratch.make()
    wrong = []
    if not status:
        wrong.append("the build goes on")
    lines = [line for line in text.splitlines()
             if line.startswith("compat/probe.sh: ")
             and "full output in" not in line]
    if len(lines) != 1 or not re.search(said, lines[0]):
        wrong.append(f"expected one line with {said}")
    if scratch.config() != before:
        wrong.append("there are answers")
    return tuple(wrong + text.splitlines()[-5:] if wrong else ())


def check(progress):
    """Build one time after the other, with this and that changed."""
    kernel = kernels.get(kernels.names()[0], progress)
    progress(f"probing {kernel.name}")
    scratch = Scratch(kernel)

    def result(name, wrong):
        return f"probes: {name}", wrong, scratch.log

    yield result("the first build asks", _good(scratch, True))
    yield result("the second does not", _good(scratch, False))
    scratch.compiler(2)
    yield result("another compiler is asked, by a make with jobs",
                 _good(scratch, True, "-j2"))
    with open(scratch.autoconf, "a", encoding="utf-8") as f:
        f.write("#define CONFIG_HVG_OTHER 1\n")
    yield result("another configuration is asked", _good(scratch, True))
    yield result("and its answers are kept", _good(scratch, False))

    broken = scratch.probe("broken")
    broken.write_text(BROKEN, encoding="utf-8")
    said = (r"probe broken fails for another reason than the missing feature: "
            r".*broken\.c:.*error: .*hvg_undeclared")
    yield result("one that fails by mistake stops the build",
                 _bad(scratch, said))
    yield result("and the next one", _bad(scratch, said))
    broken.unlink()

    control = scratch.probe("control")
    text = control.read_text(encoding="utf-8")
    control.write_text(text + "#error hvg_bad_tree\n", encoding="utf-8")
    yield result("a build tree where nothing compiles stops it", _bad(
        scratch, "not even an empty module compiles for .*hvg_bad_tree"))
    control.write_text(text, encoding="utf-8")
    scratch.probe("control_absent").write_text(text, encoding="utf-8")
    yield result("one where everything compiles does too", _bad(
        scratch, "a call of a function that is nowhere compiles for "))
