# SPDX-License-Identifier: GPL-2.0-only
"""make bench: our storage driver against the kernel's own.

Each round boots a guest with one driver, then one with the other, on the same
hvhost and the same image file in memory. What counts is the ratio of the
medians, and what the host has counted per operation: signals from the guest,
interrupts to it, and bytes in the guest-to-host ring. Beside the rows of I/O
each boot tells how long the drivers took from insmod to the first sector, and
what memory they hold when nothing goes on.

With --instructions it is one boot of each, in which QEMU counts what the
guest's kernel executes for an operation.

A report (bench.json, instructions.json) has the figures of all rounds;
tests/bench/report makes the tables and the chart in Documentation/ of it.
"""

import json
import statistics
import time

import insns
from guest import Vm

KINDS = ("ours", "intree")
SLOW_MS = 5

# Name, fio's options, milliseconds that the disk takes for a request. Bounded
# in time and in data. hvhost answers at once where the image is in memory, so
# that little is ever on its way, whatever fio's depth; a disk that takes its
# time makes the depth real.
ROWS_4K = (
    ("read 4k, depth 1", "--rw=randread --bs=4k --iodepth=1", 0),
    ("read 4k, depth 32", "--rw=randread --bs=4k --iodepth=32", 0),
    ("write 4k, depth 1", "--rw=randwrite --bs=4k --iodepth=1", 0),
    ("write 4k, depth 32", "--rw=randwrite --bs=4k --iodepth=32", 0),
)
ROWS_1M = (
    ("read 1M, depth 4", "--rw=read --bs=1M --iodepth=4", 0),
    ("write 1M, depth 4", "--rw=write --bs=1M --iodepth=4", 0),
)
ROWS_SLOW = (
    ("read 4k, depth 32, slow disk", "--rw=randread --bs=4k --iodepth=32",
     SLOW_MS),
    ("write 4k, depth 32, slow disk", "--rw=randwrite --bs=4k --iodepth=32",
     SLOW_MS),
)
ROWS = ROWS_4K + ROWS_1M + ROWS_SLOW

FIO = ("fio --name=row --filename=%s --size=256M --ioengine=libaio --direct=1"
       " --randrepeat=1 --allow_mounted_write=1 --group_reporting"
       " --numjobs=%d --output-format=json %s")
TIMED = " --time_based --ramp_time=1 --runtime=%d"
COUNTED = " --number_ios=%d"
# What is counted: the difference of two runs, so that fio's start is not.
LENGTHS = (2000, 12000)

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
    output = vm.sh(FIO % (device, vm.cpus, options) + TIMED % seconds,
                   timeout=60 + 10 * seconds)
    after = _totals(vm)
    job = json.loads(output[output.index("{"):])["jobs"][0]
    ops = max(after["requests"] - before["requests"], 1)
    result = {key: (after[key] - before[key]) / ops for key in PER_OP}
    result["iops"] = job["read"]["iops"] + job["write"]["iops"]
    return result


def _open_channels(vm):
    """How many channels are open, once no more come."""
    last, seen = -1, 0
    while seen != last:
        time.sleep(3)
        last, seen = seen, sum(c["state"] == "open"
                               for c in vm.stats()["channels"])
    return seen


def _held(vm):
    """KiB that the kernel has taken for itself and cannot give back."""
    return int(vm.sh("""
        sync
        echo 3 > /proc/sys/vm/drop_caches
        awk '/^(Slab|VmallocUsed|Percpu):/ { n += $2 } END { print n }' \
            /proc/meminfo
        """))


def _prepare(vm):
    """Start, and fill the disk; returns the device and what was found."""
    vm.start()
    vm.begin("bench")
    before = _held(vm)
    begin, end, device = vm.sh("""
        begin=$(date +%%s%%N)
        for module in %s; do
            insmod /modules/$module.ko
        done
        device=$(disk data 60)
        dd if=$device of=/dev/null bs=512 count=1 iflag=direct 2>/dev/null
        echo $begin $(date +%%s%%N) $device
        """ % " ".join(vm.driver_order()), timeout=120).split()
    found = {"first_sector_s": (int(end) - int(begin)) / 1e9,
             "channels": _open_channels(vm),
             "memory_kib": _held(vm) - before}
    # No holes: every read is a copy from memory, on both sides alike.
    vm.sh("dd if=/dev/zero of=%s bs=1M count=256 oflag=direct 2>&1" % device,
          timeout=300)
    vm.sh("echo none > /sys/block/%s/queue/scheduler" % device[5:])
    return device, found


