# SPDX-License-Identifier: GPL-2.0-only
"""Scenarios: the files tests/guest/s_*.py, and how they are run.

A file says in its docstring's first line what it shows, and defines
    GROUP       "storage", ...
    DISKS       names from devices.py that must be there at boot
    MODULES     the kinds it runs for, default ("ours", "intree")
    CPUS        the fewest CPUs, default 1
    NEEDS       what not every guest has: "discard"
    APPEND      arguments for the kernel, default none; {crashkernel} is how
                much memory this kernel wants for a crash kernel
    OPTIONS     arguments for hvhost, default none
    ENDS        True if the guest is of no use afterwards
    CRASHES     True if a panic is what it is about
    DRIVERS     False if the drivers under test must not be loaded for it
    skip(boot)  optional: a reason why it cannot run in this boot, or None
    guest(vm)   the part in the guest; what it returns goes to host()
    host(vm, seen)  the part on the host: its own view must agree
Both parts raise, with expect() or otherwise, when something is wrong.
"""

import importlib.util
import json
import os
import time
import traceback
from pathlib import Path

from agent import AgentTimeout
from control import ControlError
from guest import BootTimeout, GuestError, Vm
import lab

FOLDER = Path(__file__).resolve().parents[1] / "guest"


class Failed(Exception):
    """An assertion of a scenario."""


def expect(condition, text, *values):
    """Fail the scenario unless @condition; @text % @values says why."""
    if not condition:
        raise Failed(text % values if values else text)


def expect_equal(got, expected, what):
    """Fail the scenario unless @got is what was @expected."""
    if got != expected:
        raise Failed("%s: expected %r, got %r" % (what, expected, got))


