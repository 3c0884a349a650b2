# SPDX-License-Identifier: GPL-2.0-only
"""The root file system is on the synthetic disk, which an initrd brings up.

The initrd is laid out as mkinitrd of RHEL 5 does it, with busybox in the place
of nash: modules are loaded in the order of their dependencies, block devices
are made from sysfs, and the root is found by its label. kexec starts it, as a
boot loader would.
"""

import subprocess

from scenario import expect, expect_equal

GROUP = "storage"
DISKS = ("data",)
ENDS = True

INIT = r"""#!/bin/sh
export PATH=/bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t tmpfs -o mode=755 tmpfs /dev
mknod /dev/null c 1 3
mknod /dev/kmsg c 1 11
while read -r module; do
    insmod "/lib/$module.ko"
done </lib/list
tries=0
while :; do
    for entry in /sys/block/sd*/dev; do
        name=${entry%/dev}
        number=$(cat "$entry" 2>/dev/null) || continue
        mknod "/dev/${name##*/}" b "${number%:*}" "${number#*:}" 2>/dev/null
    done
    device=$(findfs LABEL=hvg_root 2>/dev/null) && break
    [ $tries -lt 50 ] || exec echo "no root among: $(ls /sys/block)"
    tries=$((tries + 1))
    sleep 0.2
done
echo "<5>root on $device after $tries tries" >/dev/kmsg
mount -t FILESYSTEM "$device" /sysroot
umount /dev /sys /proc
exec switch_root /sysroot /init
"""

# The disk gets all that the guest's user land has.
COPY = r"""
    mkfs.%(fs)s -q -F -L hvg_root %(device)s
    mount -t %(fs)s %(device)s /mnt
    (cd / && cp -a bin etc init lib lib64 modules root usr /mnt)
    mkdir /mnt/dev /mnt/mnt /mnt/proc /mnt/run /mnt/sys /mnt/tmp
    rm -f /mnt/etc/mtab
    umount /mnt
"""

INITRD = r"""
    mkdir -p /tmp/initrd/bin /tmp/initrd/dev /tmp/initrd/lib
    cd /tmp/initrd
    mkdir proc sys sysroot
    cp /bin/busybox bin
    for name in cat echo findfs insmod ls mknod mount sh sleep switch_root \
        umount; do
        ln -s busybox bin/$name
    done
    mknod dev/console c 5 1
    mknod dev/null c 1 3
    {
        cat /modules/boot.list
        printf '%%s\n' %(order)s
    } >lib/list
    while read -r name; do cp /modules/$name.ko lib; done <lib/list
    cat >init <<'END'
%(init)s
END
    chmod 755 init
    find . | cpio -o -H newc 2>/dev/null | gzip >/tmp/initrd.img
"""


def guest(vm):
    vm.sh(COPY % {"fs": vm.filesystem, "device": vm.disk("data")},
          timeout=120)
    vm.boot_files("/tmp/boot")
    vm.sh(INITRD % {"order": " ".join(vm.driver_order()),
                    "init": INIT.replace("FILESYSTEM", vm.filesystem)},
          timeout=120)
    vm.sh("""
        kexec -l /tmp/boot/vmlinuz --initrd=/tmp/initrd.img %s \\
            --append="$(cat /proc/cmdline) root=LABEL=hvg_root"
        """ % " ".join(vm.kexec_options()), timeout=60)
    before = vm.storage()["requests"]
    vm.mark()
    vm.agent.send_only("kexec -e")
    vm.wait_boot()
    seen = {
        "root": vm.sh("grep ' / ' /proc/mounts | grep -v ^rootfs").strip(),
        "log": vm.sh("dmesg | grep 'root on' | tail -n 1").strip(),
        "modules": vm.sh("ls -d /sys/module/hv*"),
        "requests": vm.storage()["requests"] - before,
        "opened": [e["what"] for e in vm.events()
                   if e["what"] in ("unload", "version", "open")],
    }
    vm.sh("echo from the root > /root/file; sync")
    vm.agent.send_only("mount -o remount,ro /; poweroff -f")
    seen["status"] = vm.wait_exit()
    return seen


def host(vm, seen):
    expect_equal(seen["status"], 0, "exit status of hvhost")
    expect(" %s " % vm.filesystem in seen["root"], "the root is %r",
           seen["root"])
    if "async_scan" in vm.boot["lacks"]:
        # What mkinitrd of such a kernel makes looks for the root once.
        expect("after 0 tries" in seen["log"], "the disk came late: %r",
               seen["log"])
    expect(seen["opened"][:1] == ["unload"] and "open" in seen["opened"],
           "expected UNLOAD, then a channel: %s", seen["opened"])
    expect(seen["requests"] > 0, "the disk was not read")
    image = str(vm.image("data"))
    text = subprocess.run(["/sbin/debugfs", "-R", "cat /root/file", image],
                          capture_output=True, text=True, check=True).stdout
    expect_equal(text, "from the root\n", "the file in the image")
    check = subprocess.run(["/sbin/e2fsck", "-fn", image],
                           capture_output=True, text=True, check=False)
    expect_equal(check.returncode, 0, "e2fsck of the image: %s" %
                 check.stdout)
