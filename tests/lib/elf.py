# SPDX-License-Identifier: GPL-2.0-only
"""The little that is needed of ELF: what a program links to, and modinfo."""

import struct
from pathlib import Path

_SHT_DYNAMIC = 6
_SHT_DYNSYM = 11
_SHT_VERSYM = 0x6fffffff
_SHT_VERNEED = 0x6ffffffe
_DT_NEEDED = 1
_STT_OBJECT = 1
_STB_GLOBAL = 1


# By the class of a file, 32 or 64 bits: where its head says where the sections'
# heads are, and their size and number; the form of the one and of theirs.
_CLASSES = {1: (0x20, 0x2e, "<I", "<IIIIIIII"),
            2: (0x28, 0x3a, "<Q", "<IIQQQQII")}


def _sections(data):
    if data[:4] != b"\x7fELF" or data[4] not in _CLASSES:
        raise ValueError("not an ELF file")
    place, sizes, offset, head = _CLASSES[data[4]]
    shoff, = struct.unpack_from(offset, data, place)
    size, count, names = struct.unpack_from("<HHH", data, sizes)
    heads = [struct.unpack_from(head, data, shoff + i * size)
             for i in range(count)]
    table = heads[names] if count else None
    for head in heads:
        start = table[4] + head[0]
        end = data.index(b"\0", start)
        yield data[start:end].decode(), head, heads


def _program(path):
    data = Path(path).read_bytes()
    if data[:5] != b"\x7fELF\2":
        raise ValueError("%s: not a 64-bit ELF file" % path)
    return data


def needed(path):
    """The sonames that the program or library at @path is linked to."""
    data = _program(path)
    result = []
    for _, head, heads in _sections(data):
        if head[1] != _SHT_DYNAMIC:
            continue
        strings = heads[head[6]][4]
        for offset in range(head[4], head[4] + head[5], 16):
            tag, value = struct.unpack_from("<QQ", data, offset)
            if tag == _DT_NEEDED:
                end = data.index(b"\0", strings + value)
                result.append(data[strings + value:end].decode())
    return result


def imports(path, soname):
    """(version, symbol, data size) that the program @path takes from @soname.

    The version is "" where the library has none; the symbols are then all
    that carry no version, as nothing says which library they come from.
    """
    data = _program(path)
    heads = {head[1]: head for _, head, _ in _sections(data)}
    everything = next(_sections(data))[2]
    symbols = heads[_SHT_DYNSYM]
    strings = everything[symbols[6]][4]
    versions = _versions(data, heads.get(_SHT_VERNEED), everything)
    ours = {index for index, (file, _) in versions.items() if file == soname}
    result = []
    for number in range(symbols[5] // 24):
        name, info, _, section, _, size = struct.unpack_from(
            "<IBBHQQ", data, symbols[4] + number * 24)
        if info >> 4 != _STB_GLOBAL:
            continue
        version = 0
        if _SHT_VERSYM in heads:
            version, = struct.unpack_from(
                "<H", data, heads[_SHT_VERSYM][4] + number * 2)
        # A program's own copy of a library's variable has a section.
        if version in ours or (not ours and version < 2 and section == 0):
            text = versions[version][1] if version in ours else ""
            is_data = info & 15 == _STT_OBJECT
            result.append((text, _string(data, strings + name),
                           (size or 64) if is_data else 0))
    return result


def _versions(data, head, heads):
    """{version index: (library, version name)} from .gnu.version_r."""
    result = {}
    if head is None:
        return result
    strings = heads[head[6]][4]
    need = head[4]
    while True:
        _, count, file, aux, step = struct.unpack_from("<HHIII", data, need)
        aux += need
        for _ in range(count):
            _, _, index, name, next_aux = struct.unpack_from("<IHHII", data,
                                                             aux)
            result[index] = (_string(data, strings + file),
                             _string(data, strings + name))
            aux += next_aux
        if not step:
            return result
        need += step


def _string(data, offset):
    return data[offset:data.index(b"\0", offset)].decode()


def modinfo(data):
    """The name=value pairs of a kernel module's .modinfo, as a list."""
    for name, head, _ in _sections(data):
        if name == ".modinfo":
            text = data[head[4]:head[4] + head[5]]
            pairs = [t.decode("utf-8", "replace") for t in text.split(b"\0")]
            return [tuple(p.split("=", 1)) for p in pairs if "=" in p]
    return []
