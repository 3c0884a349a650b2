# SPDX-License-Identifier: GPL-2.0-only
"""tests/run --shell: the user's terminal on a guest's console."""

import contextlib
import os
import select
import socket
import sys
import termios
import tty

from devices import DISKS
from guest import Vm

_ESCAPE = b"\x1d"		# Ctrl-]


@contextlib.contextmanager
def _raw(fd):
    """Let each key through, while the terminal @fd is in the block."""
    if not os.isatty(fd):
        yield
        return
    saved = termios.tcgetattr(fd)
    try:
        tty.setraw(fd)
        yield
    finally:
        termios.tcsetattr(fd, termios.TCSADRAIN, saved)


def _say(text):
    sys.stdout.write(text.replace("\n", "\r\n") + "\r\n")
    sys.stdout.flush()


def run(plan, boot, logs, scratch):
    """Boot a guest with all disks, load the drivers, hand over."""
    path = scratch / "console.sock"
    boot = dict(boot, console="unix:%s" % path,
                append=boot["append"] + " hvg.shell")
    disks = [name for name in DISKS if name != "hot"]
    vm = Vm(plan, boot, disks, logs / boot["name"], scratch)
    _say("booting %s with disks %s" % (boot["name"], " ".join(disks)))
    try:
        vm.start()
        vm.load_drivers()
        _say("control socket: %s; Ctrl-] ends the guest" %
             (scratch / "control.sock"))
        console = socket.socket(socket.AF_UNIX)
        console.connect(str(path))
        console.sendall(b"\n")
        with _raw(0):
            _bridge(console)
    finally:
        vm.stop()
    return 0


def _bridge(console):
    while True:
        ready, _, _ = select.select([0, console], [], [])
        if console in ready:
            data = console.recv(4096)
            if not data:
                return
            os.write(1, data)
        if 0 in ready:
            data = os.read(0, 4096)
            if not data or _ESCAPE in data:
                return
            console.sendall(data)
