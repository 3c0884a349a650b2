# SPDX-License-Identifier: GPL-2.0-only
"""Memory is refused at one place after the other: a clean error, or success.

hvg_failing (tests/kunit/failing) lets one allocation fail that the drivers
make, or that is made for them, at a place that has not failed before. A stage
does the same thing again and again, each time with one such failure, until
nothing is left to fail, and then all of it must work: what a failure breaks
for good shows in the turn after it. There are hundreds of places. What fails is
the first below each call in a driver, and one in PARTS of the others; with
--fault-minutes all of them, as many as that time has room for.
memory.log has the places, then what the kernel said in each turn and what did
not work.
"""

import os
import re
import shlex
import time

import faults
from devices import DISKS as CATALOGUE
from guest import KERNEL_TROUBLE
from scenario import Failed, expect, expect_equal

GROUP = "fault"
DISKS = ("data", "ide")
MODULES = ("ours",)
NEEDS = ("debug",)
CPUS = 2
# Room for what the kernel says in all the turns.
APPEND = "log_buf_len=16M"
HOT = CATALOGUE["hot"]

FOLDER = "/sys/kernel/debug/hvg_failing"
PARTS = 32
# The longest that a walk takes without --fault-minutes.
LIMIT_MIN = 20
MARK = "hvg-turn"
# The guest looks up after so long.
SLICE_S = 20
# What turns say: nothing is left to fail; something has failed.
DONE, MORE = 0, 3

