# SPDX-License-Identifier: GPL-2.0-only
"""Resets of the unit and the bus end in bounded time and leave a working disk."""

from scenario import expect, expect_equal

GROUP = "storage"
DISKS = ("data",)


def guest(vm):
    device = vm.disk("data")
    vm.sh("dd if=/dev/zero of=%s bs=512 count=1 oflag=direct 2>&1" % device)
    # sg_reset goes by /dev/sg: the disk's own node may be busy.
    results = {}
    for kind in ("device", "bus", "host"):
        vm.mark()
        code, text = vm.status("timeout 60 sg_reset --%s %s 2>&1"
                               % (kind, device), 90)
        results[kind] = (code, text,
                         [e["of"] for e in vm.events("storage_reset")],
                         [e["what"] for e in vm.events()])
    vm.sh("""
        fio --name=reset --filename=%s --rw=randrw --bs=4k --size=4m \
            --ioengine=libaio --direct=1 --iodepth=8 --verify=crc32c \
            --verify_fatal=1 --randrepeat=0 --minimal > /tmp/fio &
        sleep 0.3
        timeout 60 sg_reset --device %s || true
        wait $!
        echo after the reset | dd of=%s conv=sync,notrunc oflag=direct 2>&1
        """ % (device, device, device), timeout=150)
    return results


def host(vm, seen):
    for kind, (code, text, _, _) in seen.items():
        expect(code not in (124, 137), "sg_reset --%s did not end", kind)
    resets = {kind: of for kind, (_, _, of, _) in seen.items()}
    if vm.kind == "ours":
        for kind, (code, text, _, _) in seen.items():
            expect_equal(code, 0, "sg_reset --%s: %s" % (kind, text))
        expect_equal((resets["device"], resets["bus"]), (["lun"], ["bus"]),
                     "what the host was asked to reset")
        what = seen["host"][3]
        expect("close" in what and "open" in what,
               "a reset of the adapter without close and open: %s", what)
    else:
        expect(any(resets.values()), "the host was asked for no reset: %s",
               seen)
    with open(vm.image("data"), "rb") as image:
        expect_equal(image.read(16), b"after the reset\n", "the image")
    expect_equal(vm.storage()["in_flight"], 0, "requests in flight")
