# SPDX-License-Identifier: GPL-2.0-only
"""A SCSI controller goes away under load and comes back; another one too."""

from devices import DISKS as CATALOGUE
from scenario import expect, expect_equal

GROUP = "storage"
DISKS = ("data",)
# The in-tree driver of 6.1 waits for ever in its own remove: sd flushes the
# disk's cache, and who took the channel away does not answer.
MODULES = ("ours",)
HOT = CATALOGUE["hot"]
SECOND = 1
# Somebody has the files of the channel and of its adapter open, and reads them
# when these are gone.
HOLD = """
    device=$(dirname $(grep -il '{%s}' /sys/bus/vmbus/devices/*/device_id))
    (set +e; exec 8< /sys/kernel/debug/hvg_vmbus/channels/%d
    exec 9< /sys/kernel/debug/hvg_storvsc/${device##*/}/state
    echo > /tmp/held
    while [ ! -e /tmp/let-go ]; do usleep 100000; done
    cat <&8
    echo "channel: $?"
    cat <&9
    echo "adapter: $?"
    echo > /tmp/held-end) > /tmp/held-output 2>&1 &
    """


def _gone(vm, device):
    vm.wait_for(lambda: vm.status("[ -e %s ]" % device)[0] != 0,
                "%s goes away in the guest" % device, 60)


def guest(vm):
    device = vm.disk("data")
    vm.sh("echo before the rescind | dd of=%s conv=sync,notrunc "
          "oflag=direct 2>&1" % device)
    vm.sh("dd if=%s of=/dev/null bs=64k iflag=direct > /tmp/dd.log 2>&1 &"
          % device)
    channel = next(c for c in vm.stats()["channels"]
                   if c["name"] == "scsi" and c["state"] == "open"
                   and not c["subchannel"])
    primary = channel["id"]
    vm.sh(HOLD % (channel["instance"], primary))
    vm.wait_for(lambda: vm.status("[ -e /tmp/held ]")[0] == 0,
                "the files in debugfs are open")
    vm.control("disk-fault", delay_ms=20)
    vm.wait_for(lambda: vm.storage()["in_flight"], "a request is under way")
    vm.mark()
    vm.control("reoffer", channel=primary)
    vm.control("disk-fault", delay_ms=0)
    vm.wait_for(lambda: vm.events("released"),
                "the guest releases the channel", 60)
    vm.wait_for(lambda: [e for e in vm.events("open")
                         if not e["subchannel"]],
                "the guest opens the controller offered anew", 60)
    names = [e["what"] for e in vm.events()]
    vm.sh("echo > /tmp/let-go")
    vm.wait_for(lambda: vm.status("[ -e /tmp/held-end ]")[0] == 0,
                "the files in debugfs are closed")
    held = vm.sh("cat /tmp/held-output")
    text = vm.sh("dd if=%s count=1 iflag=direct 2>/dev/null"
                 % vm.disk("data"))
    return names, text, held, _second(vm)


def _second(vm):
    """A whole controller with a disk comes and goes."""
    address = dict(HOT.address(), controller=SECOND)
    HOT.create(vm.image(HOT.name))
    vm.control("device-add", type="scsi", controller=SECOND)
    vm.control("disk-add", file=str(vm.image(HOT.name)), serial=HOT.name,
               **address)
    vm.rescan()
    device = vm.disk(HOT.name, 60)
    vm.sh("echo on a second controller | dd of=%s conv=sync oflag=direct 2>&1"
          % device)
    requests = vm.storage(controller=SECOND)["requests"]
    vm.control("device-remove", type="scsi", controller=SECOND)
    _gone(vm, device)
    return requests


def host(vm, seen):
    names, text, held, requests = seen
    for what in ("channel", "adapter"):
        expect(what + ": 1" in held, "the %s is gone, and its file can be "
               "read: %s", what, held)
    expect_equal(text.rstrip("\0"), "before the rescind\n",
                 "the disk's first sector")
    for what in ("rescind", "released", "offer", "open"):
        expect(what in names, "no %r in the host's record: %s", what, names)
    expect(names.index("rescind") < names.index("released"),
           "released before the rescind: %s", names)
    expect(requests > 0, "no requests on the second controller")
    expect_equal([d for d in vm.control("disk-list")["disks"]
                  if d["controller"] == SECOND and d["bus"] == "scsi"], [],
                 "disks left on the second controller")
    with open(vm.image(HOT.name), "rb") as image:
        expect_equal(image.read(23), b"on a second controller\n",
                     "the image")
