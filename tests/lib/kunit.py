# SPDX-License-Identifier: GPL-2.0-only
"""
KUnit suites in the debug kernel, on a machine that QEMU emulates.

build() builds tests/kunit; run() boots the kernel with it and yields a result
for each test of the console's KTAP. A test is good if it says so and no
detector has reported anything since the one before it. A last module is made
of deliberate bugs, each of which must be found.
"""

import base64
import os
import re
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import cpio
import debian
import image
import kernels
from guest import KERNEL_TROUBLE
from modtree import ModuleTree

TOP = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
OUT = TOP / "build/kunit"
SRC = OUT / "src"

UNDER_TEST = ("vmbus", "storvsc")
SUITES = ("hvg_vmbus_test", "hvg_storvsc_test")
TROUBLE = ("hvg_trouble",)
# Which of them has the seed of all tests that go by random numbers.
RANDOM = "hvg_vmbus_test"
LIMIT_S = 600

# What each test of hvg_trouble has to make a detector say.
REPORTS = {
    "trouble_atomic_sleep": r"BUG: sleeping function called",
    "trouble_list_corruption": r"list_del corruption",
    "trouble_shift": r"UBSAN: shift-out-of-bounds",
    "trouble_bounds": r"UBSAN: array-index-out-of-bounds",
    "trouble_lock_order": r"possible circular locking dependency",
    "trouble_out_of_bounds": r"KASAN: slab-out-of-bounds",
    "trouble_use_after_free": r"KASAN: (slab-)?use-after-free",
    "trouble_expectation": r"EXPECTATION FAILED",
    "hvg_trouble leaks": r"kmemleak: [0-9]+ new|unreferenced object",
}

APPEND = ("console=ttyS0 panic=-1 oops=panic loglevel=7 printk.time=0 "
          "kasan_multi_shot kmemleak=on printk.devkmsg=on "
          "ignore_loglevel random.trust_cpu=on "
          "rcupdate.rcu_cpu_stall_timeout=180 watchdog_thresh=60")

_RESULT = re.compile(r"^    (ok|not ok) \d+ -? ?([^ #]+)(.*)$")
_SUITE = re.compile(r"^\s*# Subtest: (\S+)$")
_PLAN = re.compile(r"^    1\.\.(\d+)$")
_WHOLE = re.compile(r"^(ok|not ok) \d+ -? ?(\S+)")
_END = re.compile(r"^init: end of (\S+)$")
_TROUBLE = re.compile(KERNEL_TROUBLE)
_SEED = re.compile(r"^ *# \w+: seed \d+$")
# Branches of these macros are for what must never be.
_ASSERTION = re.compile(r"lockdep_assert|WARN_ON|rcu_dereference|wait_event"
                        r"|flush_workqueue|_ratelimited|vmbus_warn_host"
                        r"|local_irq_")


class KunitError(debian.DebianError):
    """One line that says what was expected and what came."""


@dataclass
class Test:
    """One test: its name, whether it said ok, what came before its result."""
    name: str
    ok: bool
    lines: tuple
    skip: str = ""

    @property
    def reports(self) -> list:
        """Lines of detectors."""
        return [l for l in self.lines if _TROUBLE.search(l)]


def _run(kernel, log, *argv) -> None:
    done = subprocess.run(["nice", "-n", "10",
                           *kernels.command(kernel, argv)],
                          stdin=subprocess.DEVNULL, stdout=log,
                          stderr=subprocess.STDOUT, check=False)
    if done.returncode:
        raise KunitError(f"KUnit suites do not build (log: {log.name})")


def build(kernel, progress, only: str = "") -> dict:
    """Build tests/kunit, or one folder of it, for @kernel; {name: path}."""
    OUT.mkdir(parents=True, exist_ok=True)
    folders = sorted(p.parent.relative_to(TOP)
                     for p in (TOP / "tests/kunit").rglob("Kbuild"))
    tests = SRC / "tests/kunit"
    progress("building " + (f"tests/kunit/{only}" if only else
                            "the KUnit suites"))
    with debian.locked(OUT / ".lock"), open(OUT / "build.log", "w",
                                            encoding="utf-8") as log:
        _run(kernel, log, "sh", TOP / "compat/farm.sh", TOP, SRC, *UNDER_TEST,
             *folders)
        link = tests / "Kbuild.include"
        if not link.is_symlink():
            link.symlink_to(TOP / "tests/kunit/Kbuild.include")
        kdir = kernels.inside(kernel, kernel.kdir)
        _run(kernel, log, "env", f"CC={kernel.cc}", "sh",
             TOP / "compat/probe.sh", kdir, SRC / "compat")
        _run(kernel, log, "make", "-C", kdir, f"M={tests / only}",
             f"-j{os.cpu_count()}", f"CC={kernel.cc}", "W=1", "modules")
    return {p.stem: p for p in (tests / only).rglob("*.ko")}


