# SPDX-License-Identifier: GPL-2.0-only
"""Disks that a guest has in two ways: the IDE accelerator's, and the same
behind the emulated IDE controller, which hvhost has with --emulated-ide."""

from devices import DISKS
from scenario import expect, expect_equal

# Where their places on the IDE channels differ.
NAMES = ("ide", "slave", "secondary")
ACCELERATOR, EMULATED = "accelerator", "emulated"

_SECTOR = 1000
# Size and name of what is there in one of the ways, which the PCI device of
# the emulated controller tells from the other.
_FIND = """
    for entry in /sys/block/[sh]d*; do
        case $(readlink -f $entry/device) in
        */0000:00:07.1/*) way=emulated ;;
        *) way=accelerator ;;
        esac
        [ $way != %s ] || echo $(cat $entry/size) ${entry##*/} \\
            $(basename $(readlink -f $entry/device))
    done
    """


def mark(vm):
    """Have something on each disk that can be read from it."""
    for name in NAMES:
        with open(vm.image(name), "r+b") as image:
            image.seek(_SECTOR * 512)
            image.write(_mark(name).encode())


def _mark(name):
    return "the host's mark on %s\n" % name


def expect_marks(vm, found):
    """Each of @found, what find() said, has its own mark in the guest."""
    for name, (device, _) in found.items():
        text = vm.sh("dd if=/dev/%s bs=512 skip=%d count=1 iflag=direct "
                     "2>/dev/null | head -n 1" % (device, _SECTOR))
        expect_equal(text, _mark(name), "the sector of %s" % device)


def find(vm, way):
    """{disk: (the guest's name for it, its device)} of those in one way."""
    names = {DISKS[name].size // 512: name for name in NAMES}
    found = {}
    for line in vm.sh(_FIND % way).splitlines():
        size, device, place = line.split()
        if int(size) in names:
            name = names[int(size)]
            expect(name not in found, "%s is there twice: %s and %s", name,
                   device, found.get(name))
            found[name] = device, place
    return found


def insert(vm, option="prefer_ms_hyperv=0"):
    """Load the emulated controller's driver, where it is a module.

    Told nothing, it keeps away from the disks of a Hyper-V host.
    """
    for name in vm.boot["ide_modules"]:
        vm.sh("[ -d /sys/module/%s ] || insmod /modules/%s.ko %s" % (
            name, name, option if name == "ata_piix" else ""))


def counters(vm, way):
    """Sums of hvhost's counters of all the disks in one way."""
    entries = vm.stats()["emulated_ide"]
    if way == ACCELERATOR:
        entries = [e for e in vm.stats()["storage"] if e["bus"] == "ide"]
    return {key: sum(e[key] for e in entries) for key in entries[0]
            if isinstance(entries[0][key], int)}


def expect_warnings(log, found):
    """@log warns of each of @found, emulated disks, with its two names.

    Returns what the log has to say of the accelerator's disk each time.
    """
    said = [line for line in log if "also attached" in line]
    expect_equal(len(said), len(found), "warnings among %s" % log)
    cures = []
    for name, (device, place) in found.items():
        if device.startswith("hd"):
            cures.append("boot with %s=noprobe" % device)
        else:
            device = "SCSI device " + place
            cures.append("keep ata_piix away")
        disk = DISKS[name]
        text = "IDE channel %d device %d is also attached as %s by " % (
            disk.controller, disk.target, device)
        expect(any(text in line and _adapter(name) in line for line in said),
               "expected %r of %s among %s", text, name, said)
    return cures


def expect_admissions(log, found):
    """@log says of each of @found, the accelerator's disks, which it is."""
    said = [line for line in log if "attached nevertheless" in line]
    expect_equal(len(said), len(found), "admissions among %s" % log)
    for name, (_, place) in found.items():
        text = "as SCSI device %s, " % place
        expect(any(text in line and _adapter(name) in line for line in said),
               "expected %r of %s among %s", text, name, said)


def _adapter(name):
    """What is in the instance id of the IDE accelerator's channel."""
    return " %08x-%04x-8899-" % (DISKS[name].controller, DISKS[name].target)
