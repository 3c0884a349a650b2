# SPDX-License-Identifier: GPL-2.0-only
"""A host that cancels nothing: no page goes to others before it is through.

Its resets do nothing, a close ends with the last request, and a rescind is told
before it."""

import hashlib
import os
import time

import faults
from devices import DISKS as CATALOGUE
from scenario import Failed, expect, expect_equal

GROUP = "fault"
DISKS = ("data", "second", "ide")
# The in-tree driver neither resets nor closes for a command.
MODULES = ("ours",)
CPUS = 2
# Longer than error handling takes with 2 s timers until it closes the channel
# and then than the driver waits for an answer of the host's at a time.
HELD_S = 25
LIMIT = 120
BYTES = 1 << 20
# After a rescind the driver waits a second for answers. Some come when it has
# heard of it, and long before the second is over: when the host was slower than
# that, the try shows nothing.
ANSWER_S = 0.3
ANSWERED_S = 0.7
TRIES = 5
READ_BYTES = 1 << 17
TOLD_DISKS = ("data", "second")


def guest(vm):
    told = _told_first(vm)
    device, ide = vm.disk("data"), vm.disk("ide")
    faults.impatient(vm, device)
    faults.arm(vm, "reset-noop", count=0)
    faults.arm(vm, "close-waits", count=0)
    return {"told": told, "late": _late(vm, device, ide),
            "rescind": _rescind(vm, device)}


def _told_first(vm):
    """The host tells of a rescind while it still has reads. It answers one on
    each channel then, and one never."""
    with open(vm.image("data"), "r+b") as image:
        image.write(os.urandom(READ_BYTES))
    for _ in range(TRIES):
        seen = _rescind_told(vm)
        if seen["seconds"] < ANSWERED_S:
            return seen
    raise Failed("in %d tries the host took more than %d ms to answer" % (
        TRIES, ANSWERED_S * 1000))


def _slow(vm, delay_ms):
    for name in TOLD_DISKS:
        vm.control("disk-fault", delay_ms=delay_ms,
                   **CATALOGUE[name].address())


def _open_channels(vm):
    """Of the SCSI controller, by the VP that they interrupt."""
    return {c["vp"]: c["id"] for c in vm.stats()["channels"]
            if c["name"] == "scsi" and c["state"] == "open"}


def _bytes_read(vm):
    return [vm.host_disk(name)["bytes_read"] for name in TOLD_DISKS]


def _rescind_told(vm):
    data, second = (vm.disk(name) for name in TOLD_DISKS)
    primary, channels = faults.primary(vm), _open_channels(vm)
    reads = [("data%d" % vp, vp, data) for vp in channels]
    reads.append(("second", primary["vp"], second))
    faults.quiet(vm)
    seen = {"channels": channels, "bytes": [_bytes_read(vm)],
            "fired": faults.fired(vm, "rescind-first")}
    _slow(vm, 10 * LIMIT * 1000)
    faults.start(vm, " ".join(
        "(taskset -c %d timeout %d dd if=%s of=/tmp/%s bs=%d count=1 "
        "iflag=direct 2>/dev/null; echo %s $?) &" % (
            vp, LIMIT, device, name, READ_BYTES, name)
        for name, vp, device in reads) + " wait")
    vm.wait_for(lambda: vm.storage()["in_flight"] == len(reads),
                "%d reads arrive" % len(reads), 30)
    # Only these are held, not what comes with the next offer.
    _slow(vm, 0)
    vm.mark()
    faults.arm(vm, "rescind-first", count=0)
    begin = time.monotonic()
    vm.control("reoffer", channel=primary["id"])
    time.sleep(ANSWER_S)
    seen["open"] = _open_channels(vm)
    seen["bytes"].append(_bytes_read(vm))
    vm.control("disk-fault", release=True, **CATALOGUE["data"].address())
    seen["seconds"] = time.monotonic() - begin
    seen["codes"] = dict(line.split() for line in faults.finished(
        vm, "each dd", LIMIT)[1].splitlines())
    vm.wait_for(lambda: primary["id"] in [
        e["channel"] for e in vm.events("released")],
                "the guest releases the channel", 30)
    faults.disarm(vm)
    seen["fired"] = faults.fired(vm, "rescind-first") - seen["fired"]
    seen["bytes"].append(_bytes_read(vm))
    seen["events"] = [(e["what"], e["channel"]) for e in vm.events()
                      if e["what"] in ("rescind", "close", "released")]
    seen["sums"] = vm.sh("cd /tmp; for f in %s; do sha256sum < $f; done"
                         % " ".join("data%d" % vp for vp in channels))
    for name in TOLD_DISKS:
        faults.works(vm, vm.disk(name, 60), "offered anew")
    return seen


