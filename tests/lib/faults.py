# SPDX-License-Identifier: GPL-2.0-only
"""What the scenarios of the faults and of the hostile host share."""

import time

from guest import GuestError
from scenario import expect, expect_equal

READ = 0x28	# READ(10), what sd sends for small disks
WRITE = 0x2a


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
    vm.sh("""
        hung=/proc/sys/kernel/hung_task_timeout_secs
        [ ! -e $hung ] || echo %d > $hung
        """ % hang_s)
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


def start(vm, script):
    """Run @script in the background; finished() says how it ended."""
    vm.sh("rm -f /tmp/faults-status; (set +e; %s; echo $? > /tmp/faults-next; "
          "mv /tmp/faults-next /tmp/faults-status) > /tmp/faults-output 2>&1 &"
          % script)


def start_mix(vm, device, seconds, mib=64, rate=500):
    """Read and write at random, and verify what is read, in the background.

    @rate is I/Os a second each way. Within its time fio must not come round:
    it would take blocks for bad then that it has written twice.
    """
    expect(seconds * rate * 2 < mib << 8, "%d MiB are too few for %d I/Os",
           mib, seconds * rate * 2)
    start(vm, "fio --name=mix --filename=%s --rw=randrw --bs=4k --size=%dm "
          "--ioengine=libaio --direct=1 --iodepth=16 --verify=crc32c "
          "--verify_fatal=1 --randrepeat=0 --time_based --runtime=%d "
          "--rate_iops=%d,%d --minimal" % (device, mib, seconds, rate, rate))


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
    return vm.kernel_log("hvg_|vmbus|channel", 1000).splitlines()


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
    """Unload the drivers and load them: nothing may have stuck."""
    disarm(vm)
    unload(vm)
    code, text = load(vm)
    expect(code == 0, "the drivers cannot be loaded again: %s", text)


def primary(vm, name="scsi"):
    """The host's entry of the first controller's open primary channel."""
    return next(c for c in vm.stats()["channels"]
                if c["name"] == name and c["state"] == "open"
                and not c["subchannel"])
