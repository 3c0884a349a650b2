# SPDX-License-Identifier: GPL-2.0-only
"""The host breaks the protocol at random while disks are read and go.

Each round takes another seed: under I/O, channels that move between CPUs, a
disk that comes and goes and a reload of the drivers, anything the host writes
may be wrong, and any bytes of it. Then the faults end, and what was loaded
must unload, load and work. Without --fault-minutes the rounds are those of
SEEDS: a seed that has found something stays there. Of each kind of thing that
the host writes some bytes must have been wrong in one round or another.
"""

import time

import faults
from devices import DISKS as CATALOGUE
from guest import GuestError
from scenario import Failed, expect, expect_equal

GROUP = "fuzz"
DISKS = ("data", "ide")
MODULES = ("ours",)
HOT = CATALOGUE["hot"]

SEEDS = (1, 5)
ROUND_S = 20
# The longest that a reload may take: each step of a start has 30 s.
END_S = 300

# Whatever fails, fails; only the end has to come.
READ = """
    for disk in data ide; do
        (while [ ! -e /tmp/fuzz-end ]; do
            device=$(disk $disk 2 2>/dev/null) &&
                timeout 20 dd if=$device of=/dev/null bs=4k count=200 \\
                    iflag=direct 2>/dev/null
            sleep 0.1
        done) &
    done
    (while [ ! -e /tmp/fuzz-end ]; do
        for cpu in 1 0; do
            for file in /sys/bus/vmbus/devices/*/channels/*/cpu; do
                [ -e /tmp/fuzz-end ] || echo $cpu > $file
            done 2>/dev/null
            sleep 0.5
        done
    done) &
    wait
    """


def guest(vm):
    HOT.create(vm.image("hot"))
    end = time.monotonic() + 60 * vm.boot["fault_minutes"]
    seeds = list(SEEDS)
    rounds = []
    before = _overwritten(vm)
    while seeds or time.monotonic() < end:
        seed = seeds.pop(0) if seeds else rounds[-1][0] + 1
        try:
            rounds.append((seed, _round(vm, seed)))
        except (GuestError, Failed) as error:
            raise Failed("seed %d: %s" % (seed, error)) from error
        trouble = vm.trouble()
        expect(not trouble, "seed %d: %s", seed, trouble)
    return rounds, {name: count - before[name]
                    for name, count in _overwritten(vm).items()}


def _overwritten(vm):
    """How often bytes were wrong, of each kind of thing that the host writes."""
    fired = vm.stats()["faults"]
    return {fault["name"]: fired.get(fault["name"], 0)
            for fault in vm.control("fault-list")["faults"] if fault["bytes"]}


def _round(vm, seed):
    """One seed; returns how many faults have fired."""
    # A probe may wait in vain for one answer after the other.
    faults.impatient(vm, vm.disk("data"), vm.disk("ide"), hang_s=END_S)
    before = faults.fired(vm, "random")
    faults.arm(vm, "random", value=seed)
    faults.start(vm, READ.strip())
    vm.control("disk-add", file=str(vm.image("hot")), serial=HOT.name,
               **HOT.address())
    time.sleep(ROUND_S / 2)
    vm.control("disk-remove", **HOT.address())
    time.sleep(ROUND_S / 2)
    vm.sh("touch /tmp/fuzz-end")
    faults.finished(vm, "the readers", END_S)
    vm.sh("rm /tmp/fuzz-end")
    # It need not succeed, but each step must end.
    for module in reversed(vm.driver_order()):
        vm.status("rmmod %s" % module, END_S)
    faults.load(vm, storage="timeouts=0", limit=END_S)
    fired = faults.fired(vm, "random") - before
    faults.afresh(vm)
    for name in DISKS:
        faults.works(vm, vm.disk(name), name)
    return fired


def host(vm, seen):
    rounds, overwritten = seen
    expect(all(fired for _, fired in rounds) and
           sum(fired for _, fired in rounds) > len(rounds),
           "expected faults in each round, got %r", rounds)
    expect(overwritten and all(overwritten.values()),
           "expected wrong bytes of each kind, got %r", overwritten)
    expect_equal(vm.storage()["in_flight"], 0, "requests in flight")
