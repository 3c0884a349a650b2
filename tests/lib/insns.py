# SPDX-License-Identifier: GPL-2.0-only
"""Instructions that a guest's kernel executes, counted by QEMU.

Where guests run in a machine that QEMU emulates, a plugin of its
(tests/bench/insns.c) counts the instructions of all kernels by where they
are. A guest that is booted with "nokaslr" has its kernel and modules
at addresses which are not those of the emulated machine's own.
"""

import array
import re
import subprocess
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
SOURCE = TOP / "tests/bench/insns.c"
TABLE = "insns"
# Exit status of a run whose machine has its kernel where the guest's will be.
NO_ROOM = 75
# What a block device's reads and writes do without makes room as well.
APPEND = "nokaslr skip_modules=ext4,jbd2,mbcache,crc16,isofs"

_BASE = 0xffffffff80000000
_SHIFT = 4
# Where a kernel with "nokaslr" is, and its modules.
_GUEST = ((0xffffffff81000000, 0xffffffff83000000),
          (0xffffffffc0000000, 0xffffffffc0380000))
_SYMBOL = re.compile(r"^([0-9a-f]+) \w (_text|_etext)$", re.M)
_FUNCTION = re.compile(r"^([0-9a-f]+) [tT] (\S+)\t\[(\w+)\]$", re.M)
_MODULE = re.compile(r"^(\w+) (\d+) .* 0x([0-9a-f]+)(?: \(\w+\))?$", re.M)


class InsnsError(Exception):
    """One line that says what was expected and what came."""


def build():
    """The plugin's path."""
    path = TOP / "build/bench/insns.so"
    path.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run(["cc", "-std=gnu11", "-O2", "-Wall", "-Wextra", "-Werror",
                    "-fPIC", "-fvisibility=hidden", "-shared", "-o", path,
                    SOURCE], check=True)
    return path


def arguments(plugin, logs):
    """QEMU's options for it."""
    return ["-plugin", "%s,table=%s" % (str(plugin).replace(",", ",,"),
                                       str(logs / TABLE).replace(",", ",,"))]


def places(symbols, modules):
    """{name: (first line, line after the last)} of a kernel's code.

    @symbols and @modules are /proc/kallsyms, or a part of it, and
    /proc/modules.
    """
    found = {name: int(at, 16) for at, name in _SYMBOL.findall(symbols)}
    if len(found) != 2 or not found["_text"]:
        raise InsnsError("expected the addresses of _text and _etext, got %s"
                         % found)
    spans = [("kernel", found["_text"], found["_etext"])]
    for name, size, at in _MODULE.findall(modules):
        spans.append((name, int(at, 16), int(at, 16) + int(size)))
    return {name: ((begin - _BASE) >> _SHIFT, ((end - 1 - _BASE) >> _SHIFT) + 1)
            for name, begin, end in spans}


def _here():
    return places(Path("/proc/kallsyms").read_text("ascii"),
                  Path("/proc/modules").read_text("ascii"))


def room():
    """Is this machine's kernel, which chooses at random, out of the way?"""
    guest = [((begin - _BASE) >> _SHIFT, (end - _BASE) >> _SHIFT)
             for begin, end in _GUEST]
    return not any(begin < last and first < end
                   for begin, end in guest for first, last in _here().values())


class Counter:
    """What the guest of @vm executes."""

    def __init__(self, vm, logs):
        self._table = logs / TABLE
        self._guest = places(
            vm.sh("grep -E ' (_text|_etext)$' /proc/kallsyms"),
            vm.sh("cat /proc/modules"))
        for name, (begin, end) in self._guest.items():
            for other, (first, last) in _here().items():
                if begin < last and first < end:
                    raise InsnsError("%s of the guest is where %s of the "
                                     "emulated machine is" % (name, other))

    def functions(self, vm, names):
        """{function: (first line, line after the last)} of some modules."""
        found = sorted((int(at, 16), name, module) for at, name, module
                       in _FUNCTION.findall(vm.sh(
                           r"grep -E '\[(%s)\]$' /proc/kallsyms"
                           % "|".join(names))))
        spans = {}
        for (at, name, module), (after, *_) in zip(found, found[1:]):
            last = self._guest[module][1]
            spans[name] = (self._line(at), min(self._line(after), last))
        return spans

    @staticmethod
    def _line(address):
        return (address - _BASE) >> _SHIFT

    def read(self, spans=None):
        """{part: instructions so far} of the kernel and each module."""
        result = {}
        with open(self._table, "rb") as table:
            for name, (begin, end) in (spans or self._guest).items():
                table.seek(8 * begin)
                result[name] = sum(array.array(
                    "Q", table.read(8 * (end - begin))))
        return result
