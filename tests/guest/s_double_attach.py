# SPDX-License-Identifier: GPL-2.0-only
"""Disks that the emulated IDE controller's driver has are left alone.

They are the same as those of the IDE accelerator. double_attach=1 attaches
them all the same, and so does a guest whose other driver has let go of them.
reserve_ports=1 keeps that driver from them when it comes last.
"""

import emulated
from emulated import ACCELERATOR, EMULATED
from scenario import expect, expect_equal

GROUP = "storage"
DISKS = ("data",) + emulated.NAMES
MODULES = ("ours",)
NEEDS = ("emulated_ide",)
OPTIONS = ("--emulated-ide",)
DRIVERS = False


def guest(vm):
    emulated.mark(vm)
    emulated.insert(vm)
    seen = {"emulated": emulated.find(vm, EMULATED)}
    expect_equal(sorted(seen["emulated"]), sorted(emulated.NAMES),
                 "disks of the emulated controller")
    emulated.expect_marks(vm, seen["emulated"])
    seen["read"] = emulated.counters(vm, EMULATED)

    seen["refused"] = _load(vm, ())
    device = vm.disk("data")
    vm.sh("echo the other disk | dd of=%s conv=sync,notrunc oflag=direct 2>&1"
          % device)
    seen["demanded"] = _load(vm, emulated.NAMES, "double_attach=1")
    if vm.boot["ide_modules"]:
        vm.sh("rmmod hvg_storvsc && rmmod ata_piix")
        seen["alone"] = _load(vm, emulated.NAMES)
        before = emulated.counters(vm, EMULATED)
        emulated.insert(vm, "")
        seen["late"] = emulated.find(vm, EMULATED)
        seen["late_read"] = (emulated.counters(vm, EMULATED)["sectors_read"]
                             - before["sectors_read"])
        vm.sh("rmmod hvg_storvsc && rmmod ata_piix")
        seen["reserved"] = _load(vm, emulated.NAMES, "reserve_ports=1")
        seen["ports"] = _ports(vm)
        emulated.insert(vm)
        seen["kept_out"] = emulated.find(vm, EMULATED)
        vm.sh("rmmod hvg_storvsc && rmmod ata_piix")
        seen["ports_after"] = _ports(vm)
        emulated.insert(vm)
        vm.wait_for(lambda: len(emulated.find(vm, EMULATED)) ==
                    len(emulated.NAMES), "the emulated disks")
    return seen


def _ports(vm):
    """First ports of what hvg_storvsc keeps others from."""
    return [line.split("-")[0].strip() for line in
            vm.sh("grep hvg_storvsc /proc/ioports || :").splitlines()]


def _load(vm, wanted, option=""):
    """Load hvg_storvsc anew and see what becomes of the IDE disks."""
    vm.mark()
    before = emulated.counters(vm, ACCELERATOR)
    lines = len(vm.kernel_log("hvg_storvsc").splitlines())
    vm.sh("""
        [ ! -d /sys/module/hvg_storvsc ] || rmmod hvg_storvsc
        [ -d /sys/module/hvg_vmbus ] || insmod /modules/hvg_vmbus.ko
        insmod /modules/hvg_storvsc.ko %s
        """ % option)
    # It is found at the same time as the others, if they are.
    vm.disk("data")
    vm.wait_for(lambda: len(emulated.find(vm, ACCELERATOR)) >= len(wanted),
                "the accelerator's disks")
    found = emulated.find(vm, ACCELERATOR)
    emulated.expect_marks(vm, found)
    after = emulated.counters(vm, ACCELERATOR)
    return {
        "found": sorted(found),
        "names": found,
        "log": vm.kernel_log("hvg_storvsc").splitlines()[lines:],
        "opened": sorted(e["name"] for e in vm.events("open")
                         if not e["subchannel"]),
        "requests": after["requests"] - before["requests"],
        "writes": after["writes"] - before["writes"],
    }


def host(vm, seen):
    expect(seen["read"]["sectors_read"] >= len(emulated.NAMES),
           "nobody has read from the emulated disks: %s", seen["read"])

    refused = seen["refused"]
    expect_equal(refused["found"], [], "the accelerator's disks")
    expect_equal(refused["opened"], ["scsi"], "channels opened")
    expect_equal(refused["requests"], 0, "requests on the IDE channels")
    for cure in emulated.expect_warnings(refused["log"], seen["emulated"]):
        text = "not attached here; to use it, " + cure
        expect(any(text in line for line in refused["log"]),
               "expected %r in %s", text, refused["log"])
    with open(vm.image("data"), "rb") as image:
        expect_equal(image.read(15), b"the other disk\n", "the SCSI disk")

    demanded = seen["demanded"]
    _check_attached(demanded)
    emulated.expect_warnings(demanded["log"], seen["emulated"])
    emulated.expect_admissions(demanded["log"], demanded["names"])
    if "alone" in seen:
        _check_attached(seen["alone"])
        emulated.expect_warnings(seen["alone"]["log"], {})
        expect_equal(seen["late"], {}, "emulated disks by a driver that was "
                     "loaded last")
        expect_equal(seen["late_read"], 0, "sectors that it has read")
        _check_attached(seen["reserved"])
        expect_equal(seen["ports"], ["0170", "01f0"], "ports reserved")
        expect_equal(seen["kept_out"], {}, "emulated disks of a driver that "
                     "was to have them, but not the ports")
        expect_equal(seen["ports_after"], [], "ports reserved after unload")
    expect_equal(emulated.counters(vm, EMULATED)["sectors_written"], 0,
                 "sectors written by the emulated controller")


def _check_attached(step):
    expect_equal(step["found"], sorted(emulated.NAMES),
                 "the accelerator's disks")
    expect_equal(step["opened"], ["ide"] * len(emulated.NAMES) + ["scsi"],
                 "channels opened")
    expect(step["requests"] > 0, "no request on the IDE channels")
    expect_equal(step["writes"], 0, "writes to the IDE disks")
