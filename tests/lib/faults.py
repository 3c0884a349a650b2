# SPDX-License-Identifier: GPL-2.0-only
"""What the scenarios of the faults and of the hostile host share."""

import json
import os
import re
import struct
import time

from guest import GuestError
from scenario import expect, expect_equal

READ = 0x28	# READ(10), what sd sends for small disks
WRITE = 0x2a
# What start_mix() uses of a disk, and of that what is read, at the end
MIX_BYTES = 48 << 20
MIX_READ_BYTES = 16 << 20
MIX_BLOCK = 4096
# What a driver may log of one cause: the kernel's own limit is ten lines in a
# burst, and one that says how many it has left out.
LINES = 11
# The time of such a burst
LIMIT_SECONDS = 5
# Lines of theirs
DRIVERS = "hvg_|vmbus|channel"


def arm(vm, name, **where):
    """Arm a fault: count, after, value, disk, cdb, channel."""
    vm.control("fault", name=name, **where)


def disarm(vm):
    vm.control("fault", off=True)


def fired(vm, name):
    """How often a fault has fired so far."""
    return vm.stats()["faults"].get(name, 0)


def impatient(vm, *devices, hang_s=120):
    """Let the guest's commands time out after 2 s, and only once.

    A task may stand still for @hang_s: recovery takes longer than the runner
    lets a task hang otherwise.
    """
    vm.name_hung(hang_s)
    if vm.kind == "ours":
        vm.sh("echo 0 > /sys/module/hvg_storvsc/parameters/timeouts")
    for device in devices:
        vm.sh("""
            cd /sys/block/%s/device
            echo 2 > timeout
            [ ! -e eh_timeout ] || echo 5 > eh_timeout
            """ % device[5:])


def quiet(vm):
    """Wait until the guest asks for nothing: a restart looks for LUNs."""
    last, seen = -1, 0
    while seen != last:
        time.sleep(1)
        last, seen = seen, vm.storage()["requests"]


def read(vm, device, skip=0, limit=60, cpu=None):
    """Read 4 KiB past the page cache; (exit status, seconds)."""
    begin = time.monotonic()
    pin = "" if cpu is None else "taskset -c %d " % cpu
    code, _ = vm.status("%stimeout %d dd if=%s of=/dev/null bs=4k count=1 "
                        "skip=%d iflag=direct 2>&1"
                        % (pin, limit * vm.scale, device, skip),
                        limit + 30)
    return code, time.monotonic() - begin


def executed(vm, name, what):
    """Call @what; (what it returns, how many reads of the disk called @name
    the host has carried out meanwhile: not those that a fault took)."""
    before = vm.host_disk(name)["reads"]
    result = what()
    return result, vm.host_disk(name)["reads"] - before


def works(vm, device, what, cpu=None):
    """A sector can be read, and soon."""
    code, _ = read(vm, device, limit=60, cpu=cpu)
    expect_equal(code, 0, "%s: exit status of dd on %s" % (what, device))


def beside(vm, name, device, what):
    """A fault is on: the disk called @name, @device in the guest, which is on
    another controller, can be read, and that by the host."""
    (code, _), reads = executed(vm, name, lambda: read(vm, device))
    expect_equal(code, 0, "%s: exit status of dd on %s beside it"
                 % (what, name))
    expect(reads, "%s: the host has read nothing from %s", what, name)


def start(vm, script):
    """Run @script in the background; finished() says how it ended."""
    vm.sh("rm -f /tmp/faults-status; (set +e; %s; echo $? > /tmp/faults-next; "
          "mv /tmp/faults-next /tmp/faults-status) > /tmp/faults-output 2>&1 &"
          % script)


