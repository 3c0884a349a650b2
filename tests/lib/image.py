# SPDX-License-Identifier: GPL-2.0-only
"""Guest images: an initramfs with real programs and a kernel's modules.

It is made of two cpio archives, one after the other as the kernel allows:
the base, which is the same for every kernel and kept in the cache, and the
modules of one kernel. Nothing is installed on this machine; the programs
come from unpacked Debian packages, or are built against musl (musl.py) for
a kernel that is too old for those. Neither part is compressed, because
unpacking in nested emulation costs more than copying.
"""

import hashlib
import os
import re
import subprocess
import tempfile
from pathlib import Path

import cpio
import debian
import elf
import musl
from modtree import ModuleTree, canonical, depends

HERE = Path(__file__).resolve().parent
SUITE = "bookworm"
PACKAGES = ("busybox-static", "coreutils", "dash", "e2fsprogs", "fio",
            "kexec-tools", "lsscsi", "mount", "sg3-utils", "util-linux",
            "util-linux-extra")

# Dependencies that no program in the image reaches.
UNUSED = (r"^(ceph|gluster|ibverbs|libboost|libgf|libgl|libib|libnbd|libpmem"
          r"|librados|librbd|librdmacm|libxen|libpython|perl|python|debconf"
          r"|init-system|libperl|libndctl|libdaxctl|libkmod-|media-types"
          r"|libicu|libnl|libsqlite)")

# Everything else is busybox. Directories as the programs find themselves.
PROGRAMS = """
    dash date dd fio lsscsi mount umount taskset timeout lsblk blkid
    blkdiscard blockdev wipefs fstrim kexec partx chcpu
    mke2fs mkfs.ext4 e2fsck dumpe2fs debugfs resize2fs tune2fs
    sg_inq sg_vpd sg_readcap sg_luns sg_turs sg_requests sg_raw sg_reset
    sg_unmap sg_write_same sg_read sg_dd sg_sync sg_modes sg_opcodes
    sg_verify sg_get_lba_status sg_persist sg_logs sg_start sg_prevent
    sg_map sg_scan sg_decode_sense sg_compare_and_write sg_write_buffer
    sg_get_config sg_rtpg sg_test_rwbuf
""".split()

# Libraries of engines that no scenario uses (Ceph, Gluster, NBD, RDMA and
# persistent memory in fio; Xen in kexec): 60 MB that every guest would load.
# They are replaced by empty ones whose functions abort.
STUBBED = ("libgfapi.so", "libibverbs.so", "libnbd.so", "libpmem.so",
           "libpmemblk.so", "librados.so", "librbd.so", "librdmacm.so",
           "libxenctrl.so")

# Loaded by the guest's init, in the order of their dependencies. The
# optional ones are built in, or gone, in some kernels.
BOOT_MODULES = ("scsi_mod", "sd_mod", "sr_mod", "sg", "ext4")
BOOT_OPTIONAL = ("crc32c_generic", "crct10dif_generic", "crc64_rocksoft",
                 "crc64_rocksoft_generic", "libcrc32c", "scsi_transport_fc",
                 "isofs", "msr")
INTREE_MODULES = ("hv_vmbus", "hv_storvsc")
OUR_MODULES = ("hvg_vmbus", "hvg_storvsc")
# Of the emulated IDE controller; where it is a module, scenarios load it.
IDE_MODULE = "ata_piix"
IDE_BUILTIN = r"^CONFIG_(BLK_DEV|ATA)_PIIX=y$"


# What old kernels do not do, by the names that scenarios use, in NEEDS or
# otherwise.
LACKS_OLD = {
    "async_probe": "this kernel probes one device after the other",
    "discard": "this kernel's block layer knows no discard",
    "crash_hook": "this kernel calls nobody before a crash kernel starts",
    "async_scan": "this kernel finds disks while their driver is loaded",
    "final_error": "this kernel tries again after a medium error",
    "flush_error": "this kernel takes a flush that fails for one that is done",
    "small_cdb": "this kernel takes to READ(6) after an error, not at once",
}
NO_IDE = "this kernel has no driver of the emulated IDE controller"


def lacks(kernel, ide):
    """{need of a scenario: why a guest of @kernel does not meet it}.

    @ide is what ide_modules() says.
    """
    missing = dict(LACKS_OLD) if kernel.old else {}
    if not kernel.old:
        missing["reference_clock"] = "this kernel has that clock by itself"
        missing["native"] = "this kernel has Hyper-V's interrupt by itself"
        missing["noapic"] = missing["native"]
    elif kernel.arch == "x86_64":
        missing["reference_clock"] = "this kernel keeps time without " \
                                     "clocksources"
    else:
        missing["noapic"] = "without it this kernel does not look for the " \
                            "local APIC of an AMD CPU of today"
    if kernel.name != "debug":
        missing["debug"] = "for the debug kernel alone: tests/run " \
                           "--debug-kernel"
    if ide is None:
        missing["emulated_ide"] = NO_IDE
    return missing


