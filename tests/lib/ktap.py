# SPDX-License-Identifier: GPL-2.0-only
"""KTAP, version 1: a test document with one subtest per guest."""

import sys


class Ktap:
    """Writes results as they come and counts them."""

    def __init__(self, groups, copy, state=None):
        """Results go to standard output, and to the file @copy.

        @state: what state() gave in an earlier life of the same test.
        """
        self._copy = open(copy, "a" if state else "w", encoding="utf-8")
        self._group = 0
        self._number = 0
        self._failed_before = 0
        self._name = None
        self.passed = self.failed = self.skipped = 0
        if state:
            (self._group, self._number, self._failed_before, self._name,
             self.passed, self.failed, self.skipped) = state
            return
        self._line("KTAP version 1")
        self._line("1..%d" % groups)

    def state(self):
        """What it takes to go on in another process."""
        return [self._group, self._number, self._failed_before, self._name,
                self.passed, self.failed, self.skipped]

    def _line(self, text, indent=0):
        for out in (sys.stdout, self._copy):
            out.write("  " * indent + text + "\n")
            out.flush()

    def start(self, name, count):
        """A group of @count results begins."""
        self._group += 1
        self._number = 0
        self._failed_before = self.failed
        self._name = name
        self._line("KTAP version 1", 1)
        self._line("# Subtest: " + name, 1)
        self._line("1..%d" % count, 1)

    def end(self):
        """The group is over; its own result follows from those in it."""
        good = self.failed == self._failed_before
        self._line("%s %d %s" % ("ok" if good else "not ok", self._group,
                                 self._name))

    def comment(self, text, indent=1):
        for line in str(text).splitlines() or [""]:
            self._line("# " + line, indent)

    def ok(self, name, seconds=None):
        self.passed += 1
        self._result("ok", name, "" if seconds is None
                     else " # %.1f s" % seconds)

    def fail(self, name, why):
        self.failed += 1
        self.comment(why)
        self._result("not ok", name)

    def skip(self, name, why):
        self.skipped += 1
        self._result("ok", name, " # SKIP " + " ".join(str(why).split()))

    def _result(self, word, name, tail=""):
        self._number += 1
        self._line("%s %d %s%s" % (word, self._number, name, tail), 1)

    def summary(self):
        """The last line of all; returns the exit status."""
        self._line("%d passed, %d failed, %d skipped"
                   % (self.passed, self.failed, self.skipped))
        return 1 if self.failed else 0
