# SPDX-License-Identifier: GPL-2.0-only
"""kexec into the same kernel: the connection is unloaded, and made again."""

import faults
from scenario import expect, expect_equal

GROUP = "storage"
DISKS = ("data",)


def guest(vm):
    device = vm.disk("data")
    vm.sh("echo before kexec | dd of=%s conv=sync,notrunc oflag=direct 2>&1"
          % device)
    vm.boot_files("/tmp/boot")
    vm.sh("kexec -l /tmp/boot/vmlinuz --initrd=/tmp/boot/image "
          "--reuse-cmdline " + " ".join(vm.kexec_options()), timeout=60)
    # Hosts of before 2.4 need not say more than the next kernel must know.
    faults.arm(vm, "version-brief", count=0)
    before = vm.control("status")
    vm.mark()
    vm.agent.send_only("kexec -e")
    vm.wait_boot()
    vm.load_drivers()
    faults.disarm(vm)
    text = vm.sh("dd if=%s count=1 iflag=direct 2>/dev/null"
                 % vm.disk("data"))
    return before, text


def host(vm, seen):
    before, text = seen
    after = vm.control("status")
    expect_equal(text.rstrip("\0"), "before kexec\n", "the first sector")
    expect_equal(after["boots"], before["boots"], "boots by the host: kexec "
                 "went through a reset")
    expect(after["vmbus"]["connects"] > before["vmbus"]["connects"],
           "no new connection: %s", after)
    expect_equal(after["vmbus"]["unloads"], before["vmbus"]["unloads"] + 1,
                 "UNLOAD messages")
    names = [e["what"] for e in vm.events()
             if e["what"] in ("unload", "contact")]
    expect(names and names[0] == "unload", "contact without unload: %s",
           names)
