# SPDX-License-Identifier: GPL-2.0-only
"""Errors carry their sense data: bad address, bad opcode, write protection."""

from scenario import expect, expect_equal

GROUP = "storage"
DISKS = ("data", "readonly")


def guest(vm):
    data, readonly = vm.disk("data"), vm.disk("readonly")
    # A reset leaves a unit attention for the first command.
    vm.status("sg_turs %s; sg_turs %s" % (data, readonly))
    before = vm.storage()["errors"]
    seen = {}

    def raw(name, device, arguments, cdb):
        seen[name] = vm.status("sg_raw %s %s %s 2>&1"
                               % (arguments, device, cdb))

    # READ(16) past the end, and READ(10) with its last block past it
    raw("read16", data, "-r 512",
        "88 00 00 00 00 00 ff ff ff ff 00 00 00 01 00 00")
    raw("read10", data, "-r 1024", "28 00 00 0f ff ff 00 00 02 00")
    raw("opcode", data, "", "c1 00 00 00 00 00")
    # RDPROTECT, which the disk has not. (An INQUIRY for a page that does not
    # exist would do too, but drivers may hide that error: hosts make it up.)
    raw("field", data, "-r 512", "28 20 00 00 00 00 00 00 01 00")
    raw("write", readonly, "-R -s 512 -i /dev/zero",
        "2a 00 00 00 00 00 00 00 01 00")
    raw("good", data, "-r 512", "28 00 00 00 00 00 00 00 01 00")
    seen["ro"] = vm.sh("blockdev --getro " + readonly)
    # The block layer's way: an error, and not silently nothing.
    seen["dd"] = vm.status(
        "blockdev --setrw %(d)s; dd if=/dev/zero of=%(d)s count=1 "
        "oflag=direct 2>&1" % {"d": readonly})
    seen["errors"] = vm.storage()["errors"] - before
    return seen


_SENSE = {
    "read16": ("Illegal Request", "Logical block address out of range"),
    "read10": ("Illegal Request", "Logical block address out of range"),
    "opcode": ("Illegal Request", "Invalid command operation code"),
    "field": ("Illegal Request", "Invalid field in cdb"),
    "write": ("Data Protect", "Write protected"),
}


def host(vm, seen):
    for name, words in _SENSE.items():
        code, text = seen[name]
        expect(code != 0, "%s: sg_raw succeeded:\n%s", name, text)
        for word in words:
            expect(word.lower() in text.lower(), "%s: expected %r in:\n%s",
                   name, word, text)
    expect_equal(seen["good"][0], 0, "READ(10): %s" % seen["good"][1])
    expect_equal(seen["ro"].strip(), "1", "blockdev --getro")
    expect(seen["dd"][0] != 0, "a write to a read-only disk succeeded")
    expect(seen["errors"] >= len(_SENSE), "errors counted by the host: "
           "expected %d or more, got %d", len(_SENSE), seen["errors"])
    with open(vm.image("readonly"), "rb") as image:
        expect_equal(image.read(15), b"read-only disk\n", "the image")
