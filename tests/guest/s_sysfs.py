# SPDX-License-Identifier: GPL-2.0-only
"""What can be written to in sysfs: a channel's CPU, bind, unbind, new_id."""

from profiles import version
from scenario import expect, expect_equal

GROUP = "storage"
DISKS = ("data",)
CPUS = 2
NOBODY = "01234567-89ab-cdef-0123-456789abcdef"


def skip(boot):
    if boot["builtin"] and boot["modules"] == "intree":
        return "what a built-in bus has depends on the kernel"
    return None


def guest(vm):
    device = vm.disk("data")
    seen = {"moved": _move(vm), "alias": _alias(vm)}
    vm.sh("echo moved | dd of=%s conv=sync,notrunc oflag=direct 2>&1" % device)

    vm.mark()
    seen["driver"] = vm.sh("""
        cd %s
        driver=$(readlink -f driver)
        printf %%s ${PWD##*/} > $driver/unbind
        [ ! -e driver ]
        [ ! -e %s ]
        printf %%s ${PWD##*/} > $driver/bind
        basename $driver
        """ % (_directory(vm), device)).strip()
    seen["text"] = vm.sh("dd if=%s count=1 iflag=direct 2>/dev/null"
                         % vm.disk("data"))
    seen["events"] = [e["what"] for e in vm.events()]

    driver = "/sys/bus/vmbus/drivers/" + seen["driver"]
    for name, word in (("new_id", NOBODY), ("remove_id", NOBODY),
                       ("remove_id", NOBODY), ("new_id", "nobody")):
        code, _ = vm.status("echo %s > %s/%s" % (word, driver, name))
        seen.setdefault("ids", []).append(code == 0)
    return seen


def _move(vm):
    """Try to give the first channel another CPU, and two that are none."""
    before = _target(vm)
    other = (before + 1) % vm.cpus
    codes = [vm.status("cd /sys/bus/vmbus/devices/*/channels/%d && "
                       "echo %s > cpu" % (_primary(vm)["id"], cpu))[0]
             for cpu in ("4095", "none", other)]
    return before, other, [code == 0 for code in codes], _target(vm)


def _alias(vm):
    """That of the device, and its driver's module if it is to be found by it."""
    alias = vm.sh("cat %s/modalias" % _directory(vm)).strip()
    module = "/modules/%s.ko" % vm.driver_order()[-1]
    return alias, module, vm.status("grep -q alias=%s %s"
                                    % (alias, module))[0] == 0


def _primary(vm):
    return next(c for c in vm.stats()["channels"] if c["name"] == "scsi"
                and c["state"] == "open" and not c["subchannel"])


def _directory(vm):
    """By the id in it: old kernels cut the name, which is the same, off."""
    return vm.sh("dirname $(grep -il '{%s}' "
                 "/sys/bus/vmbus/devices/*/device_id)"
                 % _primary(vm)["instance"]).strip()


def _target(vm):
    return _primary(vm)["vp"]


def host(vm, seen):
    alias, module, found = seen["alias"]
    expect(found, "%s has no alias %s", module, alias)
    before, other, worked, after = seen["moved"]
    can = version(vm.control("status")["vmbus"]["version"]) >= (4, 1)
    expect_equal(worked, [False, False, can], "writes of CPU 4095, none, %d"
                 % other)
    expect_equal(after, other if can else before, "the channel's target VP")
    expect_equal(seen["text"].rstrip("\0"), "moved\n", "the first sector")
    for what in ("close", "open"):
        expect(what in seen["events"], "unbind and bind without %r: %s",
               what, seen["events"])
    expect_equal(seen["ids"], [True, True, False, False],
                 "new_id, remove_id, remove_id again, a GUID that is none")
