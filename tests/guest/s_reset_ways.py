# SPDX-License-Identifier: GPL-2.0-only
"""Each way to reset the machine resets it, and the guest comes up anew."""

from scenario import expect, expect_equal

GROUP = "storage"
DISKS = ("data",)
ENDS = True

_PORT = "printf '\\%o' | dd of=/dev/port bs=1 seek=%d conv=notrunc"
# HV_X64_MSR_RESET, written in one piece
_MSR = ("printf '\\1\\0\\0\\0\\0\\0\\0\\0' | dd of=/dev/cpu/0/msr bs=8 "
        "seek=%d oflag=seek_bytes conv=notrunc" % 0x40000003)

# What the guest does, and what the host's record must call it.
WAYS = (
    (_PORT % (0x06, 0xcf9), "reset by port 0xcf9"),
    (_PORT % (0x01, 0x92), "reset by port 0x92"),
    (_PORT % (0xfe, 0x64), "reset by keyboard controller"),
    (_MSR, "reset by the Hyper-V MSR"),
    ("reboot -f", None),
)


def guest(vm):
    seen = []
    for script, name in WAYS:
        boots = vm.control("status")["boots"]
        vm.load_drivers()
        vm.disk("data")
        vm.mark()
        vm.agent.send_only(script)
        vm.wait_boot()
        resets = [e["by"] for e in vm.events("reset")]
        seen.append((name, resets, vm.control("status")["boots"] - boots))
    return seen


def host(vm, seen):
    for name, resets, boots in seen:
        expect_equal(boots, 1, "boots for %s" % (name or "reboot -f"))
        expect_equal(len(resets), 1, "resets in the host's record")
        expect(name in (None, resets[0]), "expected %s, got %s", name,
               resets[0])
