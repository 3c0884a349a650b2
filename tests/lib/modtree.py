# SPDX-License-Identifier: GPL-2.0-only
"""A kernel's module tree (lib/modules/RELEASE) as packages ship it.

Packages carry no modules.dep (depmod makes it on installation), so the
order to load in comes from the modules' own "depends" lines.
"""

import gzip
import lzma
import os
import subprocess
from pathlib import Path

import elf

_SUFFIXES = (".ko", ".ko.xz", ".ko.gz", ".ko.zst")


def canonical(name):
    """A module's name as the kernel knows it."""
    return name.replace("-", "_")


def read(path):
    """The contents of a module file, unpacked where it is compressed."""
    path = str(path)
    if path.endswith(".xz"):
        with lzma.open(path) as source:
            return source.read()
    if path.endswith(".gz"):
        with gzip.open(path) as source:
            return source.read()
    if path.endswith(".zst"):
        return subprocess.run(["zstd", "-dcq", path], check=True,
                              stdout=subprocess.PIPE).stdout
    return Path(path).read_bytes()


def depends(data):
    """Names of the modules that the module in @data wants."""
    for key, value in elf.modinfo(data):
        if key == "depends":
            return [canonical(d) for d in value.split(",") if d]
    return []


class ModuleTree:
    """Finds modules below @root and answers what they depend on."""

    def __init__(self, root):
        """@root may be None for a kernel of which nothing but itself is
        known."""
        self.root = Path(root) if root else Path("/nonexistent")
        self._paths = {}
        for folder, _, names in os.walk(self.root, followlinks=False):
            for name in names:
                for suffix in _SUFFIXES:
                    if name.endswith(suffix):
                        key = canonical(name[:-len(suffix)])
                        self._paths[key] = Path(folder, name)
        self._builtin = set()
        builtin = self.root / "modules.builtin"
        # Kernels before 2.6.33 make no such list.
        self.knows_builtin = builtin.exists()
        if self.knows_builtin:
            for line in builtin.read_text().split():
                self._builtin.add(canonical(Path(line).stem))
        self._cache = {}

    def __contains__(self, name):
        return canonical(name) in self._paths

    def builtin(self, name):
        return canonical(name) in self._builtin

    def data(self, name):
        name = canonical(name)
        if name not in self._cache:
            if name not in self._paths:
                raise KeyError("module %s is neither in %s nor built in"
                               % (name, self.root))
            self._cache[name] = read(self._paths[name])
        return self._cache[name]

    def depends(self, name):
        return depends(self.data(name))

    def order(self, names, optional=()):
        """Names of the modules to load for @names, dependencies first.

        What is built in is left out; so is one of @optional that this
        kernel has not got.
        """
        result = []

        def visit(name):
            name = canonical(name)
            if name in result or (name not in self and self.builtin(name)):
                return
            for dependency in self.depends(name):
                visit(dependency)
            result.append(name)

        for name in optional:
            if name in self:
                visit(name)
        for name in names:
            visit(name)
        return result
