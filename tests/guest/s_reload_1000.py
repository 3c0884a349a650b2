# SPDX-License-Identifier: GPL-2.0-only
"""1000 reloads leave no memory behind: the slab is as large as before."""

from scenario import expect, expect_equal

GROUP = "long"
DISKS = ("data",)
MODULES = ("ours",)
ROUNDS = 1000
# Rounds before the first look: caches fill up, per-CPU lists settle.
WARM_UP = 50
# What other parts of the kernel may take meanwhile, kB.
SLACK_KB = 512


def _reload(vm, rounds):
    order = vm.driver_order()
    vm.sh("""
        for i in $(seq %d); do
            rmmod %s
            for m in %s; do insmod /modules/$m.ko; done
        done
        disk data 30 > /dev/null
        """ % (rounds, " ".join(reversed(order)), " ".join(order)),
          timeout=60 + 5 * rounds)


def _unreclaimable(vm):
    return int(vm.sh("""
        sync
        echo 3 > /proc/sys/vm/drop_caches
        sleep 2
        awk '/^SUnreclaim/ { print $2 }' /proc/meminfo
        """))


def guest(vm):
    vm.disk("data")
    _reload(vm, WARM_UP)
    before = _unreclaimable(vm)
    sizes = []
    for _ in range((ROUNDS - WARM_UP) // 50):
        _reload(vm, 50)
        sizes.append(_unreclaimable(vm))
    return before, sizes


def host(vm, seen):
    before, sizes = seen
    expect(sizes[-1] - before <= SLACK_KB, "slab: %d kB before, then %s",
           before, sizes)
    status = vm.control("status")["vmbus"]
    expect_equal(status["state"], "connected", "the connection")
    expect(status["connects"] >= ROUNDS, "expected %d connections or more, "
           "got %d", ROUNDS, status["connects"])
    unloads = status["unloads"]
    expect(unloads >= ROUNDS, "expected %d unloads or more, got %d", ROUNDS,
           unloads)
