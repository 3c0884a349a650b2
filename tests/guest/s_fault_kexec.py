# SPDX-License-Identifier: GPL-2.0-only
"""kexec while the host still works on a request, which it does not cancel:
the next kernel, whose memory it would write to, starts when it is through."""

import time

import faults
from scenario import expect, expect_equal

GROUP = "fault"
DISKS = ("data",)
# Longer than the drivers wait for a host that they give up, and less than they
# wait before a kexec.
HELD_S = 45


def guest(vm):
    device = vm.disk("data")
    vm.boot_files("/tmp/boot")
    vm.sh("kexec -l /tmp/boot/vmlinuz --initrd=/tmp/boot/image "
          "--reuse-cmdline --append=debug "
          + " ".join(vm.kexec_options()), timeout=60)
    faults.arm(vm, "close-waits", count=0)
    before = vm.control("status"), _kernels(vm)
    vm.mark()
    vm.control("disk-fault", delay_ms=10 * HELD_S * 1000)
    faults.start(vm, "dd if=%s of=/dev/null bs=4k count=1 iflag=direct"
                 % device)
    vm.wait_for(lambda: vm.storage()["in_flight"], "the read arrives", 30)
    vm.control("disk-fault", delay_ms=0)
    vm.agent.send_only("kexec -e")
    vm.wait_for(lambda: vm.events("closing"), "the channel is closed", 120)
    time.sleep(HELD_S)
    early = _kernels(vm)
    vm.control("disk-fault", release=True)
    vm.wait_boot()
    faults.disarm(vm)
    vm.load_drivers()
    faults.works(vm, vm.disk("data"), "after the kexec")
    return before, (early, _kernels(vm))


def _kernels(vm):
    """How many have said on the console which they are: the first does not."""
    return vm.console_text().count("Linux version ")


def host(vm, seen):
    (before, kernels), (early, late) = seen
    after = vm.control("status")
    expect_equal(early, kernels, "kernels that had started before the host "
                 "was through with a request")
    expect_equal(late, kernels + 1, "kernels that have started")
    expect_equal(after["boots"], before["boots"], "boots by the host: kexec "
                 "went through a reset")
    expect(after["vmbus"]["connects"] > before["vmbus"]["connects"],
           "no new connection: %s", after)
