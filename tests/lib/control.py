# SPDX-License-Identifier: GPL-2.0-only
"""A client of hvhost's control socket: a line of JSON each way."""

import json
import socket
import time


class ControlError(Exception):
    """hvhost refused a command, or is gone."""


class Control:
    """One connection; commands are answered in order."""

    def __init__(self, path, timeout=10):
        deadline = time.monotonic() + timeout
        while True:
            self._socket = socket.socket(socket.AF_UNIX)
            try:
                self._socket.connect(str(path))
                break
            except OSError as error:
                self._socket.close()
                if time.monotonic() > deadline:
                    raise ControlError("control socket %s: %s" % (
                        path, error.strerror)) from error
                time.sleep(0.05)
        self._file = self._socket.makefile("rb")
        self._id = 0

    def close(self):
        self._file.close()
        self._socket.close()

    def __call__(self, command, timeout=30, **arguments):
        """Give @command; returns its result or raises ControlError."""
        self._id += 1
        request = dict(arguments, cmd=command, id=self._id)
        self._socket.settimeout(timeout)
        try:
            self._socket.sendall(json.dumps(request).encode() + b"\n")
            line = self._file.readline()
        except OSError as error:
            raise ControlError("%s: %s" % (command, error)) from error
        if not line:
            raise ControlError("%s: hvhost closed the connection" % command)
        answer = json.loads(line)
        if answer.get("id") != self._id:
            raise ControlError("%s: expected an answer to request %d, got %r"
                               % (command, self._id, answer))
        if not answer.get("ok"):
            raise ControlError("%s: %s" % (command, answer.get("error")))
        return answer.get("result")
