# SPDX-License-Identifier: GPL-2.0-only
"""Each detector of the debug kernel finds a bug that is there on purpose.

The bugs are those of tests/kunit/trouble, and a task that waits for the host.
The drivers must be built so that the detectors see what they do.
"""

import re

import faults
from kunit import REPORTS
from scenario import expect, expect_equal

GROUP = "storage"
DISKS = ("data",)
MODULES = ("ours",)
NEEDS = ("debug",)
# Some detectors say only one thing, ever.
ENDS = True

# What the compiler calls in code that is looked after.
CALLS = ("__asan_", "__ubsan_handle_")
HUNG = "blocked for more than"
HUNG_S = 2
END = "hvg-detectors: end of the bugs"


def guest(vm):
    blind = vm.sh("\n".join(
        "grep -aq %s /modules/%s.ko || echo %s.ko has no %s" % (c, m, m, c)
        for m in vm.driver_order() for c in CALLS))
    device = vm.disk("data")
    vm.name_hung(HUNG_S)
    vm.control("disk-fault", delay_ms=600 * 1000)
    # Who waits for direct I/O looks up from time to time, so as not to be found.
    faults.start(vm, "dd if=/dev/zero of=%s bs=4k count=1 conv=notrunc,fsync"
                 % device)
    vm.wait_for(lambda: HUNG in vm.console_text(), "dd is found", 60)
    vm.control("disk-fault", delay_ms=0)
    vm.control("disk-fault", release=True)
    code, _ = faults.finished(vm, "dd")
    vm.sh("insmod /modules/kunit.ko; insmod /modules/hvg_trouble.ko")
    found = vm.trouble()
    vm.sh("echo '<4>%s' > /dev/kmsg" % END)
    vm.wait_for(lambda: END in vm.console_text(), "the console's end")
    vm.mark_log("detectors")
    return blind, code, found


def host(vm, seen):
    blind, code, found = seen
    expect_equal(blind, "", "modules without instrumentation")
    expect_equal(code, 0, "dd, which the host has let wait")
    # An expectation is the suite's own affair.
    wanted = [r for name, r in REPORTS.items() if name != "trouble_expectation"]
    for report in [HUNG, *wanted]:
        expect(re.search(report, found), "expected %s in:\n%s", report, found)
