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
PAGE_KB = 4
# What one cache of the slab may have grown by, kB, and two slabs of its own: an
# object of 64 bytes that each reload loses is more.
CACHE_KB = 32
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
    """(slabs, kB of a slab) of each cache."""
    text = vm.sh("awk 'NR > 2 { print $1, $15, $6 * %d }' /proc/slabinfo"
                 % PAGE_KB)
    return {cache: (int(slabs), int(size))
            for cache, slabs, size in map(str.split, text.splitlines())}


def _grown(looks):
    """How much more there is. The least of some looks counts, at the beginning
    and at the end: others come and go."""
    return min(looks[-4:]) - min(looks[:4])


def _growing(slabs):
    """Caches that have grown by more than they may, with their sizes."""
    growing = []
    for cache, (_, size) in slabs[-1].items():
        looks = [look.get(cache, (0, 0))[0] * size for look in slabs]
        if _grown(looks) > CACHE_KB + 2 * size:
            growing.append("%s: %s kB" % (cache, looks))
    return growing


def guest(vm):
    vm.disk("data")
    _reload(vm, WARM_UP)
    held, slabs = [_held(vm)], [_slab(vm)]
    rounds = WARM_UP
    # Where there is an end to the time for all, that is the end.
    while rounds < ROUNDS and not out_of_time():
        _reload(vm, STEP)
        held.append(_held(vm))
        slabs.append(_slab(vm))
        rounds += STEP
    return rounds, held, slabs


def host(vm, seen):
    rounds, held, slabs = seen
    growing = _growing(slabs)
    print("# %d reloads; held, kB: %s at first, %s at last" % (
        rounds, held[0], held[-1]), flush=True)
    for kind, slack in SLACK_KB.items():
        sizes = [look[kind] for look in held if kind in look]
        expect(not sizes or _grown(sizes) <= slack,
               "%s: %s kB every %d reloads\n%s", kind, sizes, STEP,
               "\n".join(growing))
    expect(not growing, "caches, every %d reloads:\n%s", STEP,
           "\n".join(growing))
    status = vm.control("status")["vmbus"]
    expect_equal(status["state"], "connected", "the connection")
    expect(status["connects"] >= rounds, "expected %d connections or more, "
           "got %d", rounds, status["connects"])
    unloads = status["unloads"]
    expect(unloads >= rounds, "expected %d unloads or more, got %d", rounds,
           unloads)