# What the stages share in the guest. The functions that are turns print what
# does not work; a status other than 0 says that it must not be so.
LIBRARY = r"""
folder=FOLDER
bus=/sys/bus/vmbus

refused() { read -r armed < $folder/armed; [ "$armed" = 0 ]; }

# settle COMMAND...: wait until it succeeds. Where memory was refused it may
# never, but what follows from that needs a moment.
settle()
{
    left=100
    while [ $left -gt 0 ] && ! refused && ! "$@"; do
        sleep 0.1
        left=$((left - 1))
    done
    ! refused || sleep 0.3
    "$@" || echo "not so: $*"
}

# Other errors than a lack of memory are wrong. Not all of the kernel looks
# whether a name could be made, and a device without a name is refused.
lack()
{
    case $1 in
    *"Cannot allocate memory"*) return ;;
    *"Invalid argument"*)
        ! tail -n 1 $folder/places | grep -q dev_set_name || return
        ;;
    esac
    exit 1
}

# tell TEXT FILE: echo does not say which error it was
tell()
{
    ! said=$(echo "$1" | dd of="$2" status=none 2>&1) || return 0
    echo "$said"
    lack "$said"
    return 1
}

# busybox's insmod tries a second time, by another system call, when the
# kernel has refused a module. It can load a compressed one by that call only.
load()
{
    if said=$(insmod /tmp/$1.ko.gz 2>&1); then
        [ -d /sys/module/$1 ] || exit 1
        return 0
    fi
    echo "$said"
    [ ! -d /sys/module/$1 ] || exit 1
    lack "$said"
    return 1
}

# A scan that goes on has a module in use.
unload()
{
    left=100
    until rmmod $1 2>/dev/null; do
        left=$((left - 1))
        [ $left -gt 0 ] || { echo "$1 cannot be removed"; exit 1; }
        sleep 0.1
    done
}

devices() { set -- $1 $bus/devices/*; [ $# -gt $1 ]; }

# disk_of ADAPTER TARGET LUN
disk_of()
{
    set -- $bus/devices/$1/host*/target*:0:$2/*:0:$2:$3/block/*
    [ -e "$1" ]
}

no_disk_of() { ! disk_of "$@"; }

# anew ADAPTER: it has another channel than the one in /tmp/id, and a disk
anew()
{
    read -r old < /tmp/id
    { read -r id < $bus/devices/$1/id; } 2>/dev/null &&
        [ "$id" != "$old" ] && disk_of $1 0 0
}

# Turns.

bus() { ! load hvg_vmbus || { settle devices $1; unload hvg_vmbus; }; }

driver()
{
    load hvg_storvsc || return 0
    for adapter; do
        settle disk_of $adapter 0 0
    done
    unload hvg_storvsc
}

# One adapter is taken from the driver and given to it.
probe()
{
    driver=$bus/drivers/hvg_storvsc
    [ ! -e $driver/$1 ] || echo $1 > $driver/unbind
    tell $1 $driver/bind
    settle disk_of $1 0 0
}

# The adapter's channels are closed and opened.
restart()
{
    sg_reset --host $1 2>&1
    settle dd if=$1 of=/dev/null count=1 iflag=direct 2>/dev/null
}

# No memory is no reason for an error of a disk.
mix()
{
    fio --name=mix --filename=$1 --rw=randrw --bs=4k --size=16m \
        --ioengine=libaio --direct=1 --iodepth=16 --verify=crc32c \
        --verify_fatal=1 --randrepeat=0 --number_ios=300 --minimal \
        > /tmp/mix 2>&1 || { cat /tmp/mix; exit 1; }
}

# Whatever can be read about the drivers, and an id for a driver.
look()
{
    set --
    for file in $bus/devices/*/* $bus/devices/*/channels/*/* \
        /sys/kernel/debug/hvg_vmbus/* /sys/kernel/debug/hvg_vmbus/channels/* \
        /sys/kernel/debug/hvg_storvsc/*/*; do
        [ ! -f "$file" ] || [ ! -r "$file" ] || set -- "$@" "$file"
    done
    cat "$@" 2>&1 > /dev/null | grep -v "Invalid argument"
    id="01234567-89ab-cdef-0123-456789abcdef"
    ! tell $id $bus/drivers/hvg_storvsc/new_id ||
        echo $id > $bus/drivers/hvg_storvsc/remove_id
}

# begin NAME, finish STATUS WORDS...: a turn, and how it went
begin()
{
    read -r before < $folder/failed
    echo "$1" > /tmp/name
    echo $before > /tmp/before
    echo "<6>MARK $before $1" > /dev/kmsg
    echo 1 > $folder/armed
}

finish()
{
    status=$1
    shift
    echo 0 > $folder/armed
    read -r after < $folder/failed
    read -r name < /tmp/name
    read -r before < /tmp/before
    echo "<6>MARK $before $name: $*" > /dev/kmsg
    if [ $status != 0 ] || { [ $after = $before ] && [ -n "$*" ]; }; then
        echo "$name, refusal $after: $*"
        return 1
    fi
    [ $after != $before ] || return DONE
    return MORE
}

# turns NAME FUNCTION...: until memory is refused no more, or for a while
turns()
{
    stage=$1
    shift
    read -r end _ < /proc/uptime
    end=$((${end%.*} + SLICE))
    while :; do
        begin $stage
        said=$("$@" 2>&1)
        finish $? $said
        status=$?
        read -r now _ < /proc/uptime
        [ $status = MORE ] && [ ${now%.*} -lt $end ] || exit $status
    done
}
""".replace("SLICE", str(SLICE_S)).replace("MARK", MARK).replace(
    "DONE", str(DONE)).replace("MORE", str(MORE)).replace("FOLDER", FOLDER)


# What there is to walk through, in this order
STAGES = ("probe", "probe-scsi", "look", "mix", "restart", "disk", "offer",
          "bus", "driver")
# Stages that cannot be without memory
ALWAYS = ("probe", "probe-scsi", "restart", "bus", "driver")


class TimeOver(Exception):
    """The walk has taken as long as it may."""