def _boot(plan, boot, logs, scratch, seconds, say):
    vm = Vm(plan, boot, ["data"], logs, scratch)
    try:
        device, found = _prepare(vm)
        for name, options, delay_ms in ROWS:
            vm.control("disk-fault", delay_ms=delay_ms)
            found[name] = _row(vm, device, options, seconds)
            say("%d CPUs, %s, %s: %.0f operations/s" % (
                vm.cpus, boot["modules"], name, found[name]["iops"]))
        return found
    finally:
        vm.stop()


def _counted(vm, counter, functions, device, options):
    """{part of the kernel: instructions an operation} of one row.

    Beside that the same of each of @functions.
    """
    spent = []
    for length in LENGTHS:
        ops = vm.storage()["requests"]
        before = [counter.read(), counter.read(functions)]
        vm.sh(FIO % (device, vm.cpus, options) + COUNTED % length,
              timeout=600)
        after = [counter.read(), counter.read(functions)]
        spent.append((vm.storage()["requests"] - ops,
                      [{part: b[part] - a[part] for part in b}
                       for a, b in zip(before, after)]))
    (few, less), (many, more) = spent
    return [{part: (b[part] - a[part]) / (many - few) for part in b}
            for a, b in zip(less, more)]


def count(plan, logs, scratch, say):
    """Instructions of the guest's kernel for an operation, by its parts."""
    if not insns.room():
        return insns.NO_ROOM
    first = plan["boots"][0]
    report = {"release": first["release"], "profile": first["profile"],
              "instructions": {}, "functions": {}, "memory": {}}
    for boot in plan["boots"]:
        vm = Vm(plan, boot, ["data"], logs / boot["name"], scratch)
        kind = boot["modules"]
        try:
            device, found = _prepare(vm)
            report["memory"].setdefault(str(boot["controllers"]), {})[
                kind] = found["memory_kib"]
            counter = insns.Counter(vm, logs)
            functions = counter.functions(vm, vm.driver_order())
            for name, options, delay_ms in ROWS_4K + ROWS_SLOW:
                vm.control("disk-fault", delay_ms=delay_ms)
                parts, calls = _counted(vm, counter, functions, device,
                                        options)
                row = _of(name, vm.cpus) + ", " + _many(
                    "channel", found["channels"])
                report["instructions"].setdefault(row, {})[kind] = parts
                report["functions"].setdefault(row, {})[kind] = {
                    name: n for name, n in sorted(
                        calls.items(), key=lambda c: -c[1]) if n >= 1}
                say("%s, %s: %.0f instructions an operation" % (
                    kind, row, sum(parts.values())))
        finally:
            vm.stop()
    (logs / "instructions.json").write_text(json.dumps(report, indent=1),
                                            encoding="utf-8")
    print(count_headline(report) + "\n")
    print(count_table(report), flush=True)
    say("all figures: %s" % (logs / "instructions.json"))
    return 0


def _many(what, number):
    return "%d %s%s" % (number, what, "s" * (number != 1))


def _of(row, cpus):
    return row + ", " + _many("CPU", cpus)


def count_headline(report):
    """One line that says what was counted, and on what."""
    return ("%s, profile %s; instructions of the guest's kernel for one "
            "operation" % (report["release"], report["profile"]))


