# SPDX-License-Identifier: GPL-2.0-only
"""tests/run: from its command line to guests and results.

It works in two steps. The first runs on this machine: kernels, modules,
hvhost and images are fetched and built, and what is to run is written down
in a plan (JSON). The second carries the plan out, here or in the emulated
machine (lab.py), and is the same code in both.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from itertools import product
from pathlib import Path

import bench
import debian
import debugkernel
import demo
import image
import insns
import kernels
import kunit
import lab
import profiles
import scenario
import shell
from ktap import Ktap

TOP = Path(__file__).resolve().parents[2]

# An NMI makes a guest that hangs say what each of its tasks is doing. The
# kernel's own time limits are for machines that are not emulated.
APPEND = ("console=ttyS0 loglevel=5 panic=1 oops=panic printk.time=1 "
          "unknown_nmi_panic panic_print=0x5 watchdog_thresh=60 "
          "rcupdate.rcu_cpu_stall_timeout=180")
# Old kernels take 255 characters, know few of those, have a vDSO that is
# wrong for a static program (2.6.18-238), and tick 1000 times a second.
OLD_APPEND = ("console=ttyS0 loglevel=5 panic=1 oops=panic printk.time=1 "
              "unknown_nmi_panic vdso=0 divider=10 nmi_watchdog=0")
# Every report of the debug kernel, not the first alone.
DEBUG_APPEND = "kasan_multi_shot kmemleak=on"
# Where VMBus is built in, this keeps it from taking the device.
FREE_VMBUS = "initcall_blacklist=hv_acpi_init"

_EPILOG = """\
Lists separated by commas make a matrix: --cpus 1,2,4 --profile all runs each
scenario in every combination. Without SCENARIO, all of them run.

examples:
  tests/run storage                        the storage group, ours, on 6.1
  tests/run --modules intree boot          one scenario, the kernel's drivers
  tests/run --kernel 5.10,6.12 --profile all boot discover
  tests/run --shell                        a prompt in a guest with all disks

