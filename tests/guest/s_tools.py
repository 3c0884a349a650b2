# SPDX-License-Identifier: GPL-2.0-only
"""The attributes that lsvmbus and udev rules read are in sysfs and right."""

import re

from scenario import expect, expect_equal

GROUP = "storage"
DISKS = ("data",)
SCSI = "ba6163d9-04a1-4d29-b605-72e2ffb1dc7f"


def guest(vm):
    vm.disk("data")
    return vm.sh("""
        cd /sys/bus/vmbus/devices
        for device in *; do
            echo "DEVICE $device"
            for name in id class_id device_id modalias state \
                    channel_vp_mapping; do
                printf '%s=' $name
                tr '\\n' ' ' < $device/$name
                echo
            done
            printf 'driver='
            basename "$(readlink $device/driver)"
            ls $device/channels 2>/dev/null | sed 's/^/channel=/'
        done
        """)


def _parse(text):
    devices = {}
    for line in text.splitlines():
        if line.startswith("DEVICE "):
            current = devices.setdefault(line.split()[1], {"channels": []})
        elif line.startswith("channel="):
            current["channels"].append(line[8:])
        elif "=" in line:
            key, value = line.split("=", 1)
            current[key] = value.strip()
    return devices


def host(vm, seen):
    devices = _parse(seen)
    scsi = [d for d in devices.values() if SCSI in d.get("class_id", "")]
    expect_equal(len(scsi), 1, "SCSI controllers in sysfs:\n%s" % seen)
    scsi = scsi[0]
    modalias = "vmbus:" + _wire(SCSI)
    expect_equal(scsi["modalias"], modalias, "modalias")
    offered = {e["id"]: e for e in vm.stats()["channels"]}
    expect(int(scsi["id"]) in offered, "channel id %s is not one of the "
           "host's: %s", scsi["id"], sorted(offered))
    instance = offered[int(scsi["id"])]["instance"].strip("{}").lower()
    expect_equal(scsi["device_id"].strip("{}").lower(), instance,
                 "device_id")
    expect(scsi["driver"], "no driver is bound:\n%s", seen)
    pairs = re.findall(r"(\d+):(\d+)", scsi["channel_vp_mapping"])
    host_pairs = {(c["id"], c["vp"]) for c in offered.values()
                  if c["state"] == "open"
                  and c["instance"].strip("{}").lower() == instance}
    expect_equal(len(pairs), len(host_pairs), "channels in "
                 "channel_vp_mapping %s, host %s" % (pairs, host_pairs))
    expect_equal({int(a) for a, _ in pairs}, {a for a, _ in host_pairs},
                 "channel ids")


def _wire(guid):
    """The bytes of a GUID as they go over the wire, in hex."""
    a, b, c, d, e = guid.split("-")
    swap = [bytes.fromhex(x)[::-1].hex() for x in (a, b, c)]
    return "".join(swap) + d + e