def _slow_read(vm, device):
    """A read that the host holds until it is told to release it, and for which
    the guest has closed the channel."""
    faults.quiet(vm)
    vm.mark()
    vm.sh("echo 3 > /proc/sys/vm/drop_caches")
    vm.control("disk-fault", delay_ms=10 * HELD_S * 1000)
    faults.start(vm, "timeout %d dd if=%s of=/tmp/read bs=1M count=1 "
                 "iflag=direct" % (LIMIT * 2, device))
    vm.wait_for(lambda: vm.storage()["in_flight"], "the read arrives", 30)
    vm.control("disk-fault", delay_ms=0)
    vm.wait_for(lambda: vm.events("closing"), "the channel is closed", LIMIT)


def _waiting(vm):
    """Is dd still waiting for the host?"""
    return vm.status("[ -e /tmp/faults-status ]")[0] != 0


def _late(vm, device, ide):
    """The host has done the last request long after the close."""
    _slow_read(vm, device)
    time.sleep(HELD_S)
    seen = {"waited": _waiting(vm), "ide": faults.read(vm, ide),
            "opens": len(vm.events("open")), "resets":
            len(vm.events("storage_reset"))}
    vm.control("disk-fault", release=True)
    seen["code"] = faults.finished(vm, "dd", LIMIT)[0]
    seen["data"] = vm.sh("sha256sum < /tmp/read").split()[0]
    seen["lost"] = [line for line in faults.driver_lines(vm)
                    if "pages kept" in line]
    faults.works(vm, device, "after a close that took long")
    return seen


def _rescind(vm, device):
    """The host takes the controller away before it has."""
    primary = faults.primary(vm)["id"]
    _slow_read(vm, device)
    time.sleep(1)
    seen = {"waited": _waiting(vm)}
    vm.control("reoffer", channel=primary)
    seen["code"] = faults.finished(vm, "dd", LIMIT)[0]
    # The pages are somebody else's by now.
    vm.control("disk-fault", drop=True)
    faults.disarm(vm)
    device = vm.disk("data", 60)
    faults.works(vm, device, "offered anew")
    faults.afresh(vm)
    vm.disk("data")
    return seen


def _judge_told(vm, told):
    channels = told["channels"]
    expect_equal(told["fired"], len(channels), "channels whose rescind was "
                 "told before the requests had ended")
    expect_equal(told["open"], channels, "channels that the host still "
                 "serves after the rescind")
    before, rescinded, after = told["bytes"]
    expect_equal(rescinded, before, "bytes read by the host until then")
    # The next offer's disks have been looked at by then.
    expect(after[0] >= before[0] + len(channels) * READ_BYTES, "%d bytes read "
           "by the host after the rescind, in %d channels",
           after[0] - before[0], len(channels))
    for channel in channels.values():
        expect_equal([what for what, of in told["events"] if of == channel],
                     ["rescind", "close", "released"],
                     "what became of channel %d" % channel)
    expect_equal({name: code for name, code in told["codes"].items()
                  if name != "second"},
                 {"data%d" % vp: "0" for vp in channels},
                 "dd that the host answered after the rescind, by CPU")
    expect(told["codes"]["second"] not in ("0", "124", "137", "143"),
           "expected an error without an answer, dd's exit status is %s",
           told["codes"]["second"])
    with open(vm.image("data"), "rb") as image:
        good = hashlib.sha256(image.read(READ_BYTES)).hexdigest()
    expect_equal(told["sums"].split()[::2], [good] * len(channels),
                 "what each dd read")


def host(vm, seen):
    _judge_told(vm, seen["told"])
    late, rescind = seen["late"], seen["rescind"]
    expect(late["resets"] >= 2, "%d resets: the channel was closed without",
           late["resets"])
    expect(late["waited"], "dd ended while the host had its pages")
    expect_equal(late["opens"], 0, "opens before the host was through")
    expect_equal(late["ide"][0], 0, "dd on another controller")
    expect_equal(late["code"], 0, "dd that the host took its time for")
    with open(vm.image("data"), "rb") as image:
        expect_equal(late["data"], hashlib.sha256(image.read(BYTES))
                     .hexdigest(), "what dd read")
    expect(not late["lost"], "rings were lost: %s", late["lost"])
    expect(rescind["waited"], "dd ended before the rescind")
    expect(rescind["code"] not in (0, 124, 137, 143), "expected an error, "
           "dd's exit status is %d", rescind["code"])
