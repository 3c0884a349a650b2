# SPDX-License-Identifier: GPL-2.0-only
"""The disks that scenarios can ask for by name.

Each has its own fixed place and a serial number equal to its name, so that
any set of them can be in one guest and be told apart there.
"""

from dataclasses import dataclass

import iso

MIB = 1 << 20
DVD_FILE = "hello.txt"
DVD_TEXT = b"read from a virtual DVD\n" * 4096


@dataclass(frozen=True)
class Disk:
    name: str
    size: int
    bus: str = "scsi"
    controller: int = 0
    target: int = 0
    lun: int = 0
    kind: str = "disk"
    sector: int = 512
    ro: bool = False
    discard: bool = False

    def create(self, path):
        """Make the image file."""
        if self.kind == "dvd":
            iso.write(path, DVD_FILE, DVD_TEXT)
            return
        with open(path, "wb") as out:
            if self.ro:
                out.write(b"read-only disk\n".ljust(self.sector) * 8)
            out.truncate(self.size)

    def address(self):
        """The place, as the control socket's disk commands take it."""
        return {"bus": self.bus, "controller": self.controller,
                "target": self.target, "lun": self.lun}

    def argument(self, path):
        """The option of hvhost for it."""
        spec = "file=%s,bus=%s,controller=%d,target=%d,lun=%d,serial=%s" % (
            str(path).replace(",", ",,"), self.bus, self.controller,
            self.target, self.lun, self.name)
        if self.kind == "dvd":
            return ["--dvd", spec]
        spec += ",sector=%d" % self.sector
        if self.ro:
            spec += ",ro=on"
        if self.discard:
            spec += ",discard=on"
        return ["--disk", spec]


_ALL = (
    Disk("data", 512 * MIB, lun=0, discard=True),
    Disk("second", 64 * MIB, lun=1),
    Disk("readonly", 16 * MIB, lun=2, ro=True),
    Disk("big", 3 << 40, lun=3, discard=True),
    Disk("native4k", 256 * MIB, lun=4, sector=4096),
    Disk("dvd", 0, lun=5, kind="dvd"),
    Disk("dump", 1 << 30, lun=6),
    Disk("ide", 128 * MIB, bus="ide"),
    Disk("slave", 96 * MIB, bus="ide", target=1),
    Disk("secondary", 80 * MIB, bus="ide", controller=1),
    # Put in and out while the guest runs; not there at boot.
    Disk("hot", 48 * MIB, target=1, lun=7),
)

DISKS = {disk.name: disk for disk in _ALL}
