# SPDX-License-Identifier: GPL-2.0-only
"""Whatever the guest's kernel complains of fails the scenario that it ran."""

import re

from guest import TROUBLE
from scenario import expect, expect_equal

GROUP = "storage"

# What kernels say, old ones too, each as one line of the log.
LINES = (
    "BUG: unable to handle page fault for address: ffffc90000a01000",
    "BUG: sleeping function called from invalid context at mm/slab.h:494",
    "BUG: scheduling while atomic: dd/311/0x00000002",
    "watchdog: BUG: soft lockup - CPU#1 stuck for 134s! [dd:311]",
    "BUG: KCSAN: data-race in ring_read / ring_write",
    "BUG: KASAN: slab-out-of-bounds in ring_read+0x5e/0x80",
    "KASAN: null-ptr-deref in range [0x0000000000000008-0x000000000000000f]",
    "kernel BUG at lib/list_debug.c:59!",
    "BUG kmalloc-64 (Tainted: G           O): Poison overwritten",
    "WARNING: CPU: 1 PID: 311 at kernel/workqueue.c:3167 work_on_cpu+0x60/0x90",
    "WARNING: possible irq lock inversion dependency detected",
    "[ INFO: possible circular locking dependency detected ]",
    "[ INFO: possible recursive locking detected ]",
    "[ INFO: inconsistent lock state ]",
    "INFO: trying to register non-static key.",
    "[ INFO: suspicious RCU usage. ]",
    "Oops: 0002 [1] SMP",
    "invalid opcode: 0000 [#1] PREEMPT SMP NOPTI",
    "general protection fault: 0000 [1] SMP",
    "Kernel panic - not syncing: Fatal exception in interrupt",
    "UBSAN: array-index-out-of-bounds in ring.c:101:9",
    "kmemleak: 8 new suspected memory leaks (see /sys/kernel/debug/kmemleak)",
    "unreferenced object 0xffff888003c1a400 (size 1024):",
    "list_add corruption. prev->next should be next (ffff8880), but was 0.",
    "list_del corruption. next->prev should be ffff8880, but was dead0100",
    "refcount_t: underflow; use-after-free.",
    "INFO: task insmod:311 blocked for more than 20 seconds.",
    "rcu: INFO: rcu_preempt self-detected stall on CPU",
    "rcu: INFO: rcu_preempt detected stalls on CPUs/tasks:",
    "irq 7: nobody cared (try booting with the \"irqpoll\" option)",
    "insmod: page allocation failure: order:5, mode:0xcc0(GFP_KERNEL)",
)
# What is no complaint, or only looks like one in part.
HARMLESS = (
    "hvg_vmbus: connected to the host: protocol 5.3, messages on CPU 0",
    "hvg_vmbus: bad message dropped: short, expected 16 bytes, got 10",
    "hvg_storvsc 0c2a: restarting the adapter",
    "sd 0:0:0:0: [sda] Attached SCSI disk",
    "Kernel command line: panic=1 oops=panic kasan_multi_shot kmemleak=on",
    "kmemleak: Kernel memory leak detector initialized",
    "rcu: Hierarchical RCU implementation.",
    "Warning: unable to open an initial console.",
    "debug: one bug at most, [1] of list_add, refcount_t of 2",
)
# As urgent as a warning, which is the least that the console shows.
WRITE = """
    while read -r line; do
        echo "<4>$line" > /dev/kmsg
    done << 'end'
%s
end
    """


def guest(vm):
    vm.sh(WRITE % "\n".join(LINES + HARMLESS))
    return vm.trouble(), vm.kernel_log(".", 1000)


def _shown(pattern):
    """Whether there is a line that only @pattern finds."""
    return any([p for p in TROUBLE if re.search(p, line)] == [pattern]
               for line in LINES)


def host(vm, seen):
    expect_equal([p for p in TROUBLE if not _shown(p)], [],
                 "patterns without a line of their own")
    # It may be behind the log.
    vm.wait_for(lambda: HARMLESS[-1] in vm.console_text(),
                "the last line is on the console")
    for where, found, text in (
            ("log", *seen),
            ("console", vm.console_trouble(), vm.console_text())):
        # The first line says where the others are from.
        found = found.splitlines()[1:]
        for line in LINES:
            expect(any(f.endswith(line) for f in found),
                   "%s: not found: %s", where, line)
        expect_equal([f for f in found if not f.endswith(LINES)], [],
                     where + ": found as well")
        for line in HARMLESS:
            expect(line in text, "%s: not there: %s", where, line)
    # They were no complaints of this guest, and there are no others.
    vm.mark_log("trouble")
