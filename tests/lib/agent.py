# SPDX-License-Identifier: GPL-2.0-only
"""The runner's end of the guest's command port (its second serial port).

Lines to the guest:      HVG-MORE TOKEN BASE64    more of a script to come
                         HVG-RUN TOKEN BASE64     its last part: run it
Lines from the guest:    HVG-READY BOOT-ID        after each boot
                         TOKEN more               part received
                         ...output as it comes, then TOKEN end STATUS
The token is new for each command, so output cannot be taken for an end.
The other end is serve() in guest-init.sh.
"""

import base64
import re
import secrets
import select
import socket
import time

# A line must fit the guest's terminal buffer (4096) with room to spare.
_CHUNK = 2000


class AgentTimeout(Exception):
    """The guest did not answer in time; .output is what had come."""

    def __init__(self, message, output=""):
        super().__init__(message)
        self.output = output


class Agent:
    """@alive() tells whether waiting on makes sense at all."""

    def __init__(self, path, log, alive=lambda: True):
        self._path = str(path)
        self._log = open(log, "ab", buffering=0)
        self._alive = alive
        self._socket = None
        self._buffer = b""
        self.boot_id = None
        self.boots = 0

    def close(self):
        if self._socket is not None:
            self._socket.close()
            self._socket = None
        self._log.close()

    def wait_ready(self, timeout):
        """Wait until the guest has booted (once more than at last call)."""
        before = self.boots
        deadline = time.monotonic() + timeout
        while self.boots == before:
            self._fill(deadline, "the guest to boot")
            self._take_ready()
        return self.boot_id

    def run(self, script, timeout):
        """Run @script in the guest's shell; returns (status, output)."""
        token = "HVG-" + secrets.token_hex(8)
        deadline = time.monotonic() + timeout
        text = base64.b64encode(script.encode()).decode()
        parts = [text[i:i + _CHUNK] for i in range(0, len(text), _CHUNK)]
        for part in parts[:-1]:
            self._send("HVG-MORE %s %s\n" % (token, part))
            self._expect(token, deadline, script)
        self._send("HVG-RUN %s %s\n" % (token, parts[-1] if parts else ""))
        output, status = self._expect(token, deadline, script)
        return int(status), output

    def send_only(self, script):
        """Start @script, which will not live to answer."""
        text = base64.b64encode(script.encode()).decode()
        self._send("HVG-RUN HVG-none %s\n" % text)

    def _expect(self, token, deadline, script):
        pattern = re.compile(rb"\n" + token.encode()
                             + rb" (?:end (\d+)|(more))\n")
        while True:
            match = pattern.search(self._buffer)
            if match:
                output = self._buffer[:match.start()]
                self._buffer = self._buffer[match.end():]
                return (output.decode("utf-8", "replace"),
                        match.group(1) or b"0")
            self._take_ready(token)
            try:
                self._fill(deadline, "the guest to run: %s"
                           % " ".join(script.split())[:120])
            except AgentTimeout as error:
                error.output = self._buffer.decode("utf-8", "replace")
                self._buffer = b""
                raise

    def _take_ready(self, token=None):
        match = re.search(rb"\nHVG-READY ([0-9a-f-]{36})\n", self._buffer)
        if not match:
            return
        seen = self._buffer[:match.start()]
        self._buffer = self._buffer[match.end():]
        self.boot_id = match.group(1).decode()
        self.boots += 1
        if token is not None:
            raise AgentTimeout("the guest booted again in the middle of a "
                               "command", seen.decode("utf-8", "replace"))

    def _send(self, text):
        self._connect(time.monotonic() + 10)
        try:
            self._socket.sendall(text.encode())
        except OSError as error:
            raise AgentTimeout("command port: %s" % error) from error

    def _connect(self, deadline):
        while self._socket is None:
            attempt = socket.socket(socket.AF_UNIX)
            try:
                attempt.connect(self._path)
                self._socket = attempt
            except OSError as error:
                attempt.close()
                self._check(deadline, "the command port %s (%s)"
                            % (self._path, error.strerror))
                time.sleep(0.05)

    def _check(self, deadline, what):
        if not self._alive():
            raise AgentTimeout("the host ended while waiting for " + what)
        if time.monotonic() > deadline:
            raise AgentTimeout("timed out waiting for " + what)

    def _fill(self, deadline, what):
        self._connect(deadline)
        ready, _, _ = select.select([self._socket], [], [], 0.25)
        if not ready:
            self._check(deadline, what)
            return
        data = self._socket.recv(65536)
        if not data:
            self._socket.close()
            self._socket = None
            time.sleep(0.05)
            self._check(deadline, what)
            return
        self._log.write(data)
        self._buffer += data
