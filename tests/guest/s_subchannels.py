# SPDX-License-Identifier: GPL-2.0-only
"""Storage spreads over sub-channels, each with a VP of its own to interrupt."""

from profiles import PROFILES
from scenario import expect, expect_equal

GROUP = "storage"
DISKS = ("data",)
CPUS = 2
DELAY_MS = 20


def skip(boot):
    if not PROFILES[boot["profile"]].subchannels:
        return "this host has no sub-channels"
    return None


def _channels(vm):
    """The open channels of the SCSI controller, the first one first."""
    found = [c for c in vm.stats()["channels"] if c["state"] == "open"
             and c["name"].lower().startswith("scsi")]
    return sorted(found, key=lambda c: c["subchannel"])


def guest(vm):
    device = vm.disk("data")
    vm.wait_for(lambda: len(_channels(vm)) >= 2, "a sub-channel is opened")
    before = _channels(vm)
    cpus = vm.cpus
    # What the host answers at once is seen without an interrupt.
    vm.control("disk-fault", delay_ms=DELAY_MS)
    vm.sh("""
        for cpu in $(seq 0 %d); do
            taskset -c $cpu dd if=%s of=/dev/null bs=64k count=64 \
                skip=$((cpu * 64)) iflag=direct 2>&1 &
        done
        wait
        """ % (cpus - 1, device), timeout=120)
    vm.control("disk-fault", delay_ms=0)
    return before


def host(vm, seen):
    after = _channels(vm)
    expect(len(after) <= vm.cpus, "%d channels on %d CPUs", len(after),
           vm.cpus)
    targets = [c["vp"] for c in after]
    expect_equal(len(set(targets)), len(targets),
                 "different target VPs among %s" % targets)
    expect_equal(vm.storage()["subchannels"], len(after) - 1,
                 "sub-channels in the host's count")
    before = {c["id"]: c for c in seen}
    for what in ("packets_in", "interrupts"):
        idle = [c for c in after
                if c[what] == before.get(c["id"], {}).get(what, 0)]
        expect(not idle, "channels without any %s: %s", what, idle)