def _pattern(mark, begin, end):
    """Blocks that say which they are, and by @mark of which run."""
    return b"".join((mark + struct.pack("<Q", place)) * (MIX_BLOCK // 16)
                    for place in range(begin, end, MIX_BLOCK))


def start_mix(vm, name, seconds, rate=500):
    """Read and write the disk called @name at random, in the background.

    What is written says where it belongs, and end_mix() looks at the image.
    What is read has been put there by the host, and fio verifies it: of a job
    that writes, too, it would verify nothing within its time.
    @rate is I/Os a second each way. Within its time fio must not come round.
    """
    end, middle = MIX_BYTES, MIX_BYTES - MIX_READ_BYTES
    expect(seconds * rate < middle // MIX_BLOCK, "%d bytes are too few for "
           "%d writes", middle, seconds * rate)
    mark = os.urandom(8)
    with open(vm.image(name), "r+b") as image:
        image.seek(middle)
        image.write(_pattern(mark, middle, end))
    start(vm, "fio --filename=%s --bs=%d --ioengine=libaio --direct=1 "
          "--iodepth=8 --verify=pattern --verify_pattern=0x%s%%o "
          "--verify_fatal=1 --randrepeat=0 --time_based --runtime=%d "
          "--rate_iops=%d,%d --output-format=json "
          "--name=write --rw=randwrite --do_verify=0 --size=%d "
          "--name=read --rw=randread --offset=%d --size=%d" % (
              vm.disk(name), MIX_BLOCK, mark.hex(), seconds, rate, rate,
              middle, middle, MIX_READ_BYTES))
    return mark


def end_mix(vm, name, mark, timeout=120):
    """Wait for what start_mix() has started: fio has met no error, and each
    block that it has written is on the image."""
    code, text = finished(vm, "fio", timeout)
    words, _, report = text.partition("{")
    expect(code == 0, "fio failed with exit status %d:\n%s", code, words)
    write, read = json.loads("{" + report)["jobs"]
    expect(read["read"]["total_ios"] > 0, "fio has read nothing")
    with open(vm.image(name), "rb") as image:
        data = image.read(MIX_BYTES - MIX_READ_BYTES)
    wanted = _pattern(mark, 0, len(data))
    found = sum(data[n:n + MIX_BLOCK] == wanted[n:n + MIX_BLOCK]
                for n in range(0, len(data), MIX_BLOCK))
    expect(found > 0, "fio has written nothing")
    expect_equal(found, write["write"]["total_ios"],
                 "blocks on the image of those that fio has written")


def under_way(vm, device):
    """Reads and writes that the host has and holds, of the disk called "data":
    whoever waits for them waits long."""
    vm.control("disk-fault", delay_ms=60 * 1000)
    # CFQ, where there is one, waits for those of one process before another's.
    vm.sh("""
        cd /sys/block/%s/queue
        ! grep -q cfq scheduler || echo noop > scheduler
        """ % device[5:])
    vm.sh("""
        for i in 1 2 3; do
            dd if=%s of=/dev/null bs=64k count=1 skip=$i iflag=direct &
            dd if=/dev/zero of=%s bs=64k count=1 seek=$((i + 8)) \\
                conv=notrunc oflag=direct &
        done > /dev/null 2>&1
        """ % (device, device))
    vm.wait_for(lambda: vm.storage()["in_flight"] >= 6,
                "the host has six requests")


def finished(vm, what, timeout=60):
    """Exit status and output of what start() has started."""
    try:
        vm.wait_for(lambda: vm.status("[ -e /tmp/faults-status ]")[0] == 0,
                    what + " ends", timeout)
    except GuestError as error:
        # Who waits for what, for whoever looks into it.
        vm.sh("echo w > /proc/sysrq-trigger; ps > /dev/kmsg", 60)
        error.output = vm.status("cat /tmp/faults-output; ps; "
                                 "cat /sys/kernel/debug/hvg_storvsc/*/state; "
                                 "cat /sys/kernel/debug/hvg_vmbus/channels/*",
                                 60)[1]
        raise
    return (int(vm.sh("cat /tmp/faults-status")),
            vm.sh("cat /tmp/faults-output"))


def driver_lines(vm):
    """What the drivers have logged since the scenario began."""
    return vm.kernel_log(DRIVERS, 1000).splitlines()


def log_mark(vm):
    """From where said() looks at the console: it costs the guest nothing."""
    return len(vm.console_text())


def _warnings(vm, mark):
    """What the drivers have put on the console, which shows no less urgent
    lines, since @mark."""
    return [line for line in vm.console_text()[mark:].splitlines()
            if re.search(DRIVERS, line)]


def _wait_said(vm, mark, what, line):
    """The console may be behind."""
    vm.wait_for(lambda: re.search(line, "\n".join(_warnings(vm, mark))),
                "%s: the guest's log has %r" % (what, line))


def said(vm, mark, what, line, most=1):
    """The guest names a fault, and once: since @mark it has logged a line that
    matches @line, but no more than @most, and with others no more than LINES.

    @line: None where there is nothing to say. The kernel's own drivers say
    other things than ours.
    @most: how often the host has told the lie.
    """
    if vm.kind != "ours":
        return
    if line:
        _wait_said(vm, mark, what, line)
    lines = _warnings(vm, mark)
    named = [text for text in lines if line and re.search(line, text)]
    expect(len(named) <= most and len(lines) <= LINES,
           "%s: %d lines in the guest's log name it, of which %d were to be "
           "expected, and %d others:\n%s", what, len(named), most,
           len(lines) - len(named), "\n".join(lines))


def limited(vm, mark, what, line, seconds):
    """A fault that is met again and again for @seconds does not fill the log:
    its lines since @mark are there, and as many as the kernel lets through."""
    if vm.kind != "ours":
        return
    _wait_said(vm, mark, what, line)
    lines = _warnings(vm, mark)
    most = LINES * (1 + int(seconds) // LIMIT_SECONDS)
    expect(len(lines) <= most, "%s: %d lines in the guest's log, expected %d "
           "at most", what, len(lines), most)


def ignored(vm):
    """How many messages of the host our bus driver has counted and ignored,
    since it was loaded."""
    text = vm.sh("cat /sys/kernel/debug/hvg_vmbus/connection")
    return sum(map(int, re.findall(r"^(?:unexpected|of other types): *(\d+)$",
                                   text, re.M)))


def load(vm, parameters="", storage="", limit=120):
    """Load the drivers; the bus driver with @parameters, that of the disks
    with those in @storage. (status, output)"""
    bus, *rest = vm.driver_order()
    return vm.status("insmod /modules/%s.ko %s 2>&1%s" % (
        bus, parameters,
        "".join(" && insmod /modules/%s.ko %s 2>&1" % (m, storage)
                for m in rest)), limit)


def unload(vm):
    """Remove the drivers, those that are there."""
    for module in reversed(vm.driver_order()):
        # A module is in use while LUNs are looked for. Not every rmmod says
        # by its exit status that it failed.
        vm.wait_for(lambda m=module: vm.status(
            "cd /sys/module; [ ! -d %s ] || rmmod %s 2>/dev/null; [ ! -d %s ]"
            % (m, m, m), 120)[0] == 0, "%s can be removed" % module)


def afresh(vm):
    """Unload the drivers and load them: nothing may have stuck.

    The host is told that they go, and ours have no word to say of pages that
    it keeps or of what it has not confirmed.
    """
    disarm(vm)
    mark = log_mark(vm)
    unloads = vm.control("status")["vmbus"]["unloads"]
    unload(vm)
    now = vm.control("status")["vmbus"]
    expect_equal((now["state"], now["unloads"]),
                 ("disconnected", unloads + 1), "the connection after unload")
    expect_equal([line for line in _warnings(vm, mark)
                  if re.search("pages|UNLOAD", line)], [], "lines at unload")
    code, text = load(vm)
    expect(code == 0, "the drivers cannot be loaded again: %s", text)


def counter(vm, name):
    """A counter of our adapters in debugfs, all of them together; 0 with the
    kernel's own driver."""
    text = vm.status("cat /sys/kernel/debug/hvg_storvsc/*/state")[1]
    return sum(map(int, re.findall(r"^%s +(\d+)$" % name, text, re.M)))


def copied(vm):
    """How many commands our driver has copied the data of, as their memory was
    not one range."""
    return counter(vm, "gaps")


def offered(vm, name="scsi"):
    """The id of the first controller's primary channel for a guest that
    connects anew: devices are counted from 1 in the order of their offers."""
    return 1 + [c["name"] for c in vm.stats()["channels"]
                if not c["subchannel"]].index(name)


def primary(vm, name="scsi"):
    """The host's entry of the first controller's open primary channel."""
    return next(c for c in vm.stats()["channels"]
                if c["name"] == name and c["state"] == "open"
                and not c["subchannel"])
