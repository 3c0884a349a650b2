# SPDX-License-Identifier: GPL-2.0-only
"""kdump under I/O: the crash kernel connects anew and writes the dump."""

import mmap
import secrets

import faults
from profiles import at_least, version
from scenario import expect, expect_equal

GROUP = "storage"
DISKS = ("data", "dump")
APPEND = "crashkernel={crashkernel}"
ENDS = True
CRASHES = True


def guest(vm):
    vm.disk("dump")
    vm.boot_files("/tmp/boot")
    vm.sh("""
        kexec -p /tmp/boot/vmlinuz --initrd=/tmp/boot/image %s \\
            --append="$(sed 's/crashkernel=[^ ]*//' /proc/cmdline) nr_cpus=1 \\
                maxcpus=1 reset_devices"
        rm -r /tmp/boot
        """ % " ".join(vm.kexec_options(crash=True)), timeout=120)
    # What only the memory of the kernel that dies has.
    secret = secrets.token_hex(32)
    vm.sh("echo %s > /dev/shm/secret" % secret)
    faults.under_way(vm, vm.disk("data"))
    before = vm.control("status")
    vm.mark()
    # A crash kernel runs on the CPU that crashed; older hosts answer to one.
    where = "" if at_least(vm.profile.name, "ws2012r2") else "taskset -c 0 "
    # What a panic prints of the tasks waits for locks that the other CPUs have
    # been stopped with.
    vm.agent.send_only("echo 0 > /proc/sys/kernel/panic_print; "
                       "echo 1 > /proc/sys/kernel/sysrq; "
                       "%ssh -c 'echo c > /proc/sysrq-trigger'" % where)
    vm.wait_boot()
    held = vm.storage()["in_flight"]
    vm.control("disk-fault", delay_ms=0)
    vm.load_drivers()
    size = vm.sh("""
        dd if=/proc/vmcore of=%s bs=1M conv=fsync 2>/dev/null
        stat -c %%s /proc/vmcore
        """ % vm.disk("dump"), timeout=240)
    wide = vm.sh("uname -m").strip() == "x86_64"
    return before, secret.encode(), int(size), wide, held


def host(vm, seen):
    before, secret, size, wide, held = seen
    after = vm.control("status")
    expect_equal(after["boots"], before["boots"],
                 "boots by the host: the dump went through a reset")
    expect(after["vmbus"]["connects"] > before["vmbus"]["connects"],
           "no new connection: %s", after)
    spoken = version(after["vmbus"]["version"])
    # Only the kernel that died knows where messages go from 5.0 on.
    knows = spoken < (5, 0) or "crash_hook" not in vm.boot["lacks"]
    if spoken >= (3, 0) and knows:
        names = [e["what"] for e in vm.events()
                 if e["what"] in ("unload", "contact")]
        expect(names and names[0] == "unload",
               "contact without unload: %s", names)
    # The others leave it to the crash kernel's driver.
    if spoken >= (3, 0) and "crash_hook" not in vm.boot["lacks"]:
        expect_equal(held, 0, "requests of the dead kernel that the host "
                     "still has when the crash kernel has booted")
    if vm.profile.crash and "crash_hook" not in vm.boot["lacks"]:
        expect(vm.events("crash"), "no crash in the host's record: %s",
               vm.events())
    with open(vm.image("dump"), "rb") as image, \
            mmap.mmap(image.fileno(), size, prot=mmap.PROT_READ) as core:
        expect_equal(core[:5], b"\x7fELF\x02" if wide else b"\x7fELF\x01",
                     "the dump's first bytes")
        for text in (b"Linux version " + vm.boot["release"].encode() + b" ",
                     secret):
            expect(core.find(text) >= 0, "%r is not in the dump of %d bytes",
                   text, size)
