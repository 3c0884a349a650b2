# SPDX-License-Identifier: GPL-2.0-only
"""1000 reloads leave no memory behind: slab, whole pages, vmalloc, per-CPU."""

from scenario import expect, expect_equal

GROUP = "long"
DISKS = ("data",)
MODULES = ("ours",)
ROUNDS = 1000
# Rounds before the first look: caches fill up, per-CPU lists settle.
WARM_UP = 50
STEP = 50
# What other parts of the kernel may take meanwhile, kB: in all, for each.
SLACK_KB = {"SUnreclaim": 256, "Pages": 1024, "VmallocUsed": 128,
            "Percpu": 128}
# What memory is counted as. What is left are pages that somebody has taken as
# such.
COUNTED = ("MemFree", "Buffers", "Cached", "SwapCached", "AnonPages", "Slab",
           "KernelStack", "PageTables", "VmallocUsed", "Percpu")


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


def _held(vm):
    """What is in use, kB: of each kind that this kernel tells of."""
    text = vm.sh("""
        sync
        echo 3 > /proc/sys/vm/drop_caches
        sleep 2
        cat /proc/meminfo
        """)
    held = {line.split(":")[0]: int(line.split()[1])
            for line in text.splitlines()}
    held["Pages"] = held["MemTotal"] - sum(held.get(c, 0) for c in COUNTED)
    return {kind: held[kind] for kind in SLACK_KB if kind in held}


def guest(vm):
    vm.disk("data")
    _reload(vm, WARM_UP)
    held = [_held(vm)]
    for _ in range((ROUNDS - WARM_UP) // STEP):
        _reload(vm, STEP)
        held.append(_held(vm))
    return held


def host(vm, held):
    print("# held, kB: %s at first, %s at last" % (held[0], held[-1]),
          flush=True)
    for kind, slack in SLACK_KB.items():
        sizes = [look[kind] for look in held if kind in look]
        # The least of some looks: others come and go.
        expect(not sizes or min(sizes[-4:]) - min(sizes[:4]) <= slack,
               "%s: %s kB every %d reloads", kind, sizes, STEP)
    status = vm.control("status")["vmbus"]
    expect_equal(status["state"], "connected", "the connection")
    expect(status["connects"] >= ROUNDS, "expected %d connections or more, "
           "got %d", ROUNDS, status["connects"])
    unloads = status["unloads"]
    expect(unloads >= ROUNDS, "expected %d unloads or more, got %d", ROUNDS,
           unloads)
