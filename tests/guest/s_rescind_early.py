# SPDX-License-Identifier: GPL-2.0-only
"""Controllers go while they attach, the drivers while they look for LUNs."""

import faults
from devices import DISKS as CATALOGUE
from scenario import expect, expect_equal

GROUP = "storage"
DISKS = ("data",)
# As in rescind: who flushes the cache of a disk that is gone waits for ever.
MODULES = ("ours",)
CONTROLLERS = 8
OPTIONS = ("--scsi", str(CONTROLLERS))
HOT = CATALOGUE["hot"]
DELAYS_MS = (0, 10, 20, 40, 80, 150, 300, 600, 1500)
LOOKS = 8
BAD = ("bad_message", "ring_broken", "message_lost")
# A message that was on its way when the rescind was.
CROSSED = "is rescinded"


def _left(vm):
    """Since the last mark: what the guest has not given back to the host,
    and what the host complains of."""
    created, given, gone = [], [], []
    events = vm.events()
    for event in events:
        if event["what"] == "gpadl" and event["created"]:
            created.append((event["channel"], event["gpadl"]))
        elif event["what"] == "gpadl_teardown":
            given.append(event["gpadl"])
        elif event["what"] == "rescind":
            gone.append(event["channel"])
    return ([gpadl for channel, gpadl in created
             if gpadl not in given and channel not in gone],
            [c["id"] for c in vm.stats()["channels"] if c["state"] == "open"],
            [e for e in events if e["what"] in BAD and
             not e.get("why", "").endswith(CROSSED)])


def _attach(vm, delay_ms):
    """All controllers but the first go some time after the drivers came.

    Returns how many were opened by then, and what is left at the end.
    """
    vm.mark()
    faults.start(vm, "; ".join("insmod /modules/%s.ko" % m
                               for m in vm.driver_order()))
    vm.sh("usleep %d" % (delay_ms * 1000))
    opened = len({e["channel"] for e in vm.events("open")
                  if not e["subchannel"]})
    for number in range(1, CONTROLLERS):
        vm.control("device-remove", type="scsi", controller=number)
    status, output = faults.finished(vm, "the start of the drivers")
    expect_equal(status, 0, "insmod: %s" % output)
    faults.works(vm, vm.disk("data"), "after %d ms" % delay_ms)
    faults.unload(vm)
    left = _left(vm)
    for number in range(1, CONTROLLERS):
        vm.control("device-add", type="scsi", controller=number)
    return opened, left


def _look(vm, turn):
    """The drivers go while a LUN comes or goes; what is left."""
    vm.mark()
    vm.load_drivers()
    vm.disk("data")
    if turn % 2:
        vm.control("disk-remove", **HOT.address())
    else:
        vm.control("disk-add", file=str(vm.image(HOT.name)), serial=HOT.name,
                   **HOT.address())
    faults.unload(vm)
    return _left(vm)


def guest(vm):
    device = vm.disk("data")
    vm.sh("echo before it all | dd of=%s conv=sync,notrunc oflag=direct 2>&1"
          % device)
    HOT.create(vm.image(HOT.name))
    faults.unload(vm)
    attached = [_attach(vm, delay_ms) for delay_ms in DELAYS_MS]
    looked = [_look(vm, turn) for turn in range(LOOKS)]
    vm.load_drivers()
    text = vm.sh("dd if=%s count=1 iflag=direct 2>/dev/null"
                 % vm.disk("data"))
    return attached, looked, text.rstrip("\0")


def host(vm, seen):
    attached, looked, text = seen
    expect_equal(text, "before it all\n", "the disk's first sector")
    opened = [count for count, _ in attached]
    expect(min(opened) < CONTROLLERS, "no rescind came early: %s", opened)
    for number, (gpadls, channels, broken) in enumerate(
            [left for _, left in attached] + looked):
        expect_equal(gpadls, [], "round %d: GPADLs left to the host" % number)
        expect_equal(channels, [], "round %d: channels left open" % number)
        expect_equal(broken[:5], [], "round %d: the host complains" % number)