def ide_modules(kernel):
    """The modules that drive the emulated IDE controller, in load order.

    None of them if the driver is built in; None if there is no driver.
    """
    config = kernel.config.read_text("utf-8") if kernel.config else ""
    if re.search(IDE_BUILTIN, config, re.M):
        return []
    tree = ModuleTree(kernel.modules or kernel.kdir)
    if IDE_MODULE not in tree:
        return None
    return tree.order([IDE_MODULE])


def filesystem(kernel):
    """The file system that scenarios make."""
    return "ext3" if kernel.old else "ext4"


def crashkernel(kernel):
    """What to keep free for a crash kernel; old ones do not find a place."""
    return "128M@16M" if kernel.old else "256M"


def base(kernel, progress=print):
    """Path of the base archive, built if the cache has not got it."""
    if kernel.old:
        tree, programs = None, musl.programs(kernel.arch, progress)
    else:
        tree, programs = packages(progress), {}
    key = hashlib.sha256()
    for source in (Path(__file__), HERE / "cpio.py", HERE / "elf.py",
                   HERE / "guest-init.sh", HERE / "guest-nodes.sh",
                   HERE / "guest-disk.sh"):
        key.update(source.read_bytes())
    key.update(repr((tree, sorted(programs.items()))).encode())
    path = debian.cache_dir() / "image" / ("base-%s.cpio" % key.hexdigest()[:16])
    if path.exists():
        return path
    progress("building the guest image")
    archive = cpio.Archive()
    for folder in ("dev", "proc", "sys", "tmp", "mnt", "root", "run", "lib64",
                   "lib/x86_64-linux-gnu", "modules"):
        archive.directory(folder, 0o1777 if folder == "tmp" else 0o755)
    if tree is None:
        _musl(archive, programs)
    else:
        _programs(archive, tree)
        _busybox(archive, tree)
        archive.file("etc/mke2fs.conf", str(tree / "etc/mke2fs.conf"))
    archive.device("dev/console", "c", 5, 1)
    archive.device("dev/null", "c", 1, 3, 0o666)
    archive.file("init", str(HERE / "guest-init.sh"), 0o755)
    archive.file("usr/bin/disk", str(HERE / "guest-disk.sh"), 0o755)
    archive.file("usr/bin/nodes", str(HERE / "guest-nodes.sh"), 0o755)
    archive.file("etc/passwd", b"root::0:0:root:/root:/bin/sh\n")
    archive.file("etc/group", b"root:x:0:\n")
    archive.symlink("usr/bin/fsck.ext4", "e2fsck")
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".%d" % os.getpid())
    with open(part, "wb") as out:
        archive.write(out)
    part.rename(path)
    return path


def kernel_part(kernel, ours=None):
    """Bytes-writer of the archive with the modules of @kernel.

    @ours lists the .ko files of this project built for it, or is None.
    Returns (write function, {"intree" and "ours": the modules in load
    order, "builtin": whether the kernel has VMBus built in}).
    """
    tree = ModuleTree(kernel.modules or kernel.kdir)
    archive = cpio.Archive()
    wanted = BOOT_MODULES
    if not tree.knows_builtin:
        # What is no module is built in, or scenarios will miss it.
        wanted = [m for m in wanted if m in tree]
    boot = tree.order(wanted, BOOT_OPTIONAL)
    orders = {"intree": [m for m in tree.order(
        [m for m in INTREE_MODULES if m in tree]) if m not in boot],
              # Its users are modules, so where it is none it is built in.
              "builtin": "hv_storvsc" in tree and "hv_vmbus" not in tree}
    for name in dict.fromkeys(boot + orders["intree"]
                              + (ide_modules(kernel) or [])):
        archive.file("modules/%s.ko" % name, tree.data(name))
    archive.file("modules/boot.list", "".join(
        name + "\n" for name in boot).encode())
    if ours:
        paths = {canonical(Path(p).stem): Path(p) for p in ours}
        missing = [m for m in OUR_MODULES if m not in paths]
        if missing:
            raise FileNotFoundError("expected %s among the built modules, "
                                    "got %s" % (missing, sorted(paths)))
        orders["ours"] = list(OUR_MODULES)
        for name, path in paths.items():
            data = path.read_bytes()
            archive.file("modules/%s.ko" % name, data)
            # What the tests' own want besides
            for other in tree.order(set(depends(data)) - set(paths)):
                if "modules/%s.ko" % other not in archive:
                    archive.file("modules/%s.ko" % other, tree.data(other))
    return archive.write, orders


