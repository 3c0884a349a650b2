# SPDX-License-Identifier: GPL-2.0-only
"""Write an initramfs (cpio, "newc" form) without root and without cpio(1).

Everything is owned by root and dated 0, so equal contents give equal bytes.
"""

import os
import stat


class Archive:
    """A tree being collected; write() puts it to a file."""

    def __init__(self):
        self._entries = {}

    def directory(self, path, mode=0o755):
        path = path.strip("/")
        if path in self._entries:
            return
        if "/" in path:
            self.directory(os.path.dirname(path))
        self._entries[path] = (stat.S_IFDIR | mode, (0, 0), b"")

    def file(self, path, data, mode=0o644):
        """@data is bytes, or the path (str) of a file to copy at write()."""
        self._put(path, stat.S_IFREG | mode, data)

    def symlink(self, path, target):
        self._put(path, stat.S_IFLNK | 0o777, target.encode())

    def device(self, path, kind, major, minor, mode=0o600):
        """@kind is "c" or "b"."""
        fmt = stat.S_IFCHR if kind == "c" else stat.S_IFBLK
        self._put(path, fmt | mode, b"", (major, minor))

    def __contains__(self, path):
        return path.strip("/") in self._entries

    def _put(self, path, mode, data, rdev=(0, 0)):
        path = path.strip("/")
        if "/" in path:
            self.directory(os.path.dirname(path))
        self._entries[path] = (mode, rdev, data)

    def write(self, out):
        """Write the archive to the binary file object @out."""
        ino = 0
        for path in sorted(self._entries):
            mode, rdev, data = self._entries[path]
            if isinstance(data, str):
                with open(data, "rb") as source:
                    data = source.read()
            ino += 1
            _record(out, ino, mode, rdev, path, data)
        _record(out, 0, 0, (0, 0), "TRAILER!!!", b"")


def _record(out, ino, mode, rdev, path, data):
    name = path.encode() + b"\0"
    fields = (ino, mode, 0, 0, 1, 0, len(data), 0, 0,
              rdev[0], rdev[1], len(name), 0)
    head = b"070701" + b"".join(b"%08X" % f for f in fields) + name
    out.write(head + bytes(-len(head) % 4))
    out.write(data)
    out.write(bytes(-len(data) % 4))