def _image(path: Path, kernel, built: dict, names, progress) -> None:
    tree = ModuleTree(kernel.modules)
    order = tree.order(("kunit", "scsi_mod"))
    archive = cpio.Archive()
    for folder in ("dev", "proc", "sys", "bin"):
        archive.directory(folder)
    busybox = image.busybox(image.packages(progress))
    archive.file("bin/busybox", str(busybox), 0o755)
    for name in subprocess.run([busybox, "--list"], check=True, text=True,
                               stdout=subprocess.PIPE).stdout.split():
        if name != "busybox":
            archive.symlink(f"bin/{name}", "/bin/busybox")
    archive.device("dev/console", "c", 5, 1)
    archive.file("init", str(HERE / "kunit-init.sh"), 0o755)
    for name in order:
        archive.file(f"modules/{name}.ko", tree.data(name))
    for name in names:
        archive.file(f"modules/{name}.ko", built[name].read_bytes())
    archive.file("modules/boot.list", ("\n".join(order) + "\n").encode())
    seed = os.environ.get("HVG_SEED", "0")
    archive.file("modules/tests.list", "".join(
        f"{name} seed={seed}\n" if name == RANDOM else f"{name}\n"
        for name in names).encode())
    with open(path, "wb") as out:
        archive.write(out)


def boot(kernel, built: dict, names, progress) -> tuple:
    """Run the modules @names; (console's text, coverage data's text)."""
    stem = OUT / names[0]
    console, data = stem.with_suffix(".log"), stem.with_suffix(".gcov")
    archive = stem.with_suffix(".cpio")
    for name in names:
        if name not in built:
            raise KunitError(f"{name}.ko was not built")
    _image(archive, kernel, built, names, progress)
    progress(f"running {' '.join(names)} in QEMU (log: {console})")
    begin = time.monotonic()
    limit_s = LIMIT_S * float(os.environ.get("HVG_SLOW", "1"))
    argv = ["qemu-system-x86_64", "-accel", "tcg,thread=multi",
            "-cpu", "max,-la57", "-smp", "2", "-m", "768", "-nodefaults",
            "-no-user-config", "-display", "none", "-no-reboot",
            "-kernel", kernel.vmlinuz, "-initrd", archive, "-append", APPEND,
            "-serial", f"file:{console}", "-serial", f"file:{data}"]
    try:
        done = subprocess.run(argv, stdin=subprocess.DEVNULL, check=False,
                              capture_output=True, text=True, timeout=limit_s)
    except subprocess.TimeoutExpired:
        raise KunitError(f"the suites have not ended within {limit_s:.0f} s "
                         f"(log: {console})") from None
    finally:
        archive.unlink()
    if done.returncode:
        raise KunitError("QEMU: " + done.stderr.strip()[-200:])
    progress(f"{time.monotonic() - begin:.0f} s")
    return (console.read_text("utf-8", errors="replace").replace("\r", ""),
            data.read_text("ascii", errors="replace"))


def parse(text: str):
    """Yield a Test for each result on a console, and for each module's end.

    A suite that has fewer results than it has announced, or says that it has
    failed when none of its tests has, is one more that fails.
    """
    lines, suite, wanted, results = [], "?", 0, []
    for line in text.splitlines():
        found = _SUITE.match(line)
        if found:
            suite, wanted, results = found.group(1), 0, []
        found = _PLAN.match(line)
        if found:
            wanted = int(found.group(1))
        found = _WHOLE.match(line)
        if found and (len(results) != wanted or not wanted or
                      (found.group(1) == "ok") != all(results)):
            yield Test(f"{found.group(2)} as a whole", False,
                       (f"expected {wanted} results and ok, got "
                        f"{len(results)} and {found.group(1)}",))
        found = _RESULT.match(line)
        if found:
            results.append(found.group(1) == "ok")
            skip = re.search(r"# SKIP\s*(.*)", found.group(3))
            yield Test(f"{suite} {found.group(2)}", found.group(1) == "ok",
                       tuple(lines), skip.group(1) or "no reason given"
                       if skip else "")
            lines = []
            continue
        if line == "init: begin":
            # What the kernel has said before is not about the suites.
            lines = []
            continue
        found = _END.match(line)
        if found:
            yield Test(f"{found.group(1)} leaks", True, tuple(lines))
            lines = []
            continue
        lines.append(line)
    if "init: end" not in text.splitlines():
        yield Test("the end", False, tuple(lines[-30:]))
    else:
        yield Test("the end", True, tuple(lines))