def count_table(report):
    """The counts as Markdown tables."""
    lines = ["| row | ours | in-tree | ratio | of that in the two drivers, "
             "ours / in-tree |", "|---|---|---|---|---|"]
    for row, kinds in report["instructions"].items():
        total = [sum(kinds[k].values()) for k in KINDS]
        drivers = [sum(n for part, n in kinds[k].items()
                       if part.startswith("hv")) for k in KINDS]
        lines.append("| %s | %.0f | %.0f | %.2f | %.0f / %.0f |" % (
            row, *total, total[0] / total[1], *drivers))
    memory = [(int(n), kinds) for n, kinds in report["memory"].items()]
    if len(memory) > 1:
        (few, less), (many, more) = min(memory), max(memory)
        each = [(more[k] - less[k]) / (many - few) for k in KINDS]
        lines += ["", "| | ours | in-tree | ratio |", "|---|---|---|---|",
                  "| KiB of slab, vmalloc and per-CPU memory for one more "
                  "adapter, of %d | %.0f | %.0f | %.2f |" % (
                      many, *each, each[0] / each[1])]
    return "\n".join(lines)


def _pair(samples, pick):
    """Medians of what @pick finds in a sample, ours and in-tree."""
    return [statistics.median(pick(s) for s in samples[k]) for k in KINDS]


def _io_line(samples, row, name):
    rates = _pair(samples, lambda s: s[row]["iops"])
    pairs = [a[row]["iops"] / b[row]["iops"]
             for a, b in zip(samples["ours"], samples["intree"])]
    cells = [name, "%.0f" % rates[0], "%.0f" % rates[1],
             "%.2f" % (rates[0] / rates[1]),
             "%.2f to %.2f" % (min(pairs), max(pairs))]
    for key, form in (("signals", "%.3f"), ("interrupts", "%.3f"),
                      ("bytes_in", "%.0f")):
        cells.append(" / ".join(
            form % v for v in _pair(samples, lambda s: s[row][key])))
    return "| " + " | ".join(cells) + " |"


def table(report):
    """A report's medians, side by side, as two Markdown tables."""
    lines = ["| row | ours op/s | in-tree op/s | ratio | spread "
             "| signals/op | interrupts/op | ring bytes/op |",
             "|---|---|---|---|---|---|---|---|"]
    for part in report["parts"]:
        for row, *_ in ROWS:
            lines.append(_io_line(part["samples"], row,
                                  _of(row, part["cpus"])))
    lines += ["", "| | ours | in-tree | ratio |", "|---|---|---|---|"]
    for part in report["parts"]:
        for key, text, form in (
                ("first_sector_s", "s from insmod to the first sector",
                 "%.2f"),
                ("memory_kib", "KiB of slab, vmalloc and per-CPU memory",
                 "%.0f")):
            ours, intree = _pair(part["samples"], lambda s: s[key])
            lines.append("| %s | %s | %s | %.2f |" % (
                _of(text, part["cpus"]), form % ours, form % intree,
                ours / intree))
    return "\n".join(lines)


def headline(report):
    """One line that says what was measured, and on what."""
    return ("%s, profile %s, %d rounds of %d s a row; medians, pairs are "
            "ours / in-tree" % (report["release"], report["profile"],
                                report["rounds"], report["seconds"]))


def run(plan, logs, scratch, say):
    """Carry out a plan with boots of both kinds; 0 when all rows ran."""
    if plan["bench"]["instructions"]:
        return count(plan, logs, scratch, say)
    report = {"release": plan["boots"][0]["release"],
              "profile": plan["boots"][0]["profile"],
              "rounds": plan["bench"]["rounds"],
              "seconds": plan["bench"]["seconds"], "parts": []}
    begin = time.monotonic()
    for cpus in sorted({b["cpus"] for b in plan["boots"]}):
        boots = {b["modules"]: b for b in plan["boots"] if b["cpus"] == cpus}
        samples = {kind: [] for kind in KINDS}
        for number in range(report["rounds"]):
            # The first of a pair changes, so that a drift cancels out.
            for kind in KINDS if number % 2 == 0 else reversed(KINDS):
                samples[kind].append(_boot(
                    plan, boots[kind],
                    logs / ("%dcpu-%s-%d" % (cpus, kind, number)), scratch,
                    report["seconds"], say))
        report["parts"].append({"cpus": cpus, "samples": samples})
        # What there is so far stays, should the rest not come to an end.
        (logs / "bench.json").write_text(json.dumps(report, indent=1),
                                         encoding="utf-8")
    print(headline(report) + "\n")
    print(table(report), flush=True)
    say("%d s; all figures: %s" % (time.monotonic() - begin,
                                   logs / "bench.json"))
    return 0