def assemble(path, kernel, ours=None, progress=print):
    """Write the whole image to @path; returns the orders, as above."""
    write, orders = kernel_part(kernel, ours)
    with open(path, "wb") as out:
        out.write(base(kernel, progress).read_bytes())
        write(out)
    return orders


def busybox(tree):
    return _find(tree, "busybox", ("bin", "usr/bin"))


def packages(progress=print):
    """The directory with the unpacked packages that images are made of."""
    return debian.tree(SUITE, list(PACKAGES), drop=UNUSED, progress=progress)


def _find(tree, name, folders):
    for folder in folders:
        path = tree / folder / name
        if path.is_file():
            return path.resolve()
    raise FileNotFoundError("%s is not in the unpacked packages (%s)"
                            % (name, tree))


def _busybox(archive, tree):
    program = busybox(tree)
    archive.file("bin/busybox", str(program), 0o755)
    names = subprocess.run([program, "--list"], check=True, text=True,
                           stdout=subprocess.PIPE).stdout.split()
    for name in names:
        if "usr/bin/%s" % name not in archive and name != "busybox":
            archive.symlink("bin/%s" % name, "/bin/busybox")
    # Not busybox's shell: it prefers its own applets to the real programs.
    archive.symlink("bin/sh", "/usr/bin/dash")


def _musl(archive, programs):
    """All of a user land for old kernels: busybox, and the real programs."""
    links = Path(programs["busybox"]).with_suffix(".links").read_text()
    for link in links.split():
        archive.symlink("bin/" + Path(link).name, "/bin/busybox")
    for name, path in programs.items():
        archive.file("bin/" + name, str(path), 0o755)
    for name in ("mkfs.ext2", "mkfs.ext3"):
        archive.symlink("bin/" + name, "mke2fs")


def _programs(archive, tree):
    folders = ("usr/bin", "usr/sbin", "bin", "sbin")
    libraries = {}
    for name in PROGRAMS:
        path = _find(tree, name, folders)
        archive.file("usr/bin/%s" % name, str(path), 0o755)
        _closure(tree, path, libraries)
    archive.file("lib64/ld-linux-x86-64.so.2",
                 str(_library(tree, "ld-linux-x86-64.so.2")), 0o755)
    for soname, (path, users) in libraries.items():
        target = "lib/x86_64-linux-gnu/" + soname
        if path is not None:
            archive.file(target, str(path), 0o755)
        else:
            archive.file(target, _stub(soname, users), 0o755)


def _library(tree, soname):
    return _find(tree, soname, ("lib/x86_64-linux-gnu", "lib64",
                                "usr/lib/x86_64-linux-gnu"))


def _closure(tree, program, libraries):
    """Add to @libraries {soname: (path or None if stubbed, users)}."""
    for soname in elf.needed(program):
        if soname.startswith("ld-linux"):
            continue
        if soname in libraries:
            libraries[soname][1].append(program)
        elif soname.startswith(STUBBED):
            libraries[soname] = (None, [program])
        else:
            path = _library(tree, soname)
            libraries[soname] = (path, [program])
            _closure(tree, path, libraries)


def _stub(soname, users):
    """An empty shared library with the symbols that @users want of it."""
    versions, lines = {}, set()
    for user in users:
        for version, symbol, size in elf.imports(user, soname):
            versions.setdefault(version, set()).add(symbol)
            lines.add("char %s[%d];" % (symbol, size) if size else
                      "void %s(void) { abort(); }" % symbol)
    source = "#include <stdlib.h>\n" + "\n".join(sorted(lines)) + "\n"
    script = "".join("%s { global: %s };\n" % (
        version, " ".join("%s;" % s for s in sorted(names)))
        for version, names in sorted(versions.items()) if version)
    with tempfile.TemporaryDirectory() as folder:
        library = os.path.join(folder, "stub.so")
        Path(folder, "stub.c").write_text(source)
        Path(folder, "stub.map").write_text(script)
        command = ["cc", "-shared", "-fPIC", "-O1", "-w", "-fno-builtin",
                   "-s", "-Wl,-soname," + soname, "-o", library,
                   os.path.join(folder, "stub.c")]
        if script:
            command.append("-Wl,--version-script="
                           + os.path.join(folder, "stub.map"))
        subprocess.run(command, check=True)
        return Path(library).read_bytes()
