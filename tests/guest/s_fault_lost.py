# SPDX-License-Identifier: GPL-2.0-only
"""Requests that are never answered: reset, restart, an error; others go on."""

import faults
from scenario import expect, expect_equal

GROUP = "fault"
DISKS = ("data", "ide")
# The in-tree driver waits for ever.
MODULES = ("ours",)
# A command has a 2 s timer, 5 retries, and error recovery after each.
ERROR_LIMIT = 120
# The host answers after the guest has looked at the ring by itself.
DELAY_MS = 300


def guest(vm):
    device, ide = vm.disk("data"), vm.disk("ide")
    faults.impatient(vm, device)
    seen = {"interrupt": _interrupt(vm, device)}
    before = faults.fired(vm, "drop")
    # A reset brings it back.
    faults.arm(vm, "drop", disk="data", cdb=faults.READ)
    seen["reset"], seen["reads"] = faults.executed(
        vm, "data", lambda: faults.read(vm, device, limit=60))
    # Whatever is tried, it is lost again: the application gets an error.
    faults.arm(vm, "drop", disk="data", cdb=faults.READ, count=0)
    seen["error"] = faults.read(vm, device, limit=ERROR_LIMIT)
    seen["lost"] = faults.fired(vm, "drop") - before - 1
    faults.disarm(vm)
    faults.works(vm, device, "after the error")
    # Resets are not answered either: the channel is closed and opened.
    vm.mark()
    faults.arm(vm, "drop", disk="data", cdb=faults.READ)
    faults.arm(vm, "drop-reset", count=0)
    faults.start(vm, "timeout 180 dd if=%s of=/dev/null bs=4k count=1 "
                 "iflag=direct" % device)
    vm.wait_for(lambda: faults.fired(vm, "drop-reset"),
                "a reset that is not answered", 60)
    seen["ide"] = faults.read(vm, ide)
    seen["restart"] = faults.finished(vm, "dd", 180)[0]
    vm.wait_for(lambda: [e for e in vm.events("open")
                         if e["name"] == "scsi" and not e["subchannel"]],
                "the controller is opened again", 120)
    faults.disarm(vm)
    faults.works(vm, device, "after the restart")
    vm.sh("echo after the restart | dd of=%s conv=sync,notrunc oflag=direct "
          "2>&1" % device)
    seen["fired"] = (faults.fired(vm, "drop") - before,
                     faults.fired(vm, "drop-reset"))
    faults.afresh(vm)
    vm.disk("data")
    return seen


def _interrupt(vm, device):
    """The answer is there, only the interrupt for it is not."""
    parameter = "/sys/module/hvg_storvsc/parameters/timeouts"
    channel = faults.primary(vm)
    vm.sh("echo 1 > " + parameter)
    faults.quiet(vm)
    vm.control("disk-fault", delay_ms=DELAY_MS)
    before = faults.fired(vm, "interrupt-lost")
    vm.mark()
    faults.arm(vm, "interrupt-lost", channel=channel["id"])
    code, seconds = faults.read(vm, device, limit=30, cpu=channel["vp"])
    lost = faults.fired(vm, "interrupt-lost") - before
    faults.disarm(vm)
    vm.control("disk-fault", delay_ms=0)
    vm.sh("echo 0 > " + parameter)
    return code, seconds, lost, len(vm.events("storage_reset"))


def host(vm, seen):
    code, seconds, lost, resets = seen["interrupt"]
    expect_equal(lost, 1, "interrupts lost")
    expect_equal(code, 0, "dd whose interrupt was lost")
    # The command's timer runs out after 2 s.
    expect(seconds > 1, "dd took %.1f s: it had its interrupt", seconds)
    expect_equal(resets, 0, "resets for a lost interrupt")
    expect_equal(seen["reset"][0], 0, "dd whose request was lost")
    expect(seen["reads"], "dd succeeded with what the host has not read")
    expect(seen["error"][0] not in (0, 124, 137, 143), "lost for ever: "
           "expected an error, dd's exit status is %d after %.0f s",
           *seen["error"])
    expect(seen["lost"] > 1, "the command was not tried again")
    expect(seen["restart"] not in (124, 137, 143), "dd did not end")
    expect_equal(seen["ide"][0], 0, "dd on another controller")
    expect(seen["ide"][1] < 10 * vm.scale, "dd on another controller took "
           "%.0f s", seen["ide"][1])
    expect_equal(seen["fired"][0] - seen["lost"], 2, "requests lost")
    expect(seen["fired"][1] >= 1, "no reset was lost")
    with open(vm.image("data"), "rb") as image:
        expect_equal(image.read(18), b"after the restart\n", "the image")
