# SPDX-License-Identifier: GPL-2.0-only
"""How VMBus's interrupt comes to a guest whose kernel has no vector for it."""

import re

from scenario import expect

# Reads of each CPU, and how long the host takes for one: what it answers at
# once is seen without an interrupt.
READS = 64
DELAY_MS = 5


def use(vm):
    """Read from the disk on every CPU: (IRQ, its interrupts, its chip)."""
    device = vm.disk("data")
    before = _line(vm)
    vm.control("disk-fault", delay_ms=DELAY_MS)
    vm.sh("""
        for cpu in $(sed -n 's/^processor.*: //p' /proc/cpuinfo); do
            taskset -c $cpu dd if=%s of=/dev/null bs=4k count=%d \\
                skip=$((cpu * %d)) iflag=direct 2>&1 &
        done
        wait
        """ % (device, READS, READS), timeout=120)
    vm.control("disk-fault", delay_ms=0)
    after = _line(vm)
    return after[0], after[1] - before[1], after[2]


def _line(vm):
    """What /proc/interrupts has of hvg_vmbus."""
    line = vm.sh("grep hvg_vmbus /proc/interrupts")
    match = re.fullmatch(r"\s*(\d+):((?:\s+\d+)+)\s+(\S+)\s+hvg_vmbus\s*",
                         line)
    expect(match, "expected an IRQ, its count on each CPU and its chip: %r",
           line)
    irq, counts, chip = match.groups()
    return int(irq), sum(int(c) for c in counts.split()), chip


def sints(vm):
    """What SINT 2's register has, of each VP, as the host sees it."""
    return [int(vcpu["sint2"], 16) for vcpu in vm.control("vcpus")["vcpus"]]
