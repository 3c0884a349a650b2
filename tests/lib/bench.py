# SPDX-License-Identifier: GPL-2.0-only
"""make bench: our storage driver against the kernel's own.

Each round boots a guest with one driver, then one with the other, on the same
hvhost and the same image file in memory. What counts is the ratio of the
medians, and what the host has counted per operation: signals from the guest,
interrupts to it, and bytes in the guest-to-host ring.
"""

import json
import statistics
import time

from guest import Vm

KINDS = ("ours", "intree")

# Name, fio's options. Bounded in time and in data.
ROWS = (
    ("read 4k, depth 1", "--rw=randread --bs=4k --iodepth=1"),
    ("read 4k, depth 32", "--rw=randread --bs=4k --iodepth=32"),
    ("write 4k, depth 1", "--rw=randwrite --bs=4k --iodepth=1"),
    ("write 4k, depth 32", "--rw=randwrite --bs=4k --iodepth=32"),
    ("read 1M, depth 4", "--rw=read --bs=1M --iodepth=4"),
    ("write 1M, depth 4", "--rw=write --bs=1M --iodepth=4"),
)

FIO = ("fio --name=row --filename=%s --size=256M --ioengine=libaio --direct=1"
       " --time_based --ramp_time=1 --runtime=%d --randrepeat=1"
       " --allow_mounted_write=1 --group_reporting --numjobs=%d"
       " --output-format=json %s")

PER_OP = ("signals", "interrupts", "bytes_in")


def _totals(vm):
    """The host's counts over the SCSI controller's channels."""
    channels = [c for c in vm.stats()["channels"]
                if c["name"].lower().startswith("scsi")]
    found = {key: sum(c[key] for c in channels) for key in PER_OP}
    found["requests"] = vm.storage()["requests"]
    return found


def _row(vm, device, options, seconds):
    """One fio run; returns operations a second and the counts per operation."""
    before = _totals(vm)
    output = vm.sh(FIO % (device, seconds, vm.cpus, options),
                   timeout=60 + 10 * seconds)
    after = _totals(vm)
    job = json.loads(output[output.index("{"):])["jobs"][0]
    ops = max(after["requests"] - before["requests"], 1)
    result = {key: (after[key] - before[key]) / ops for key in PER_OP}
    result["iops"] = job["read"]["iops"] + job["write"]["iops"]
    return result


def _boot(plan, boot, logs, scratch, seconds, say):
    vm = Vm(plan, boot, ["data"], logs, scratch)
    try:
        vm.start()
        vm.begin("bench")
        vm.load_drivers()
        device = vm.disk("data")
        # No holes: every read is a copy from memory, on both sides alike.
        vm.sh("dd if=/dev/zero of=%s bs=1M count=256 oflag=direct 2>&1"
              % device, timeout=300)
        vm.sh("echo none > /sys/block/%s/queue/scheduler" % device[5:])
        found = {}
        for name, options in ROWS:
            found[name] = _row(vm, device, options, seconds)
            say("%s, %s: %.0f operations/s" % (boot["modules"], name,
                                               found[name]["iops"]))
        return found
    finally:
        vm.stop()


def _table(samples):
    """The medians, side by side."""
    def middle(kind, row, key):
        return statistics.median(s[row][key] for s in samples[kind])

    lines = ["| row | ours op/s | in-tree op/s | ratio | spread "
             "| signals/op | interrupts/op | ring bytes/op |",
             "|---|---|---|---|---|---|---|---|"]
    for name, _ in ROWS:
        rates = {k: middle(k, name, "iops") for k in KINDS}
        pairs = [a[name]["iops"] / b[name]["iops"]
                 for a, b in zip(samples["ours"], samples["intree"])]
        cells = [name, "%.0f" % rates["ours"], "%.0f" % rates["intree"],
                 "%.2f" % (rates["ours"] / rates["intree"]),
                 "%.2f to %.2f" % (min(pairs), max(pairs))]
        for key, form in (("signals", "%.3f"), ("interrupts", "%.3f"),
                          ("bytes_in", "%.0f")):
            cells.append(" / ".join(form % middle(k, name, key)
                                    for k in KINDS))
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def run(plan, logs, scratch, say):
    """Carry out a plan with one boot of each kind; 0 when all rows ran."""
    boots = {b["modules"]: b for b in plan["boots"]}
    samples = {kind: [] for kind in KINDS}
    begin = time.monotonic()
    for number in range(plan["bench"]["rounds"]):
        # The first of a pair changes, so that a drift cancels out.
        for kind in KINDS if number % 2 == 0 else reversed(KINDS):
            samples[kind].append(_boot(
                plan, boots[kind], logs / ("%s-%d" % (kind, number)), scratch,
                plan["bench"]["seconds"], say))
    table = _table(samples)
    boot = boots["ours"]
    print("%s, profile %s, %d CPUs, %d rounds of %d s a row; pairs are ours "
          "/ in-tree\n" % (boot["release"], boot["profile"], boot["cpus"],
                           plan["bench"]["rounds"], plan["bench"]["seconds"]))
    print(table, flush=True)
    (logs / "bench.json").write_text(json.dumps({
        "release": boot["release"], "profile": boot["profile"],
        "cpus": boot["cpus"], "samples": samples}, indent=1),
        encoding="utf-8")
    say("%d s; all figures: %s" % (time.monotonic() - begin,
                                   logs / "bench.json"))
    return 0
