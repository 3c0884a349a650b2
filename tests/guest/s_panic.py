# SPDX-License-Identifier: GPL-2.0-only
"""A panic under I/O is told the host: crash registers, and the log's end."""

import faults
from profiles import PROFILES
from scenario import expect, expect_equal

GROUP = "storage"
DISKS = ("data",)
ENDS = True
CRASHES = True


def skip(boot):
    if not PROFILES[boot["profile"]].crash:
        return "this host has no crash MSRs"
    return None


def guest(vm):
    faults.under_way(vm, vm.disk("data"))
    boots = vm.control("status")["boots"]
    vm.agent.send_only("echo 0 > /proc/sys/kernel/panic_print; "
                       "echo 1 > /proc/sys/kernel/sysrq; "
                       "echo c > /proc/sysrq-trigger")
    # panic=1 makes the guest reset; the host boots it again.
    vm.wait_for(lambda: vm.control("status")["boots"] > boots,
                "the guest resets after its panic", 60)
    return boots


def host(vm, seen):
    crashes = vm.events("crash")
    expect(crashes, "no crash in the host's record: %s", vm.events())
    expect_equal(vm.control("status")["boots"], seen + 1, "boots")
    crash = crashes[0]
    expect(any(int(p, 16) for p in crash["parameters"]),
           "crash registers without content: %s", crash)
    if vm.profile.crash_text:
        text = next((e.get("text") or e.get("message") for e in crashes
                     if e.get("text") or e.get("message")), "")
        expect("sysrq" in text.lower() or "panic" in text.lower(),
               "the log's end did not arrive: %s", crashes)
