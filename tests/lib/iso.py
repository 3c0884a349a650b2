# SPDX-License-Identifier: GPL-2.0-only
"""The smallest ISO 9660 image that a kernel mounts: one file in the root."""

import struct

SECTOR = 2048


def _both16(value):
    return struct.pack("<H", value) + struct.pack(">H", value)


def _both32(value):
    return struct.pack("<I", value) + struct.pack(">I", value)


def _record(name, sector, size, directory):
    date = bytes((100, 1, 1, 0, 0, 0, 0))
    body = (b"\0" + _both32(sector) + _both32(size) + date
            + bytes((2 if directory else 0, 0, 0)) + _both16(1)
            + bytes((len(name),)) + name)
    body += bytes((len(body) + 1) % 2)
    return bytes((len(body) + 1,)) + body


def write(path, name, data):
    """Write an image to @path that holds @data (bytes) as file @name."""
    # Sectors: 16 volume, 17 end of volumes, 18 and 19 path tables, 20 root
    # directory, 21 the file.
    root = (_record(b"\0", 20, SECTOR, True) + _record(b"\1", 20, SECTOR, True)
            + _record(name.upper().encode() + b";1", 21, len(data), False))
    sectors = 21 + (len(data) + SECTOR - 1) // SECTOR
    table = struct.pack("<BBIH2s", 1, 0, 20, 1, b"\0\0")
    table_big = struct.pack(">BBIH2s", 1, 0, 20, 1, b"\0\0")
    blank_date = b"0" * 16 + b"\0"
    volume = (b"\1CD001\1\0" + b" " * 32 + b"HVGUEST".ljust(32) + bytes(8)
              + _both32(sectors) + bytes(32) + _both16(1) + _both16(1)
              + _both16(SECTOR) + _both32(len(table))
              + struct.pack("<II", 18, 0) + struct.pack(">II", 19, 0)
              + _record(b"\0", 20, SECTOR, True) + b" " * (128 * 4)
              + b" " * (37 * 3) + blank_date * 4 + b"\1\0")
    end = b"\xffCD001\1"
    with open(path, "wb") as out:
        for number, content in ((16, volume), (17, end), (18, table),
                                (19, table_big), (20, root), (21, data)):
            out.seek(number * SECTOR)
            out.write(content)
        out.truncate(sectors * SECTOR)
