# SPDX-License-Identifier: GPL-2.0-only
"""The drivers are unloaded and loaded 20 times, and the disk works after."""

from profiles import version
from scenario import expect, expect_equal

GROUP = "storage"
DISKS = ("data",)
ROUNDS = 20


def guest(vm):
    device = vm.disk("data")
    vm.sh("echo before the reloads | dd of=%s conv=sync,notrunc 2>&1; sync"
          % device)
    # What is found again must let go of the drivers as well.
    vm.scan()
    before = vm.control("status")["vmbus"]
    order = vm.driver_order()
    vm.sh("""
        for i in $(seq %d); do
            # in use while LUNs are looked for, after a hotplug say
            for m in %s; do
                # what some rmmod says in its status is not to be relied on
                until rmmod $m || :; [ ! -d /sys/module/$m ]; do sleep 1; done
            done
            for m in %s; do insmod /modules/$m.ko; done
            disk data 30 > /dev/null
        done
        """ % (ROUNDS, " ".join(reversed(order)), " ".join(order)),
          timeout=240)
    device = vm.disk("data")
    text = vm.sh("dd if=%s count=1 iflag=direct 2>/dev/null" % device)
    return before, text.rstrip("\0")


def host(vm, seen):
    before, text = seen
    expect_equal(text, "before the reloads\n", "the disk's first sector")
    after = vm.control("status")["vmbus"]
    if "hv_vmbus" in vm.driver_order() or vm.kind == "ours":
        expect_equal(after["connects"] - before["connects"], ROUNDS,
                     "connections that the host saw")
        if version(after["version"]) >= (3, 0) or vm.kind == "ours":
            expect_equal(after["unloads"] - before["unloads"], ROUNDS,
                         "unloads that the host saw")
    opens = [e for e in vm.events("open") if not e["subchannel"]]
    expect(len(opens) >= ROUNDS, "expected %d channel opens, got %d", ROUNDS,
           len(opens))
    closes = [e for e in vm.events("close") if not e["subchannel"]]
    expect(len(closes) >= ROUNDS, "expected %d closes, got %d", ROUNDS,
           len(closes))
    broken = [e for e in vm.events() if e["what"] in
              ("bad_message", "ring_broken", "message_lost")]
    expect(not broken, "the host complains: %s", broken[:5])