class Walk:
    """The stages of one run.

    met: the stages that were walked to their end, and at how many places memory
    was refused in each; cut: the one in which the time was over, if it was
    """

    def __init__(self, vm, seconds):
        self.vm = vm
        self._end = time.monotonic() + seconds
        self._heard = len(vm.console_text())
        self.met = {}
        self.cut = None

    def count(self):
        """At how many places memory was refused so far."""
        return int(self.vm.sh("wc -l < %s/places" % FOLDER))

    def places(self, last=0):
        """Where memory was refused, the latest last, or only the @last ones.

        All of them are much to send over the agent's line.
        """
        return self.vm.sh("%s %s/places" % (
            "tail -n %d" % last if last else "cat", FOLDER), 600).splitlines()

    def stage(self, name, *turn):
        """Repeat @turn in the guest until nothing fails in it."""
        self._repeat(name, lambda: self._run("turns %s %s" % (
            name, " ".join(turn))))

    def stage_of_both(self, name, *steps):
        """The same for functions that act on the host, and scripts."""
        def turn():
            self._run("begin " + name)
            said = ""
            for step in steps:
                if callable(step):
                    step()
                else:
                    said += self._run(step)[1]
            return self._run("finish 0 " + shlex.quote(" ".join(said.split())))
        self._repeat(name, turn)

    def _run(self, script):
        return self.vm.status(". /tmp/library; " + script, SLICE_S + 120)

    def _repeat(self, name, turn):
        begin = time.monotonic()
        before = self.count()
        code = MORE
        while code == MORE and time.monotonic() < self._end:
            code, text = turn()
            said = self.vm.console_text()[self._heard:]
            self._heard += len(said)
            if code not in (DONE, MORE) or re.search(KERNEL_TROUBLE, said):
                raise Failed("%s: %s\nmemory was refused last in %s\n"
                             "the kernel said:\n%s" % (
                                 name, text, "\n".join(self.places(3)),
                                 said))
        places = self.count() - before
        print("# memory was refused in %s at %d places, %d s%s" % (
            name, places, time.monotonic() - begin,
            "" if code == DONE else ", not all of them"), flush=True)
        if code == MORE:
            self.cut = name, places
            raise TimeOver
        self.met[name] = places

    def end(self, minutes):
        """How far it has come."""
        if not self.cut:
            return "all stages ended"
        stage, places = self.cut
        later = STAGES[STAGES.index(stage) + 1:]
        return ("%d minutes were not enough: over in the stage %s after %d "
                "places, not begun: %s" % (minutes, stage, places,
                                           " ".join(later) or "none"))

    def write(self, path):
        """Leave a report of all turns."""
        text = self.vm.sh("dmesg", 600)
        with open(path, "w", encoding="utf-8") as out:
            for place in self.places():
                out.write(place + "\n")
            out.write(text[max(text.find(MARK), 0):])


def _adapter(vm, name):
    """The name on the bus of the adapter that has the disk called @name."""
    path = vm.sh("readlink -f /sys/block/%s" % vm.disk(name)[5:])
    return re.search("/([0-9a-f-]{36})/host", path).group(1)


def _reoffer(vm):
    """Take the SCSI adapter away and offer it again."""
    primary = next(c for c in vm.stats()["channels"]
                   if c["name"] == "scsi" and not c["subchannel"])
    # One that the guest has let go of is known by its last id.
    vm.control("reoffer", channel=primary["id"] or
               vm.events("released")[-1]["channel"])


def _prepare(vm, options):
    vm.sh("""
        cat > /tmp/library <<'EOF'
%s
EOF
        for module in hvg_vmbus hvg_storvsc; do
            gzip -c /modules/$module.ko > /tmp/$module.ko.gz
        done
        """ % LIBRARY)
    # It knows the drivers that are loaded after it.
    faults.unload(vm)
    vm.sh("insmod /modules/hvg_failing.ko %s" % options)
    vm.load_drivers()


