# SPDX-License-Identifier: GPL-2.0-only
"""1000 reloads leave no memory behind: slab, whole pages, vmalloc, per-CPU."""

from scenario import expect, expect_equal, out_of_time

GROUP = "long"
DISKS = ("data",)
MODULES = ("ours",)
ROUNDS = 1000
# Rounds before the first look: caches fill up, per-CPU lists settle.
WARM_UP = 50
STEP = 50
# The caches that have grown most are named, so many of them.
CACHES = 6
PAGE_KB = 4
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


def _slab(vm):
    """The size of each cache of the slab, kB."""
    text = vm.sh("awk 'NR > 2 { print $1, $6 * $15 * %d }' /proc/slabinfo"
                 % PAGE_KB)
    return {cache: int(size)
            for cache, size in map(str.split, text.splitlines())}


def _growing(before, after):
    """The caches that have grown most, with their sizes."""
    grown = {cache: after[cache] - before.get(cache, 0) for cache in after}
    most = sorted(grown, key=grown.get, reverse=True)[:CACHES]
    return "\n".join("%s: %d to %d kB" % (c, before.get(c, 0), after[c])
                     for c in most if grown[c] > 0)


def guest(vm):
    vm.disk("data")
    _reload(vm, WARM_UP)
    held, slab = [_held(vm)], _slab(vm)
    rounds = WARM_UP
    # Where there is an end to the time for all, that is the end.
    while rounds < ROUNDS and not out_of_time():
        _reload(vm, STEP)
        held.append(_held(vm))
        rounds += STEP
    return rounds, held, slab, _slab(vm)


def host(vm, seen):
    rounds, held, before, after = seen
    grown = _growing(before, after)
    print("# %d reloads; held, kB: %s at first, %s at last; caches that have "
          "grown:\n# %s" % (rounds, held[0], held[-1],
                            grown.replace("\n", "\n# ")), flush=True)
    for kind, slack in SLACK_KB.items():
        sizes = [look[kind] for look in held if kind in look]
        # The least of some looks: others come and go.
        expect(not sizes or min(sizes[-4:]) - min(sizes[:4]) <= slack,
               "%s: %s kB every %d reloads\ncaches that have grown:\n%s",
               kind, sizes, STEP, grown)
    status = vm.control("status")["vmbus"]
    expect_equal(status["state"], "connected", "the connection")
    expect(status["connects"] >= rounds, "expected %d connections or more, "
           "got %d", rounds, status["connects"])
    unloads = status["unloads"]
    expect(unloads >= rounds, "expected %d unloads or more, got %d", rounds,
           unloads)
