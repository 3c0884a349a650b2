# SPDX-License-Identifier: GPL-2.0-only
"""Where hvhost can run: on this machine, or in a small Linux that QEMU runs.

hvhost needs KVM with Hyper-V support. Where this machine has it (kind 1),
everything runs here. Where /dev/kvm lacks it (kind 2) or is missing (kind
3), QEMU emulates a CPU with SVM, and a Debian kernel in there (L1) has a KVM
that does. L1 sees this machine's root file system, so the same programs run
there under the same names; only a directory for logs is written to.
"""

import contextlib
import fcntl
import hashlib
import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
import tempfile
import termios
import threading
import time
from pathlib import Path

import cpio
import debian
import image
import kernels
from modtree import ModuleTree

HERE = Path(__file__).resolve().parent
KERNEL = "6.1"
MEMORY_MIB = 6144
# One CPU, and no more. With two, guests and L1 itself die within minutes of
# disk I/O: triple faults, a VMCB that holds the host's state (seen with 7.2 and
# 11.1). It looks as if QEMU delivered an injected interrupt a second time when
# another CPU makes it stop in between. One is also faster, and leaves this
# machine's other CPUs to other runs.
CPUS = 1
# A page that held code is cleared slowly (guest-init.sh): not byte by byte.
CPU = "max,+svm,-la57,-erms,-fsrm"
# L1 says that it lives this often. QEMU (7.2) loses an interrupt now and then
# that it raises while its CPU enters or leaves a guest; if that was the
# timer's, L1 sleeps for ever, or does not leave a guest that spins. Another
# interrupt should bring both: after some silence L1 gets the keyboard's. After a
# long one it has died.
HEARTBEAT_S = 5
NUDGE_S = 12
SILENCE_S = 120
MODULES = ("virtio_pci", "virtio_console", "9pnet_virtio", "9p", "overlay",
           "kvm_amd", "tun")

# /dev/kvm's KVM_CHECK_EXTENSION and the capabilities that hvhost needs.
_CHECK_EXTENSION = 0xae03
_HYPERV = {72: "KVM_CAP_HYPERV", 148: "KVM_CAP_HYPERV_SYNIC2"}

INSIDE = "HVG_INSIDE_LAB"
HEARTBEAT = "heartbeat"


class LabError(Exception):
    """This machine lacks something; the text says what and the way out."""


def kind():
    """(1, 2 or 3; a line saying why)."""
    try:
        with open("/dev/kvm", "rb+", buffering=0) as kvm:
            for number, name in _HYPERV.items():
                if fcntl.ioctl(kvm, _CHECK_EXTENSION, number) == 0:
                    return 2, "/dev/kvm is there, without " + name
    except FileNotFoundError:
        return 3, "no /dev/kvm"
    except OSError as error:
        return 3, "/dev/kvm: " + error.strerror
    return 1, "KVM with Hyper-V support"


def _initramfs(progress):
    """(vmlinuz, initramfs) of L1, from the cache or built into it."""
    kernel = kernels.get(KERNEL, progress, build=False)
    tree = image.packages(progress)
    key = hashlib.sha256(str((kernel.modules, tree)).encode())
    for source in ("lab.py", "lab-init.sh", "cpio.py"):
        key.update((HERE / source).read_bytes())
    path = (debian.cache_dir() / "image"
            / ("lab-%s.cpio" % key.hexdigest()[:16]))
    if not path.exists():
        modules = ModuleTree(kernel.modules)
        order = modules.order(MODULES)
        archive = cpio.Archive()
        for folder in ("dev", "proc", "sys", "tmp", "bin"):
            archive.directory(folder)
        archive.file("bin/busybox", str(image.busybox(tree)), 0o755)
        archive.file("init", str(HERE / "lab-init.sh"), 0o755)
        for name in order:
            archive.file("modules/%s.ko" % name, modules.data(name))
        archive.file("modules/boot.list", "\n".join(order).encode() + b"\n")
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(".%d" % os.getpid())
        with open(part, "wb") as out:
            archive.write(out)
        part.rename(path)
    return kernel.vmlinuz, path


def prepare(progress):
    """Everything that run() needs; the network may be used only here."""
    if not shutil.which("qemu-system-x86_64"):
        raise LabError("qemu-system-x86_64 is needed, as this machine has %s: "
                       "install the package qemu-system-x86" % kind()[1])
    return _initramfs(progress)


def python():
    """An interpreter that is the same file everywhere."""
    system = Path("/usr/bin/python3")
    if system.exists():
        return str(system)
    return os.path.realpath(sys.executable)


