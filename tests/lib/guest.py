# SPDX-License-Identifier: GPL-2.0-only
"""One guest under test: an hvhost process, its ports, and the disks' files.

What a scenario sees of both sides. Guest: sh(), disk(), load_drivers(),
console_text(). Host: control(), stats(), record(), storage(), image().
"""

import json
import os
import re
import shlex
import signal
import subprocess
import time
from pathlib import Path

from agent import Agent, AgentTimeout
from control import Control, ControlError
from devices import DISKS, MIB
from profiles import PROFILES

BOOT_SECONDS = 120

# Who waits for the host is named long before the runner gives up.
HUNG_SECONDS = 20

# In the guest's kernel log, any of these fails the scenario that it ran. grep -E
# and Python both read them. s_trouble has lines for each, and one at least that
# no other finds.
TROUBLE = (
    r"BUG:", r"BUG [a-z]", r"WARNING:", r"Oops", r"\[#[0-9]+\]",
    r"general protection", r"Kernel panic",
    r"KASAN", r"UBSAN", r"kmemleak: [0-9]+ new", r"unreferenced object",
    r"possible circular", r"possible recursive", r"inconsistent lock state",
    r"non-static key", r"suspicious RCU",
    r"list_add corruption", r"list_del corruption", r"refcount_t:",
    r"blocked for more than", r"detected stall", r"nobody cared",
    r"page allocation failure",
)
KERNEL_TROUBLE = "|".join(TROUBLE)
# The kernel log from a mark on; all that is left of it if the mark has been
# overwritten.
LOG = """
    dmesg > /tmp/.dmesg
    ! grep -q '{mark}' /tmp/.dmesg || sed -i '1,/{mark}/d' /tmp/.dmesg
    cat /tmp/.dmesg
    """
# An object is taken for lost when it is old and two looks have missed it.
LEAKS = """
    leaks=/sys/kernel/debug/kmemleak
    sleep 6
    echo scan > $leaks
    echo scan > $leaks
    head -n 60 $leaks | while read -r line; do
        echo "$line" > /dev/kmsg
    done
    echo clear > $leaks
    """
VALGRIND = ("valgrind", "--leak-check=full", "--quiet", "--error-exitcode=99",
            "--errors-for-leak-kinds=definite")
HOST_TROUBLE = re.compile(
    r"AddressSanitizer|LeakSanitizer|UndefinedBehavior|runtime error:"
    r"|ERROR SUMMARY: [1-9]|Invalid (read|write|free)|uninitialised"
    r"|definitely lost in loss record|Assertion .* failed")


class GuestError(Exception):
    """Something that should have worked in the guest, or on the host."""


class BootTimeout(AgentTimeout):
    """The guest has not said in time that it has booted."""


