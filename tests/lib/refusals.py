# SPDX-License-Identifier: GPL-2.0-only
"""What hvhost refuses: one line that says why, and exit status 1.

Each case is a name, options that are wrong in one place, and what the line
must say. {dir} holds the files that they need, {kernel} is a real kernel.
"""

import os
import re
import subprocess
import tempfile
from pathlib import Path

CASES = (
    ("no kernel", "", "--kernel is missing"),
    ("kernel that is not there", "--kernel {dir}/none",
     "none: No such file or directory"),
    ("kernel that cannot be read", "--kernel {dir}/locked",
     "locked: Permission denied"),
    ("kernel that is a directory", "--kernel {dir}", "not a regular file"),
    ("kernel that is empty", "--kernel {dir}/empty", "not a bzImage"),
    ("kernel that is text", "--kernel {dir}/text", "not a bzImage"),
    ("kernel that was cut off", "--kernel {dir}/short", "bzImage|truncated"),
    ("initrd that is not there", "--kernel {kernel} --initrd {dir}/none",
     "none: No such file or directory"),
    ("unknown profile", "--kernel {kernel} --profile xp",
     "xp.*expected one of ws2008 .*ws2025"),
    ("no CPU", "--kernel {kernel} --cpus 0", "--cpus.*1 to 8"),
    ("too many CPUs", "--kernel {kernel} --cpus 9", "--cpus.*1 to 8"),
    ("CPUs that are no number", "--kernel {kernel} --cpus two", "--cpus"),
    ("no memory", "--kernel {kernel} --mem 0", "--mem"),
    ("unknown option", "--kernel {kernel} --frobnicate", "frobnicate"),
    ("word too many", "--kernel {kernel} extra", "extra"),
    ("unknown fault", "--kernel {kernel} --fault gremlin", "gremlin"),
    ("fault with a strange key", "--kernel {kernel} --fault packet-long,often=1",
     "often: expected count"),
    ("fault with half a key", "--kernel {kernel} --fault packet-long,count",
     "KEY=VALUE"),
    ("disk without a file", "--kernel {kernel} --disk lun=1", "file"),
    ("image that is not there", "--kernel {kernel} --disk file={dir}/none",
     "none.*No such file or directory"),
    ("image that is a directory", "--kernel {kernel} --disk file={dir}",
     "regular file|directory"),
    ("image that is empty", "--kernel {kernel} --disk file={dir}/empty",
     "empty"),
    ("image that cannot be read", "--kernel {kernel} "
     "--disk file={dir}/locked", "locked.*Permission denied"),
    ("image of half a sector", "--kernel {kernel} --disk file={dir}/half",
     "512"),
    ("unknown key of a disk", "--kernel {kernel} "
     "--disk file={dir}/disk,speed=fast", "speed"),
    ("unknown bus", "--kernel {kernel} --disk file={dir}/disk,bus=usb",
     "usb.*scsi.*ide|bus.*scsi.*ide"),
    ("odd sector size", "--kernel {kernel} --disk file={dir}/disk,sector=520",
     "520|512.*4096"),
    ("two disks in one place", "--kernel {kernel} "
     "--disk file={dir}/disk,target=1,lun=1 "
     "--disk file={dir}/disk,target=1,lun=1", "target 1 LUN 1 is taken by"),
    ("control socket in no directory", "--kernel {kernel} "
     "--control {dir}/no/ctl", "No such file or directory"),
    ("log in no directory", "--kernel {kernel} --log {dir}/no/log",
     "No such file or directory"),
)

# In a mount namespace of its own: the script sees to /dev/kvm.
_KVM = (
    ("no /dev/kvm", "mount -t tmpfs none /dev",
     "/dev/kvm: No such file or directory"),
    ("/dev/kvm that cannot be opened",
     "mount -t tmpfs none /dev && mkdir /dev/kvm", "/dev/kvm: "),
    ("/dev/kvm that is none",
     "mount -t tmpfs none /dev && : > /dev/kvm", "/dev/kvm"),
)

# Root may read everything; without its capabilities it may not.
_PLAIN = ("setpriv", "--bounding-set=-all", "--inh-caps=-all",
          "--ambient-caps=-all", "--")


def _judge(name, text, done):
    lines = done.stderr.strip().splitlines()
    wrong = []
    if done.returncode != 1:
        wrong.append(f"exit status: expected 1, got {done.returncode}")
    if len(lines) != 1:
        wrong.append(f"lines on stderr: expected 1, got {len(lines)}")
    if not re.search(text, done.stderr):
        wrong.append(f"expected {text!r}")
    if wrong:
        wrong += [f"hvhost said: {line}" for line in lines[:10]]
    return name, tuple(wrong)


def check(hvhost: Path, kernel: Path):
    """Yield (name, what is wrong) for each case."""
    with tempfile.TemporaryDirectory(prefix="hvg-") as folder:
        folder = Path(folder)
        for name, data in (("empty", b""), ("text", b"not a kernel\n" * 99),
                           ("short", kernel.read_bytes()[:700]),
                           ("half", bytes(700)), ("disk", bytes(1 << 16)),
                           ("locked", bytes(1 << 16))):
            (folder / name).write_bytes(data)
        (folder / "locked").chmod(0)
        plain = _PLAIN if os.geteuid() == 0 else ()

        def run(argv):
            return subprocess.run(argv, capture_output=True, text=True,
                                  stdin=subprocess.DEVNULL, timeout=60,
                                  check=False)

        for name, options, text in CASES:
            argv = options.format(dir=folder, kernel=kernel).split()
            yield _judge(name, text, run([*plain, hvhost, *argv]))
        # Without root it takes a user namespace, which a chroot may not have.
        unshare = "-m" if os.geteuid() == 0 else "-Urm"
        for name, script, text in _KVM:
            yield _judge(name, text, run(
                ["unshare", unshare, "sh", "-c", script
                 + ' && exec "$0" --kernel "$1"', hvhost, kernel]))