class Scenario:
    """One file."""

    def __init__(self, path):
        self.name = path.stem[2:]
        spec = importlib.util.spec_from_file_location("hvg_" + path.stem, path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        self.summary = (module.__doc__ or "").strip().splitlines()[0]
        self.group = module.GROUP
        self.disks = tuple(getattr(module, "DISKS", ()))
        self.modules = tuple(getattr(module, "MODULES", ("ours", "intree")))
        self.cpus = getattr(module, "CPUS", 1)
        self.needs = tuple(getattr(module, "NEEDS", ()))
        self.append = getattr(module, "APPEND", "")
        self.options = tuple(getattr(module, "OPTIONS", ()))
        self.ends = getattr(module, "ENDS", False)
        self.crashes = getattr(module, "CRASHES", False)
        self.drivers = getattr(module, "DRIVERS", True)
        self.guest = module.guest
        self.host = module.host
        self._skip = getattr(module, "skip", lambda boot: None)

    def skip(self, boot):
        """Why it cannot run in @boot, or None."""
        if boot["modules"] not in self.modules:
            return "only for --modules %s" % ",".join(self.modules)
        if boot["cpus"] < self.cpus:
            return "needs --cpus %d or more" % self.cpus
        for need in self.needs:
            if need in boot["lacks"]:
                return boot["lacks"][need]
        return self._skip(boot)


def load_all():
    """All scenarios, by name; those that end the guest come last."""
    scenarios = [Scenario(p) for p in sorted(FOLDER.glob("s_*.py"))]
    scenarios.sort(key=lambda s: (s.ends, s.name != "boot", s.name))
    return {s.name: s for s in scenarios}


def select(everything, words):
    """The scenarios that @words (names or groups) stand for."""
    if not words:
        return list(everything.values())
    groups = {s.group for s in everything.values()}
    for word in words:
        if word not in everything and word not in groups:
            raise Failed("expected a scenario or one of the groups %s, got "
                         "%r: see --list" % (" ".join(sorted(groups)), word))
    return [s for s in everything.values()
            if s.name in words or s.group in words]


def out_of_time():
    """Why nothing more may begin, or None; tests/check sets HVG_UNTIL."""
    until = os.environ.get("HVG_UNTIL")
    if until and time.time() > float(until):
        return "the time that there was for all (HVG_MINUTES) is over"
    return None


class Progress:
    """How far a run has come, in a file that outlives the machine it is on.

    An emulated machine can die under its guests. The next one goes on with
    the scenario that was running, and gives it one more chance.
    """

    def __init__(self, path):
        self._path = Path(path)
        self.boot, self.done, self.running, self.ktap = 0, [], None, None
        self.lost = []
        self.resumed = self._path.exists()
        if self.resumed:
            state = json.loads(self._path.read_text("utf-8"))
            self.boot, self.done = state["boot"], state["done"]
            self.lost, self.ktap = state["lost"], state["ktap"]
            if state["running"]:
                self.lost.append([self.boot, state["running"]])

    def save(self, ktap):
        part = self._path.with_suffix(".part")
        part.write_text(json.dumps({
            "boot": self.boot, "done": self.done, "running": self.running,
            "lost": self.lost, "ktap": ktap.state()}), encoding="utf-8")
        part.replace(self._path)

    def lost_twice(self, name):
        """Whether the machine has died in this scenario before, twice."""
        return self.lost.count([self.boot, name]) > 1


class BootRunner:
    """Runs scenarios in guests of one configuration."""

    def __init__(self, plan, boot, ktap, logs, scratch, progress):
        self._progress = progress
        self._plan, self._boot, self._ktap = plan, boot, ktap
        self._logs, self._scratch = Path(logs), Path(scratch)
        self._vm = None
        self._machine = None
        self._starts = 0
        self._able = ()
        self._end_trouble = []

    def run(self, scenarios):
        """Run them all, with as few guests as they allow."""
        able = [s for s in scenarios if not s.skip(self._boot)]
        progress = self._progress
        if "" not in progress.done:
            self._ktap.start(self._boot["name"], len(scenarios) + bool(able))
            for scenario in scenarios:
                if scenario not in able:
                    self._ktap.skip(scenario.name, scenario.skip(self._boot))
            progress.done.append("")
        self._able = able
        for scenario in able:
            if scenario.name in progress.done:
                continue
            progress.running = scenario.name
            progress.save(self._ktap)
            if progress.lost_twice(scenario.name):
                self._ktap.fail(scenario.name, "the emulated machine died in "
                                "it twice: see lab-console.log")
            elif out_of_time():
                self._ktap.skip(scenario.name, out_of_time())
            else:
                self._one(scenario)
            progress.running = None
            progress.done.append(scenario.name)
            progress.save(self._ktap)
        self._drop()
        if self._end_trouble:
            self._ktap.fail("hvhost_ends", "\n".join(self._end_trouble))
        elif self._starts:
            self._ktap.ok("hvhost_ends")
        elif able:
            self._ktap.skip("hvhost_ends", "no guest has run")
        self._ktap.end()
        progress.boot += 1
        progress.done = []
        progress.save(self._ktap)

    def _one(self, scenario, again=True):
        begin = time.monotonic()
        try:
            started = self._ready(scenario)
            if started:
                self._ktap.comment("guest booted in %.1f s" % started, 2)
                begin = time.monotonic()
            self._vm.begin(scenario.name)
            if scenario.drivers:
                self._vm.load_drivers()
            seen = scenario.guest(self._vm)
            scenario.host(self._vm, seen)
            why = ""
        except (Failed, GuestError, AgentTimeout, ControlError) as error:
            if again and isinstance(error, BootTimeout) and \
                    self._stands_still():
                self._ktap.comment("%s: %s; once more, logs: %s" % (
                    error, self._vm.autopsy(), self._vm.logs), 2)
                self._drop()
                self._one(scenario, again=False)
                return
            why = str(error)
            if getattr(error, "output", ""):
                why += "\nits output so far:\n" + error.output
        except Exception:	# a scenario's own defect is a result too
            why = traceback.format_exc()
        seconds = time.monotonic() - begin
        why += self._aftermath(scenario, bool(why))
        if why:
            self._ktap.fail(scenario.name, "%s\nlogs: %s" % (
                why.strip(), self._vm.logs))
        else:
            self._ktap.ok(scenario.name, seconds)
        if why or scenario.ends:
            self._drop()

    def _ready(self, scenario):
        """Start a guest unless there is one; returns the seconds it took."""
        append = scenario.append.format_map(self._boot)
        options = scenario.options
        if self._vm is not None and self._machine == (append, options):
            return 0
        self._drop()
        self._machine = append, options
        boot = dict(self._boot, append=self._boot["append"] + " " + append,
                    options=options)
        disks = {d for s in self._able if s.options == options
                 for d in s.disks}
        begin = time.monotonic()
        self._start(boot, sorted(disks))
        return time.monotonic() - begin

    def _stands_still(self):
        """Whether the guest has ended before anything was tested in it.

        An emulated guest has been seen to stand still in its boot: a CPU
        waited in its tick for a lock that it had itself. No driver is loaded
        by then, and a reset leaves nothing of an earlier one.
        """
        vm = self._vm
        if lab.INSIDE not in os.environ or not vm.running() or vm.usable():
            return False
        try:
            events = vm.record()
        except ControlError:
            return False
        last = [e["what"] for e in events if e["what"] in ("reset", "contact")]
        return last[-1:] != ["contact"]

    def _start(self, boot, disks):
        """Start a guest that is like no other one's."""
        self._starts += 1
        while (logs := self._logs / ("guest%d" % self._starts)).exists():
            self._starts += 1
        self._vm = Vm(self._plan, boot, disks, logs, self._scratch)
        self._vm.start()

    def _aftermath(self, scenario, failed):
        """Complaints that no assertion looked for."""
        text = ""
        vm = self._vm
        if vm.running() and not scenario.ends:
            try:
                trouble = vm.trouble()
                text = "\n" + trouble if trouble else ""
            except AgentTimeout:
                text = "\nthe guest no longer answers; " + vm.autopsy()
        # What a kernel has said that is gone by now.
        if not text and not scenario.crashes:
            said = vm.console_trouble()
            text = "\n" + said if said else ""
        if (failed or text) and vm.running():
            self._dump(vm)
        if failed or text:
            text += "\nend of the console:\n" + "\n".join(
                vm.console_text().splitlines()[-15:])
        trouble = vm.host_trouble()
        return text + ("\n" + trouble if trouble else "")

    @staticmethod
    def _dump(vm):
        """Keep the host's view of a failure with the logs."""
        for command in ("status", "stats", "record", "channels", "disk-list",
                        "vcpus"):
            try:
                result = vm.control(command)
            except (ControlError, ValueError):
                return
            (vm.logs / ("host-%s.json" % command)).write_text(
                json.dumps(result, indent=1), encoding="utf-8")

    def _drop(self):
        """End the guest's hvhost, which must have nothing to complain of."""
        vm = self._vm
        if vm is None:
            return
        self._vm = None
        status = vm.stop()
        trouble = vm.host_trouble()
        if trouble or status:
            self._end_trouble.append("hvhost ended with exit status %s\n%s\n"
                                     "logs: %s" % (status, trouble, vm.logs))