class Vm:
    """@boot is one entry of the plan; files go to @logs and @scratch."""

    def __init__(self, plan, boot, disks, logs, scratch):
        self.boot = boot
        self.profile = PROFILES[boot["profile"]]
        self.cpus = boot["cpus"]
        self.kind = boot["modules"]
        # The one to make in guests
        self.filesystem = boot["filesystem"]
        self.logs = Path(logs)
        self.scratch = Path(scratch)
        # Limits are for an idle machine; HVG_SLOW=3 makes them three times.
        self.scale = float(os.environ.get("HVG_SLOW", "1"))
        if plan.get("valgrind"):
            self.scale *= 10
        if boot.get("debug"):
            self.scale *= 4
        self._plan = plan
        self._disks = list(disks)
        self._process = None
        self._control = None
        self._last_event = None
        self._trouble_mark = "-"
        self._console_mark = 0
        self.agent = None
        self.stderr = self.logs / "hvhost.stderr"
        self.console = self.logs / "console.log"

    # Life

    def start(self):
        """Start hvhost and wait until the guest takes commands."""
        self.logs.mkdir(parents=True, exist_ok=True)
        self.scratch.mkdir(parents=True, exist_ok=True)
        for name in self._disks:
            DISKS[name].create(self.image(name))
        self._process = subprocess.Popen(
            self._command(), stdin=subprocess.DEVNULL,
            stdout=open(self.logs / "hvhost.stdout", "wb"),
            stderr=open(self.stderr, "wb"))
        self.agent = Agent(self.scratch / "agent.sock",
                           self.logs / "agent.log", self.running)
        try:
            self._control = Control(self.scratch / "control.sock",
                                    timeout=10 * self.scale)
            self.wait_boot()
        except (AgentTimeout, ControlError) as error:
            text = self.stderr.read_text(errors="replace").strip()
            if self._process.poll() is not None:
                raise GuestError("hvhost ended with exit status %d: %s" % (
                    self._process.returncode, text)) from error
            raise

    def _command(self):
        boot, scratch = self.boot, self.scratch
        command = [self._plan["hvhost"], "--kernel", boot["vmlinuz"],
                   "--initrd", boot["image"], "--append", boot["append"],
                   "--cpus", str(boot["cpus"]), "--mem", str(boot["mem"]),
                   "--profile", boot["profile"],
                   "--console", boot.get("console") or str(self.console),
                   "--serial2", "unix:%s" % (scratch / "agent.sock"),
                   "--control", str(scratch / "control.sock"),
                   "--log", str(self.logs / "hvhost.log")]
        if self.kind == "intree" or self._plan.get("bench"):
            # Unloading it stops the synthetic timers, or finds one going off
            # in between: both leave the guest's kernel without a clock.
            # A comparison is of guests with the same clock.
            command.append("--no-stimer")
        if boot.get("controllers", 1) > 1:
            command += ["--scsi", str(boot["controllers"])]
        command += boot.get("options", ())
        for name in self._disks:
            command += DISKS[name].argument(self.image(name))
        if self._plan.get("valgrind"):
            command = [*VALGRIND, *command]
        return command

    def running(self):
        """Whether hvhost runs."""
        return self._process is not None and self._process.poll() is None

    def usable(self):
        """Whether the guest takes commands."""
        if not self.running():
            return False
        try:
            return self.agent.run("true", 10 * self.scale)[0] == 0
        except AgentTimeout:
            return False

    def wait_exit(self, timeout=30):
        """Wait until hvhost ends; returns its exit status."""
        try:
            return self._process.wait(timeout * self.scale)
        except subprocess.TimeoutExpired:
            raise GuestError("hvhost still runs after %d s"
                             % timeout) from None

    def stop(self):
        """End hvhost, if it has not; returns its exit status."""
        status = None
        if self._process is not None:
            if self.running():
                self._process.send_signal(signal.SIGTERM)
            try:
                status = self._process.wait(20 * self.scale)
            except subprocess.TimeoutExpired:
                self._process.kill()
                status = self._process.wait()
        if self._control is not None:
            self._control.close()
            self._control = None
        if self.agent is not None:
            self.agent.close()
            self.agent = None
        for name in DISKS:
            self.image(name).unlink(missing_ok=True)
        for name in ("agent.sock", "control.sock"):
            (self.scratch / name).unlink(missing_ok=True)
        return status

    # The guest

    def status(self, script, timeout=60):
        """Run @script in the guest; returns (exit status, output)."""
        return self.agent.run(script, timeout * self.scale)

    def sh(self, script, timeout=60):
        """Run @script, which must succeed in each step; returns its output."""
        code, output = self.status("set -e\n" + script, timeout)
        if code:
            raise GuestError("in the guest, %s\nfailed with exit status %d:\n"
                             "%s" % (script.strip(), code, output.strip()))
        return output

    def driver_order(self):
        """The modules under test, in the order to load them."""
        return self.boot["order"]

    def load_drivers(self):
        """Load the modules under test, those that are not loaded."""
        self.sh("\n".join("[ -d /sys/module/%s ] || insmod /modules/%s.ko"
                          % (m, m) for m in self.driver_order()))

    def unload_drivers(self):
        """Remove them, the last first."""
        self.sh("rmmod " + " ".join(reversed(self.driver_order())))

    def disk(self, name, timeout=30):
        """The guest's device file for the disk called @name."""
        return self.sh("disk %s %d" % (name, timeout),
                       timeout + 30).strip()

    def wait_boot(self, timeout=BOOT_SECONDS):
        """Wait until the guest has booted once more."""
        try:
            self.agent.wait_ready(timeout * self.scale)
            # Who answers has booted: an emulated one has been seen to stand
            # still when it had said so.
            self.name_hung(HUNG_SECONDS)
        except AgentTimeout as error:
            raise BootTimeout(str(error), error.output) from None

    def name_hung(self, seconds):
        """Have the guest's kernel name tasks that wait for so long."""
        self.sh("""
            hung=/proc/sys/kernel/hung_task_timeout_secs
            [ ! -e $hung ] || echo %d > $hung
            """ % (seconds * self.scale))

    def console_text(self):
        """Everything that the kernel has written to its console."""
        try:
            return self.console.read_text(errors="replace")
        except OSError:
            return ""

    # The host

    def control(self, command, **arguments):
        """Give hvhost a command; returns its result."""
        if self._control is None:
            raise ControlError("%s: hvhost has ended" % command)
        return self._control(command, timeout=30 * self.scale, **arguments)

    def stats(self):
        return self.control("stats")

    def record(self):
        """hvhost's own record of protocol events, from the start."""
        return self.control("record")["events"]

    def mark(self):
        """Let events() start from here."""
        events = self.record()
        self._last_event = events[-1] if events else None

    def events(self, what=None):
        """Events since the last mark(), all or those of one name."""
        events = self.record()
        # The record is a ring, so a place in it is found by what is there.
        for number in range(len(events), 0, -1):
            if events[number - 1] == self._last_event:
                events = events[number:]
                break
        return [e for e in events if what is None or e["what"] == what]

    def storage(self, bus="scsi", controller=0):
        """hvhost's counters of one storage controller."""
        for entry in self.stats()["storage"]:
            if entry["bus"] == bus and entry["controller"] == controller:
                return entry
        raise GuestError("hvhost's statistics have no %s controller %d"
                         % (bus, controller))

    def host_disk(self, name):
        """hvhost's entry in disk-list for the disk called @name, or None."""
        address = DISKS[name].address()
        for entry in self.control("disk-list")["disks"]:
            if all(entry[key] == address[key] for key in address):
                return entry
        return None

    def image(self, name):
        """The file behind the disk called @name."""
        return self.scratch / ("%s.img" % name)

    def allocated(self, name):
        """Bytes that the file behind a disk really occupies."""
        return os.stat(self.image(name)).st_blocks * 512

    def share_boot_files(self):
        """Add a disk that holds the guest's own kernel and image.

        Returns the guest's device "d", per file its place "at0", "at1" and
        length "n0", "n1" in MiB and "size0", "size1" in bytes, and the
        disk's "address" on the control socket.
        """
        disk = DISKS["hot"]
        path = self.image(disk.name)
        answer, start = {"address": disk.address()}, 0
        with open(path, "wb") as out:
            for number, key in enumerate(("vmlinuz", "image")):
                data = Path(self.boot[key]).read_bytes()
                length = (len(data) + MIB - 1) // MIB
                out.seek(start * MIB)
                out.write(data)
                answer["at%d" % number] = start
                answer["n%d" % number] = length
                answer["size%d" % number] = len(data)
                start += length
            out.truncate(start * MIB)
        self.control("disk-add", file=str(path), serial=disk.name,
                     **disk.address())
        self.rescan()
        answer["d"] = self.disk(disk.name)
        return answer

    def scan(self):
        """Have the guest look for disks."""
        self.sh("""
            for host in /sys/class/scsi_host/host*; do
                echo '- - -' > $host/scan
            done
            """)

    def rescan(self):
        """Have the guest look for disks, where the host does not tell it."""
        if not self.profile.hotplug:
            self.scan()

    def boot_files(self, folder):
        """Put the guest's own kernel and image into @folder in the guest."""
        second = self.share_boot_files()
        self.sh("""
            mkdir -p %s
            cd %s
            dd if=%%(d)s of=vmlinuz bs=1M skip=%%(at0)d count=%%(n0)d \\
                iflag=direct,fullblock 2>/dev/null
            truncate -s %%(size0)d vmlinuz
            dd if=%%(d)s of=image bs=1M skip=%%(at1)d count=%%(n1)d \\
                iflag=direct,fullblock 2>/dev/null
            truncate -s %%(size1)d image
            """ % (folder, folder) % second, timeout=120)
        self.control("disk-remove", **second["address"])

    def kexec_options(self, crash=False):
        """More options for kexec to start the guest's own kernel.

        An image of RHEL 5 is an ELF file as well, which is what says that it
        may be loaded anywhere; and its crash kernel reads memory up to where
        the command line says that there was some.
        """
        with open(self.boot["vmlinuz"], "rb") as image:
            if image.read(4) != b"\x7fELF":
                return []
        return ["--args-linux"] + ["--pass-memmap-cmdline"] * crash

    # Both

    def wait_for(self, condition, what, timeout=20):
        """Wait until @condition() is true; returns its value."""
        deadline = time.monotonic() + timeout * self.scale
        while True:
            value = condition()
            if value:
                return value
            if time.monotonic() > deadline:
                raise GuestError("expected within %d s: %s" % (timeout, what))
            time.sleep(0.2)

    def begin(self, name):
        """A scenario begins: mark the guest's logs and the host's record."""
        self.mark_log(name)
        self.mark()

    def mark_log(self, name):
        """Let kernel_log() and the searches for trouble start from here."""
        self._trouble_mark = "hvg-scenario %s %d" % (name, time.time_ns())
        self.sh("echo %s > /dev/kmsg" % shlex.quote(
            "<4>" + self._trouble_mark))
        self._console_mark = len(self.console_text())

    def kernel_log(self, pattern, count=60):
        """Lines of the guest's kernel log since the mark, those that match."""
        return self.sh("(%s) | grep -E %s | head -n %d" % (
            LOG.format(mark=self._trouble_mark).strip(), shlex.quote(pattern),
            count), 60)

    def trouble(self):
        """Complaints of the guest's kernel since the mark, or ""."""
        if self.boot.get("debug"):
            self.sh(LEAKS, timeout=60)
        output = self.kernel_log(KERNEL_TROUBLE)
        if not output:
            return ""
        # What came before is not worth the time that the port takes for it.
        (self.logs / "dmesg.log").write_text(
            self.kernel_log(".", 2000), encoding="utf-8")
        return "the guest's kernel log has:\n" + output.strip()

    def console_trouble(self):
        """The same from its console, which has all kernels since, or ""."""
        said = [line for line in
                self.console_text()[self._console_mark:].splitlines()
                if re.search(KERNEL_TROUBLE, line)]
        return "the guest's console has:\n" + "\n".join(said) if said else ""

    def autopsy(self):
        """Make a guest that hangs say on its console what its tasks do."""
        before = len(self.console_text())
        try:
            vcpus = self.control("vcpus")
            (self.logs / "host-vcpus.json").write_text(
                json.dumps(vcpus, indent=1), encoding="utf-8")
            for number in range(self.cpus):
                self.control("nmi", vp=number)
        except ControlError as error:
            return "no NMI: %s" % error
        size = -1
        deadline = time.monotonic() + 30 * self.scale
        while size != len(self.console_text()) and \
                time.monotonic() < deadline:
            size = len(self.console_text())
            time.sleep(2)
        if size == before:
            return "nor did it react to an NMI"
        (self.logs / "autopsy.log").write_text(
            self.console_text()[before:], encoding="utf-8")
        return "its tasks are in %s" % (self.logs / "autopsy.log")

    def host_trouble(self):
        """Complaints of sanitizers and valgrind about hvhost, or ""."""
        try:
            text = self.stderr.read_text(errors="replace")
        except OSError:
            return ""
        found = [l for l in text.splitlines() if HOST_TROUBLE.search(l)]
        if found:
            return "hvhost's stderr has:\n" + "\n".join(found[:20])
        return ""
