# SPDX-License-Identifier: GPL-2.0-only
"""make demo: a guest with the drivers, told as a story of commands."""

import subprocess
import time

from agent import AgentTimeout
from control import ControlError
from guest import GuestError, Vm

DISKS = ("data", "dvd")


class Story:
    """Runs commands in the guest and shows them with their output."""

    def __init__(self, vm):
        self._vm = vm
        self._begin = time.monotonic()

    def say(self, text):
        print("[%5.1f s] %s" % (time.monotonic() - self._begin, text),
              flush=True)

    def host(self, text):
        print("          host: " + text, flush=True)

    def do(self, command, show=True):
        """Run a line in the guest's shell; it must succeed."""
        print("          guest# " + command, flush=True)
        output = self._vm.sh(command, timeout=120)
        if show:
            for line in output.rstrip().splitlines():
                print("            " + line, flush=True)
        return output


def run(plan, boot, logs, scratch):
    """Show it; returns the exit status."""
    vm = Vm(plan, boot, DISKS, logs / boot["name"], scratch)
    story = Story(vm)
    try:
        _show(vm, boot, story)
    except (GuestError, AgentTimeout, ControlError) as error:
        print("\nthe demo failed: %s\nlogs: %s" % (error, vm.logs))
        return 1
    finally:
        vm.stop()
    print("\nThat is all. tests/run --shell gives you a prompt in such a "
          "guest; make check tests it.")
    return 0


def _show(vm, boot, story):
    story.say("booting Linux %s with %d CPUs on hvhost, which plays a "
              "%s host" % (boot["release"], boot["cpus"], boot["profile"]))
    vm.start()
    story.say("the guest is up: loading the drivers")
    for module in vm.driver_order():
        story.do("insmod /modules/%s.ko" % module)
    disk = vm.disk("data")
    status = vm.control("status")["vmbus"]
    storage = vm.storage()
    story.host("VMBus %s, storage protocol %s, %d sub-channels"
               % (status["version"], storage["version"],
                  storage["subchannels"]))
    story.do("ls /sys/bus/vmbus/devices")
    story.do("lsscsi -s")

    story.say("a file system on the synthetic disk")
    story.do("mkfs.ext4 -q -L demo %s" % disk)
    story.do("mount %s /mnt" % disk)
    story.do("dd if=/dev/urandom of=/mnt/file bs=1M count=32 conv=fsync",
             show=False)
    written = story.do("sha256sum /mnt/file").split()[0]
    story.do("umount /mnt")
    counters = vm.storage()
    story.host("%d requests, %d MiB written, %d MiB read" % (
        counters["requests"], counters["bytes_written"] >> 20,
        counters["bytes_read"] >> 20))

    story.say("unloading the drivers, loading them again")
    story.do("rmmod " + " ".join(reversed(vm.driver_order())))
    story.host("connection %s" % vm.control("status")["vmbus"]["state"])
    vm.load_drivers()
    disk = vm.disk("data")
    story.do("mount %s /mnt" % disk)
    if story.do("sha256sum /mnt/file").split()[0] != written:
        raise GuestError("the file has changed")
    story.do("umount /mnt")
    story.say("the file is as it was")

    story.say("reading a disc in the virtual DVD drive")
    story.do("mount -t iso9660 -o ro %s /mnt && ls -l /mnt && head -n 1 "
             "/mnt/* && umount /mnt" % vm.disk("dvd"))

    story.say("powering the guest off")
    vm.agent.send_only("poweroff -f")
    if vm.wait_exit():
        raise GuestError("hvhost did not end well")
    check = subprocess.run(["/sbin/e2fsck", "-fn", str(vm.image("data"))],
                           capture_output=True, text=True, check=False)
    if check.returncode:
        raise GuestError("the disk's image is damaged: " + check.stdout)
    story.say("the file system in the disk's image is clean")