def places():
    """How many runs can go on at the same time; HVG_LABS overrides."""
    if os.environ.get("HVG_LABS"):
        return max(1, int(os.environ["HVG_LABS"]))
    return 1 if kind()[0] == 1 else max(1, (os.cpu_count() or 1) // CPUS)


@contextlib.contextmanager
def _turn(progress):
    """Wait for one's turn: emulated machines that share CPUs time out."""
    paths = [debian.cache_dir() / ("lab-%d.lock" % n)
             for n in range(places())]
    waiting = False
    while True:
        for path in paths:
            with open(path, "w", encoding="ascii") as lock:
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    continue
                yield
                return
        if not waiting:
            progress("waiting: another run has the emulated machine")
            waiting = True
        time.sleep(0.5)


def run(argv, logs, progress, interactive=False, options=()):
    """Run @argv in L1 and return its exit status.

    Its output, both streams, comes out of this process's standard output.
    @logs is a directory, the only one that L1 writes to; @options are more
    options of QEMU's.
    """
    logs = Path(logs).resolve()
    vmlinuz, base = prepare(progress)
    for name in ("status", HEARTBEAT):
        (logs / name).unlink(missing_ok=True)
    variables = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:"
                         "/sbin:/bin",
                 "HOME": "/root", "LC_ALL": "C.UTF-8", INSIDE: "1",
                 "PYTHONDONTWRITEBYTECODE": "1",
                 "HVG_CACHE": str(debian.cache_dir())}
    variables.update((name, os.environ[name])
                     for name in ("HVG_SLOW", "HVG_UNTIL")
                     if name in os.environ)
    lines = ["export %s=%s" % (k, shlex.quote(v))
             for k, v in sorted(variables.items())]
    lines += ["cd %s" % shlex.quote(os.getcwd()),
              "exec " + " ".join(shlex.quote(str(a)) for a in argv)]
    job = cpio.Archive()
    job.file("job.conf", ("LOGS=%s\n" % shlex.quote(str(logs))).encode())
    job.file("job.sh", ("\n".join(lines) + "\n").encode())
    initrd = logs / "lab.cpio"
    with open(initrd, "wb") as out:
        out.write(base.read_bytes())
        job.write(out)
    try:
        with _turn(progress):
            return _qemu(vmlinuz, initrd, logs, interactive, options,
                         progress)
    finally:
        initrd.unlink(missing_ok=True)


def _qemu(vmlinuz, initrd, logs, interactive, options, progress):
    console = logs / "lab-console.log"
    # Not below @logs: the name of a socket must be short.
    monitor = Path(tempfile.gettempdir()) / ("hvg-lab-%d" % os.getpid())
    share = "local,security_model=none,multidevs=remap"
    command = [
        "qemu-system-x86_64", "-name", "hv-guest-lab",
        "-accel", "tcg,thread=multi,tb-size=1024",
        "-cpu", CPU,
        "-m", str(MEMORY_MIB), "-smp", str(CPUS),
        "-nodefaults", "-no-user-config", "-display", "none", "-vga", "none",
        "-no-reboot", "-kernel", str(vmlinuz), "-initrd", str(initrd),
        "-append", "console=ttyS0 panic=-1 quiet mitigations=off",
        "-serial", "file:%s" % str(console).replace(",", ",,"),
        "-monitor", "unix:%s,server=on,wait=off" % monitor,
        "-device", "virtio-serial-pci",
        "-chardev", "stdio,id=io,signal=off",
        "-device", "virtserialport,chardev=io,name=io",
        "-virtfs", share + ",path=/,mount_tag=root,readonly=on",
        "-virtfs", share + ",mount_tag=logs,path="
        + str(logs).replace(",", ",,"),
        *options,
    ]
    # QEMU takes the end of its input for a hang-up: keep a pipe open.
    terminal = interactive and sys.stdin.isatty()
    saved = termios.tcgetattr(0) if terminal else None
    sys.stdout.flush()
    process = subprocess.Popen(
        command, stdin=None if interactive else subprocess.PIPE,
        stderr=open(logs / "lab-qemu.log", "wb"))
    try:
        silent = _wait(process, logs / HEARTBEAT, _Monitor(
            monitor, logs / "lab-state.log"), progress)
        if silent:
            process.kill()
            process.wait()
    except BaseException:	# an interrupt, or the end by a signal
        process.terminate()
        process.wait()
        raise
    finally:
        monitor.unlink(missing_ok=True)
        if saved:
            termios.tcsetattr(0, termios.TCSADRAIN, saved)
    try:
        return int((logs / "status").read_text())
    except (OSError, ValueError):
        raise LabError("the emulated machine %s: see %s and %s" % (
            "said nothing for %d s" % SILENCE_S if silent else
            "ended before its job did (QEMU's exit status %d)"
            % process.returncode, console, logs / "lab-qemu.log")) from None


class _Monitor:
    """QEMU's monitor, for a look at a silent L1; the answers go to a file."""

    def __init__(self, path, log):
        self._path, self._log = path, log

    def __call__(self, *commands):
        text = b""
        try:
            with socket.socket(socket.AF_UNIX) as link:
                link.settimeout(5)
                link.connect(str(self._path))
                for command in commands:
                    link.sendall(command.encode() + b"\n")
                    time.sleep(1)
                    text += link.recv(1 << 20)
        except OSError as error:
            text += b"%s\n" % str(error).encode()
        # The monitor echoes each letter with a whole line's redrawing.
        text = re.sub(rb"[^\n]*\x1b\[D([^\x1b\n]*)\x1b\[K", rb"\1", text)
        with open(self._log, "ab") as log:
            log.write(b"%s\n%s\n" % (time.strftime("%H:%M:%S").encode(),
                                     text))


def _wait(process, heartbeat, monitor, progress):
    """Wait for the end of QEMU; True if L1 has fallen silent before it."""
    last = time.time()
    nudge = SILENCE_S	# not before it has spoken: it boots
    while True:
        try:
            process.wait(HEARTBEAT_S / 2)
            return False
        except subprocess.TimeoutExpired:
            pass
        with contextlib.suppress(FileNotFoundError):
            beat = heartbeat.stat().st_mtime
            if beat > last:
                last, nudge = beat, NUDGE_S
        silence = time.time() - last
        if silence > SILENCE_S:
            return True
        if silence > nudge:
            nudge += NUDGE_S
            if nudge > 3 * NUDGE_S:
                progress("the emulated machine has said nothing for %d s"
                         % silence)
            monitor("info registers", "info lapic", "sendkey shift")


def heartbeat(logs):
    """In L1: let the other side know that this machine lives."""
    def beat():
        while True:
            with contextlib.suppress(OSError):
                (Path(logs) / HEARTBEAT).write_text("%d\n" % time.time())
            time.sleep(HEARTBEAT_S)
    threading.Thread(target=beat, daemon=True).start()