def _branches(listing: Path) -> tuple:
    """(branches, those taken, source lines with others) of a gcov listing."""
    count, taken, missing, line = 0, 0, [], ("", "")
    for text in listing.read_text(encoding="utf-8",
                                  errors="replace").splitlines():
        found = re.match(r"\s*([^:]+):\s*(\d+):(.*)", text)
        if found:
            line = found.group(2), found.group(3).strip()
        elif text.startswith("branch") and not _ASSERTION.search(line[1]):
            count += 1
            if re.search(r"taken 0%|never", text):
                missing.append("%s: %s" % line)
            else:
                taken += 1
    return count, taken, sorted(set(missing), key=missing.index)


def coverage(kernel, data: str) -> dict:
    """{source file: (lines %, branches %, lines with branches not taken)}."""
    result = {}
    folder = OUT / "gcov"
    folder.mkdir(exist_ok=True)
    for chunk in re.split(r"^FILE ", data, flags=re.M)[1:]:
        name, _, body = chunk.replace("\r", "").partition("\n")
        found = re.search(r"/(%s)/(\w+)\.gcda$" % "|".join(UNDER_TEST), name)
        if not found or "/tests/kunit/" in name:
            continue
        stem = SRC / found.group(1) / found.group(2)
        if not stem.with_suffix(".gcno").exists():
            continue
        stem.with_suffix(".gcda").write_bytes(base64.b64decode(body))
        # It writes to its current directory.
        done = subprocess.run(kernels.command(kernel, [
            "env", "-C", folder, kernel.cc.replace("gcc", "gcov"), "-b", "-o",
            stem.with_suffix(".o"), stem.with_suffix(".c")]),
            capture_output=True, text=True, check=False)
        part = re.search(r"^File '[^\n]*/%s/%s\.c'\nLines executed:([\d.]+)%%"
                         % found.groups(), done.stdout, re.M)
        if part:
            count, taken, missing = _branches(
                folder / f"{found.group(2)}.c.gcov")
            result["%s/%s.c" % found.groups()] = (
                float(part.group(1)), 100 * taken / count if count else 100,
                missing)
    return result


def _judged(tests):
    """Yield the results of the suites' own tests."""
    for test in tests:
        reports = test.reports
        first = reports + [l for l in test.lines if _SEED.match(l)]
        lines = tuple(first) + tuple(l for l in test.lines[-20:]
                                     if l not in first)
        yield (test.name, test.ok and not reports,
               () if test.ok and not reports else lines, test.skip)
    for name in SUITES:
        if f"{name} leaks" not in [t.name for t in tests]:
            yield f"{name} has run", False, (f"no end of {name} on the "
                                             "console",), ""


def _found(tests):
    """Yield for each deliberate bug whether it was found."""
    tests = {t.name.split()[-1] if "leaks" not in t.name else t.name: t
             for t in tests}
    for name, report in REPORTS.items():
        test = tests.get(name)
        if not test:
            yield f"found: {name}", False, ("the test has no result",), ""
            continue
        said = [l for l in test.lines if re.search(report, l)]
        good = bool(said) and bool(test.reports or not test.ok)
        yield (f"found: {name}", good,
               () if good else (f"expected {report}",) + test.lines[-20:], "")


def run(kernel, built: dict, progress):
    """Yield (name, ok, lines, skip) of all tests and deliberate bugs.

    The bugs come last: the first report of some detectors is their only one.
    """
    text, data = boot(kernel, built, SUITES + TROUBLE, progress)
    tests = list(parse(text))
    bugs = [t for t in tests if t.name.startswith(TROUBLE)]
    yield from _judged([t for t in tests if t not in bugs])
    yield from _found(bugs)
    covered = coverage(kernel, data)
    if not covered:
        yield "coverage", False, ("gcov has found nothing",), ""
    with open(OUT / "branches.txt", "w", encoding="utf-8") as out:
        for name, (line, branch, missing) in sorted(covered.items()):
            progress(f"coverage of {name}: {line:.1f} % of lines, "
                     f"{branch:.1f} % of branches")
            out.writelines(f"{name}:{text}\n" for text in missing)
