# SPDX-License-Identifier: GPL-2.0-only
"""hda=noprobe leaves this disk of the emulated controller to hvg_storvsc.

The others stay with the built-in driver, and are left alone.
"""

import emulated
from emulated import ACCELERATOR, EMULATED
from scenario import expect, expect_equal

GROUP = "storage"
DISKS = emulated.NAMES
MODULES = ("ours",)
NEEDS = ("emulated_ide",)
OPTIONS = ("--emulated-ide",)
APPEND = "hda=noprobe"
DRIVERS = False


def skip(boot):
    if boot["ide_modules"]:
        return "the emulated controller's driver is a module here"
    return None


def guest(vm):
    emulated.mark(vm)
    seen = {"emulated": emulated.find(vm, EMULATED)}
    vm.load_drivers()
    device = vm.disk("ide")
    seen["found"] = emulated.find(vm, ACCELERATOR)
    emulated.expect_marks(vm, seen["found"])
    emulated.expect_marks(vm, seen["emulated"])
    vm.sh("echo an IDE disk | dd of=%s conv=sync,notrunc oflag=direct 2>&1"
          % device)
    seen["log"] = vm.kernel_log("hvg_storvsc").splitlines()
    return seen


def host(vm, seen):
    expect_equal(sorted(seen["emulated"]), ["secondary", "slave"],
                 "disks of the emulated controller")
    expect_equal(sorted(seen["found"]), ["ide"], "the accelerator's disks")
    emulated.expect_warnings(seen["log"], seen["emulated"])
    opened = [e["name"] for e in vm.events("open") if not e["subchannel"]]
    expect_equal(sorted(opened), ["ide", "scsi"], "channels opened")
    drives = vm.stats()["emulated_ide"]
    expect_equal([d["commands"] > 0 for d in drives], [False, True, True],
                 "emulated drives that were told something: %s" % drives)
    expect_equal(emulated.counters(vm, ACCELERATOR)["errors"], 0,
                 "errors on the IDE channels")
    expect(emulated.counters(vm, EMULATED)["sectors_written"] == 0,
           "the emulated controller has written: %s", drives)
    with open(vm.image("ide"), "rb") as image:
        expect_equal(image.read(12), b"an IDE disk\n", "start of the image")