exit status: 0 all passed or were skipped, 1 something failed, 2 bad usage or
environment, 130 interrupted
"""


class UsageError(Exception):
    """One line for the user."""


def progress(text):
    """Say on stderr what goes on, so that results alone are on stdout."""
    print("# " + text, file=sys.stderr, flush=True)


def _arguments(argv):
    parser = argparse.ArgumentParser(
        prog="tests/run", description="Run scenarios in guests on hvhost.",
        formatter_class=argparse.RawDescriptionHelpFormatter, epilog=_EPILOG)
    add = parser.add_argument
    add("--kernel", default="6.1", metavar="NAME",
        help="%s, host, or a bzImage's path (6.1)" % ", ".join(
            kernels.names()))
    add("--kdir", help="build tree of a kernel given by path")
    add("--cc", default="gcc", help="compiler for a kernel given by path")
    add("--modules", default="ours", metavar="KIND",
        help="ours or intree: whose drivers (ours)")
    add("--profile", default=profiles.DEFAULT,
        help="%s, or all (%s)" % (", ".join(profiles.PROFILES),
                                  profiles.DEFAULT))
    add("--cpus", default="2", metavar="N", help="1 to 8 (2)")
    add("--mem", type=int, default=768, metavar="MIB",
        help="the guest's memory (768)")
    add("--debug-kernel", action="store_true",
        help="use a kernel with KASAN, UBSAN, lockdep and kmemleak")
    add("--hvhost", metavar="PATH",
        help="use this hvhost instead of building one")
    add("--valgrind", action="store_true", help="run hvhost under valgrind")
    add("--san", action="store_true",
        help="build hvhost with AddressSanitizer and UBSan")
    add("--list", action="store_true", help="list the scenarios and stop")
    add("--bench", action="store_true", help=argparse.SUPPRESS)
    add("--rounds", type=int, default=5, help=argparse.SUPPRESS)
    add("--instructions", action="store_true", help=argparse.SUPPRESS)
    add("--controllers", default="1", help=argparse.SUPPRESS)
    add("--fault-minutes", type=int, default=0, metavar="N",
        help="how long the fuzz group goes on with new seeds, and "
             "fault_memory with more places (0: the seeds that are kept, "
             "a part of the places)")
    add("--keep", action="store_true", help="keep images and disks' files")
    add("--shell", action="store_true",
        help="leave me at a prompt in the guest (Ctrl-] ends it)")
    add("scenario", nargs="*", metavar="SCENARIO",
        help="names or groups, see --list")
    add("--demo", action="store_true", help=argparse.SUPPRESS)
    add("--plan", help=argparse.SUPPRESS)
    return parser.parse_args(argv)


def _choices(text, allowed, what):
    words = [w for w in text.split(",") if w]
    if "all" in words:
        words = list(allowed)
    for word in words or [""]:
        if word not in allowed:
            raise UsageError("--%s: expected one of %s, got %r"
                             % (what, " ".join(allowed), word))
    return words


def _list(everything):
    for group in sorted({s.group for s in everything.values()}):
        print(group + ":")
        for one in everything.values():
            if one.group == group:
                notes = []
                if one.cpus > 1:
                    notes.append("%d CPUs" % one.cpus)
                if one.modules == ("ours",):
                    notes.append("ours only")
                tail = " (%s)" % ", ".join(notes) if notes else ""
                print("  %-14s %s%s" % (one.name, one.summary, tail))


def _kernel(name, args):
    if args.debug_kernel:
        return debugkernel.get(progress)
    if name in kernels.names() or name == "host":
        return kernels.get(name, progress, build="ours" in args.modules)
    return kernels.by_hand(name, args.kdir, args.cc)


def _hvhost(args):
    if args.hvhost:
        path = Path(args.hvhost).resolve()
        if not os.access(path, os.X_OK):
            raise UsageError("--hvhost %s: expected a program that can be run"
                             % args.hvhost)
        return path
    progress("building hvhost")
    path = TOP / "build" / ("host-san" if args.san else "host") / "hvhost"
    with debian.locked(path.parent / ".lock"):
        done = subprocess.run(
            ["make", "-s", "-C", str(TOP / "tests" / "host"),
             "SAN=%d" % args.san, f"-j{os.cpu_count()}"],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True, check=False)
    if done.returncode or not path.exists():
        raise UsageError("hvhost cannot be built:\n" + done.stdout)
    return path


def _plan(args, names, logs):
    """Fetch and build what is needed; returns the plan."""
    kinds = _choices(args.modules, ("ours", "intree"), "modules")
    hosts = _choices(args.profile, tuple(profiles.PROFILES), "profile")
    cpus = [int(c) for c in _choices(
        args.cpus, [str(n) for n in range(1, 9)], "cpus")]
    controllers = [int(n) for n in _choices(
        args.controllers, [str(n) for n in range(1, 257)], "controllers")]
    boots = []
    for name in args.kernel.split(","):
        kernel = _kernel(name, args)
        ours = None
        if "ours" in kinds:
            ours = kernels.build_modules(kernel, progress=progress)
            if kernel.old:
                ours += kernels.build_for_guests(kernel, progress)
            if args.debug_kernel:
                for folder in ("failing", "trouble"):
                    ours += kunit.build(kernel, progress, folder).values()
        path = logs / ("image-%s.cpio" % kernel.name)
        orders = image.assemble(path, kernel, ours, progress)
        ide = image.ide_modules(kernel)
        for kind, host, count, many in product(kinds, hosts, cpus,
                                               controllers):
            append = OLD_APPEND if kernel.old else APPEND
            if args.debug_kernel:
                append += " " + DEBUG_APPEND
            if kind == "ours" and orders["builtin"]:
                append += " " + FREE_VMBUS
            if args.instructions:
                append += " " + insns.APPEND
            boots.append({
                "name": "%s-%s-%s-%dcpu" % (kernel.name, kind, host, count)
                        + "-%dscsi" % many * (many > 1),
                "kernel": kernel.name, "release": kernel.release,
                "vmlinuz": str(kernel.vmlinuz), "image": str(path),
                "modules": kind, "order": orders[kind], "profile": host,
                "cpus": count, "controllers": many,
                "mem": args.mem, "append": append,
                "builtin": orders["builtin"], "debug": args.debug_kernel,
                "lacks": image.lacks(kernel, ide), "ide_modules": ide,
                "filesystem": image.filesystem(kernel),
                "crashkernel": image.crashkernel(kernel),
                "fault_minutes": args.fault_minutes,
            })
    return {"hvhost": str(_hvhost(args)), "valgrind": args.valgrind,
            "bench": {"rounds": args.rounds, "seconds": 4,
                      "instructions": args.instructions}
            if args.bench else None,
            "keep": args.keep, "shell": args.shell, "demo": args.demo,
            "scenarios": names,
            "logs": str(logs), "boots": boots}


def execute(plan):
    """Carry @plan out where this process runs; returns the exit status."""
    everything = scenario.load_all()
    chosen = [everything[name] for name in plan["scenarios"]]
    logs = Path(plan["logs"])
    parent = None
    if os.environ.get(lab.INSIDE):
        parent = "/run"
        lab.heartbeat(logs)
    scratch = Path(tempfile.mkdtemp(prefix="hvg-", dir=parent))
    try:
        if plan["bench"]:
            return bench.run(plan, logs, scratch, progress)
        if plan["shell"]:
            return shell.run(plan, plan["boots"][0], logs, scratch)
        if plan["demo"]:
            return demo.run(plan, plan["boots"][0], logs, scratch)
        begin = time.monotonic()
        so_far = scenario.Progress(logs / "progress.json")
        ktap = Ktap(len(plan["boots"]), logs / "results.ktap", so_far.ktap)
        for boot in plan["boots"][so_far.boot:]:
            scenario.BootRunner(plan, boot, ktap, logs / boot["name"],
                                scratch, so_far).run(chosen)
        ktap.comment("%d s; logs: %s" % (time.monotonic() - begin, logs), 0)
        return ktap.summary()
    finally:
        if not plan["keep"]:
            subprocess.run(["rm", "-rf", str(scratch)], check=False)


def _count(plan, logs):
    """Carry a plan out that counts instructions."""
    argv = [lab.python(), str(TOP / "tests" / "run"), "--plan", str(plan)]
    options = insns.arguments(insns.build(), logs)
    for _ in range(50):
        status = lab.run(argv, logs, progress, options=options)
        if status != insns.NO_ROOM:
            return status
        progress("the emulated machine's kernel is where the guest's will be")
    return 2


def _in_lab(plan, logs, interactive):
    """Carry the plan out in the emulated machine, or in a second one."""
    argv = [lab.python(), str(TOP / "tests" / "run"), "--plan", str(plan)]
    for number in range(5):
        try:
            return lab.run(argv, logs, progress, interactive)
        except lab.LabError as error:
            if number == 4 or not (logs / "progress.json").exists():
                raise
            progress("%s; going on in a new one" % error)
            console = logs / "lab-console.log"
            if console.exists():
                console.rename(logs / ("lab-console.%d.log" % (number + 1)))
    return 2


def _log_folder():
    """A new directory below build/logs, which "latest" points to."""
    parent = TOP / "build" / "logs"
    parent.mkdir(parents=True, exist_ok=True)
    logs = Path(tempfile.mkdtemp(
        prefix=time.strftime("%Y%m%d-%H%M%S-"), dir=parent))
    logs.chmod(0o755)
    latest = parent / ("latest.%d" % os.getpid())
    latest.symlink_to(logs.name)
    os.replace(latest, parent / "latest")
    return logs


def _run(args):
    if args.plan:
        return execute(json.loads(Path(args.plan).read_text("utf-8")))
    everything = scenario.load_all()
    if args.list:
        _list(everything)
        return 0
    if args.debug_kernel and args.kernel != debugkernel.BASE:
        raise UsageError("--debug-kernel is a kernel of its own: run it "
                         "without --kernel")
    if args.bench:
        args.modules = ",".join(bench.KINDS)
    kind, why = lab.kind()
    if args.controllers != "1" and not args.instructions:
        raise UsageError("--controllers is for make bench with "
                         "--instructions")
    if args.instructions and (kind == 1 or not args.bench):
        raise UsageError("--instructions is for make bench on a machine "
                         "where guests are emulated: here is %s" % why)
    names = [s.name for s in scenario.select(everything, args.scenario)]
    if args.valgrind and not any(
            os.access(os.path.join(d, "valgrind"), os.X_OK)
            for d in os.environ["PATH"].split(":")):
        raise UsageError("--valgrind: valgrind is not installed")
    logs = _log_folder()
    plan = _plan(args, names, logs)
    path = logs / "plan.json"
    path.write_text(json.dumps(plan, indent=1), encoding="utf-8")
    try:
        if kind == 1:
            progress("guests run on this machine: " + why)
            return execute(plan)
        progress("guests run in an emulated machine: " + why)
        if args.instructions:
            return _count(path, logs)
        return _in_lab(path, logs, args.shell)
    finally:
        if not args.keep:
            for file in logs.glob("image-*.cpio"):
                file.unlink()


def main(argv):
    """The whole of tests/run."""
    args = _arguments(argv)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        return _run(args)
    except (UsageError, scenario.Failed, lab.LabError, debian.DebianError,
            FileNotFoundError) as error:
        print("tests/run: %s" % error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("tests/run: interrupted", file=sys.stderr)
        return 130