def _walk(vm, walk):
    scsi, ide = (_adapter(vm, name) for name in ("data", "ide"))
    devices = vm.sh("set -- /sys/bus/vmbus/devices/*; echo $#").strip()
    hot = dict(HOT.address())
    place = "%s %d %d" % (scsi, HOT.target, HOT.lun)

    # The other one's disk is read meanwhile, and suffers nothing.
    faults.start(vm, "while [ ! -e /tmp/enough ]; do dd if=%s of=/dev/null "
                 "bs=4k count=8 iflag=direct || exit 1; sleep 2; done"
                 % vm.disk("data"))
    walk.stage("probe", "probe", ide)
    vm.sh("touch /tmp/enough")
    code, text = faults.finished(vm, "the reader")
    expect(code == 0, "an adapter suffers from another one's probe: %s", text)
    walk.stage("probe-scsi", "probe", scsi)
    walk.stage("look", "look")
    walk.stage("mix", "mix", vm.disk("data"))
    walk.stage("restart", "restart", vm.disk("data"))
    walk.stage_of_both(
        "disk",
        lambda: vm.control("disk-add", file=str(vm.image(HOT.name)),
                           serial=HOT.name, **hot),
        "settle disk_of " + place,
        lambda: vm.control("disk-remove", **hot),
        "settle no_disk_of " + place)
    walk.stage_of_both(
        "offer",
        "cat $bus/devices/%s/id > /tmp/id 2>/dev/null || echo 0 > /tmp/id"
        % scsi,
        lambda: _reoffer(vm),
        "settle anew " + scsi)
    faults.unload(vm)
    walk.stage("bus", "bus", devices)
    expect_equal(vm.control("status")["vmbus"]["state"], "disconnected",
                 "the connection, with the drivers unloaded")
    vm.sh("insmod /modules/hvg_vmbus.ko")
    walk.stage("driver", "driver", scsi, ide)
    faults.unload(vm)


def guest(vm):
    HOT.create(vm.image(HOT.name))
    minutes = vm.boot["fault_minutes"]
    _prepare(vm, "" if minutes else "parts=%d" % PARTS)
    walk = Walk(vm, 60 * (minutes or LIMIT_MIN))
    try:
        _walk(vm, walk)
    except TimeOver:
        vm.sh("touch /tmp/enough")
        faults.unload(vm)
    finally:
        walk.write(vm.logs / "memory.log")
    gone = vm.kernel_log("leak detector disabled|lockdep is turned off")
    expect(not gone, "a detector has given up: %s", gone)
    places = walk.places()
    print("# memory was refused at %d places, %s more were met, %s: %s" % (
        len(places), vm.sh("cat %s/spared" % FOLDER).strip(),
        walk.end(minutes or LIMIT_MIN), vm.logs / "memory.log"), flush=True)
    vm.load_drivers()
    device = vm.disk("data")
    code, text = vm.status(". /tmp/library; mix " + device, 120)
    expect(code == 0, "after all failures: %s", text)
    vm.sh("echo after all failures | dd of=%s conv=sync,notrunc oflag=direct "
          "2>&1; rmmod hvg_failing" % device)
    return places, walk


def host(vm, seen):
    places, walk = seen
    expect(len(places) >= 10, "memory was refused at %d places", len(places))
    wanted = STAGES
    if walk.cut:
        # Where there is an end to the time for all, as on CI's machines, a
        # slow one may not come through.
        expect("HVG_UNTIL" in os.environ,
               walk.end(vm.boot["fault_minutes"] or LIMIT_MIN))
        wanted = STAGES[:STAGES.index(walk.cut[0])]
    expect_equal(tuple(walk.met), wanted, "stages walked to their end")
    for stage in set(ALWAYS).intersection(wanted):
        expect(walk.met[stage], "in the stage %s no memory was refused: %s",
               stage, walk.met)
    expect_equal(vm.control("status")["vmbus"]["state"], "connected",
                 "the connection at the end")
    with open(vm.image("data"), "rb") as image:
        expect_equal(image.read(19), b"after all failures\n", "the image")
