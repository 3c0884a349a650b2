# SPDX-License-Identifier: GPL-2.0-only
"""A CPU goes offline and comes back while the disk is in use, or has to stay.

From 2.4 on a channel interrupts the CPU that it was opened for, and only 4.1
can move it: in between, a CPU with channels must not go.
"""

import faults
from profiles import version
from scenario import expect, expect_equal

GROUP = "storage"
DISKS = ("data",)
CPUS = 2


def skip(boot):
    if boot["modules"] == "intree":
        # It keeps CPUs online that a channel is bound to, or all of them.
        return "what the in-tree drivers allow depends on the kernel"
    return None


def guest(vm):
    device = vm.disk("data")
    before = vm.storage()
    mark = faults.start_mix(vm, "data", seconds=10)
    vm.wait_for(lambda: vm.storage()["writes"] > before["writes"],
                "fio writes")
    begun = vm.storage()
    output = vm.sh("""
        cd /sys/devices/system/cpu
        online() {
            [ ! -e online ] || { cat online; return; }
            # before 2.6.26; the first one cannot go and has no such file
            for c in cpu[0-9]*; do
                ! grep -q 0 $c/online 2>/dev/null && echo ${c#cpu}
            done | paste -sd,
        }
        all=$(online)
        [ "$(grep -c ^processor /proc/cpuinfo)" = %d ]
        for i in 1 2 3; do
            echo 0 > /sys/devices/system/cpu/cpu1/online 2>/dev/null ||
                echo refused
            online
            # before 2.6.26 it is wrong to ask for what is so
            echo 1 > /sys/devices/system/cpu/cpu1/online 2>/dev/null || :
            [ "$(online)" = "$all" ]
        done
        """ % vm.cpus, timeout=120)
    ended = vm.storage()
    faults.end_mix(vm, "data", mark)
    vm.sh("echo both again | dd of=%s conv=sync,notrunc oflag=direct 2>&1"
          % device)
    log = vm.sh("dmesg | grep 'CPU 1 stays' | tail -n 1 || :")
    busy = {what: ended[what] - begun[what] for what in ("reads", "writes")}
    return before["errors"], output, log, busy, _on_cpu1(vm, device)


def _on_cpu1(vm, device):
    """Per target VP, the packets that the host got from I/O on CPU 1."""
    def packets():
        found = {}
        for c in vm.stats()["channels"]:
            if c["state"] == "open" and c["name"].startswith("scsi"):
                found[c["vp"]] = found.get(c["vp"], 0) + c["packets_in"]
        return found

    before = packets()
    vm.sh("taskset -c 1 dd if=%s of=/dev/null bs=4k count=64 iflag=direct "
          "2>&1" % device)
    return {vp: n - before.get(vp, 0) for vp, n in packets().items()}


def host(vm, seen):
    before, output, log, busy, packets = seen
    for what, number in busy.items():
        expect(number > 0, "no %s while the CPU went and came", what)
    if (2, 4) <= version(vm.profile.vmbus) < (4, 1):
        expect_equal(output.count("refused"), 3, "refusals")
        expect("cannot move it" in log, "no reason in the log: %r", log)
    else:
        expect_equal(output.count("refused"), 0, "refusals")
        expect("0\n" in output or "0,2" in output,
               "CPU 1 never went offline:\n%s", output)
    if version(vm.profile.vmbus) >= (4, 1):
        # CPU 1 has its channel back, and sends on it again.
        expect(packets.get(1, 0) >= 64 and len(packets) == min(
            vm.cpus, 1 + vm.storage()["subchannels"]),
               "expected one channel per VP and CPU 1's packets on VP 1's, "
               "got packets by target VP %s", packets)
    with open(vm.image("data"), "rb") as image:
        expect_equal(image.read(11), b"both again\n", "the image")
    expect_equal(vm.storage()["errors"] - before, 0, "errors")
