# SPDX-License-Identifier: GPL-2.0-only
"""
Debian packages of any suite, unpacked and never installed; source packages
too.

apt itself does the work, in a private root inside the cache: it reads no list
of this machine and changes none.  Where to fetch from is what this machine's
own apt uses for the Debian archive; HVG_DEBIAN_MIRROR overrides that.  The
index is checked against the archive's signature and each package against the
index, both by apt.

Everything made here is named by the hash of the packages that it holds, so
clones share it and nothing is unpacked twice.  A resolved set is remembered:
once it is there, no network is needed.  refresh=True resolves it again.

Runs in processes that may run at the same time: a lock file guards each step.
"""

import contextlib
import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path

KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"


class DebianError(Exception):
    """One line that says what was needed and what was found."""


def cache_dir() -> Path:
    """The cache shared by all clones of the project on this machine."""
    path = os.environ.get("HVG_CACHE") or "~/.cache/hv-guest"
    return Path(path).expanduser().absolute()


def report(text: str) -> None:
    """The default progress function: one line on stderr."""
    print(f"# {text}", file=sys.stderr, flush=True)


@contextlib.contextmanager
def locked(path: Path):
    """Hold an exclusive lock on path (made if missing) inside the block."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@dataclass(frozen=True)
class Deb:
    """One package as the index describes it."""
    name: str
    version: str
    file: str
    size: int
    sha256: str


@dataclass(frozen=True)
class Source:
    """One file of a source package as the index describes it."""
    package: str
    file: str
    size: int
    sha256: str


def _run(argv, **kwargs) -> str:
    done = subprocess.run(argv, capture_output=True, text=True, check=False,
                          env={**os.environ, "LC_ALL": "C"}, **kwargs)
    if done.returncode:
        lines = (done.stderr or done.stdout).strip().splitlines()
        worst = [l for l in lines if l.startswith(("E:", "W:"))] or lines
        raise DebianError(f"{Path(argv[0]).name} failed: "
                          + "; ".join(worst[:3] or [f"exit {done.returncode}"]))
    return done.stdout


def mirrors() -> dict:
    """
    {"main": URI, "security": URI or None} of the Debian archive as this
    machine's apt knows it.
    """
    given = os.environ.get("HVG_DEBIAN_MIRROR")
    if given:
        return {"main": given,
                "security": os.environ.get("HVG_DEBIAN_SECURITY_MIRROR")}
    if not shutil.which("apt-get"):
        raise DebianError("no apt-get on this machine: packaged kernels need "
                          "Debian's apt; use --kernel host")

    # Release files say what an archive is; before the first apt-get update
    # there are none, and the name of the suite has to do.
    form = "$(REPO_URI)|$(ORIGIN)|$(LABEL)|$(RELEASE)"
    rows = [r.split("|") for mode in ([], ["--no-release-info"])
            for r in _run(["apt-get", "indextargets", *mode, "--format", form,
                           "Created-By: Packages"]).splitlines()]
    codename = ""
    with contextlib.suppress(OSError):
        release = Path("/etc/os-release").read_text(encoding="utf-8")
        if re.search(r"^ID=debian$", release, re.M):
            found = re.search(r"^VERSION_CODENAME=(\S+)$", release, re.M)
            codename = found.group(1) if found else "sid"

    found = {"main": None, "security": None}
    for uri, origin, label, release in rows:
        kind = None
        if origin == "Debian":
            kind = {"Debian": "main", "Debian-Security": "security"}.get(label)
        elif codename and release == codename:
            kind = "main"
        elif codename and release == codename + "-security":
            kind = "security"
        if kind and not found[kind]:
            found[kind] = uri
    if not found["main"]:
        raise DebianError("this machine's apt knows no Debian archive: "
                          "set HVG_DEBIAN_MIRROR to the URI of one")
    return found


class Suite:
    """
    One suite of the archive, with its security updates where it has any.

    arch: the packages' architecture, or "source" for source packages.
    security: False leaves the security updates out.
    """

    def __init__(self, name: str, progress=report, arch: str = "amd64",
                 security: bool = True):
        self.name = name
        self.security = security and name != "sid"
        self.progress = progress
        self.arch = arch
        self.dir = cache_dir() / "apt" / (
            name + (f"-{arch}" if arch != "amd64" else "")
            + ("" if security else "-released"))
        self._ready = False

    def _options(self) -> list:
        d = self.dir
        return [
            "-o", f"Dir::Etc::sourcelist={d}/sources.list",
            "-o", f"Dir::Etc::sourceparts={d}/none.d",
            "-o", f"Dir::Etc::preferences={d}/none",
            "-o", f"Dir::Etc::preferencesparts={d}/none.d",
            "-o", f"Dir::State={d}/state",
            "-o", f"Dir::State::status={d}/state/status",
            "-o", f"Dir::State::extended_states={d}/state/extended",
            "-o", f"Dir::Cache={d}/cache",
            "-o", f"APT::Architecture={self._binary_arch()}",
            "-o", f"APT::Architectures::={self._binary_arch()}",
            "-o", "APT::Install-Recommends=false",
            "-o", "APT::Sandbox::User=root",
            "-o", "APT::Update::Post-Invoke-Success::=true",
            "-o", "Acquire::Languages=none",
            "-o", "Acquire::Retries=3",
            # A mirror may be frozen on purpose; its signature still counts.
            "-o", "Acquire::Check-Valid-Until=false",
            "-o", "Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false",
            "-o", "Acquire::IndexTargets::deb::DEP-11-icons-small"
                  "::DefaultEnabled=false",
            "-o", "Debug::NoLocking=true",
        ]

    def _binary_arch(self) -> str:
        return "amd64" if self.arch == "source" else self.arch

    def _apt(self, tool: str, *args, **kwargs) -> str:
        return _run([tool, *self._options(), *args], **kwargs)

    def _sources(self, security: bool) -> None:
        uri = mirrors()
        signed = f" signed-by={KEYRING}"
        if not Path(KEYRING).exists():
            raise DebianError(f"{KEYRING} is missing: install the package "
                              "debian-archive-keyring")
        kind = (f"deb-src [{signed[1:]}]" if self.arch == "source" else
                f"deb [arch={self.arch}{signed}]")
        text = f"{kind} {uri['main']} {self.name} main\n"
        if security and uri["security"]:
            text += f"{kind} {uri['security']} {self.name}-security main\n"
        (self.dir / "sources.list").write_text(text, encoding="utf-8")

    def update(self) -> None:
        """Fetch this suite's index.  Needs the network; caller holds no lock."""
        if self._ready:
            return
        for sub in ("none.d", "state/lists/partial", "cache/archives/partial"):
            (self.dir / sub).mkdir(parents=True, exist_ok=True)
        (self.dir / "state/status").touch()
        self.progress(f"{self.name}: fetching the package index")
        # the security suites of old suites go away
        for security in (True, False) if self.security else (False,):
            self._sources(security)
            try:
                # an unreachable or unsigned index must not pass as a warning
                self._apt("apt-get", "-q", "-o", "APT::Update::Error-Mode=any",
                          "update")
                break
            except DebianError as err:
                if not security:
                    raise DebianError(f"suite {self.name}: {err}") from None
                self.progress(f"{self.name}: without security updates ({err})")
        self._ready = True

    def closure(self, packages) -> list:
        """Packages and all that they depend on, as [(name, version)]."""
        out = self._apt("apt-get", "-y", "-qq", "-s", "install", *packages)
        rows = re.findall(r"^Inst (\S+) \((\S+) ", out, re.M)
        if not rows:
            raise DebianError(f"suite {self.name} has none of: "
                              + " ".join(packages))
        return rows

    def describe(self, names) -> list:
        """[Deb] for (name, version) pairs."""
        out = self._apt("apt-get", "-q", "download", "--print-uris",
                        *(f"{n}={v}" for n, v in names))
        debs = []
        for file, size, sha in re.findall(
                r"^'[^']*' (\S+) (\d+) SHA256:([0-9a-f]{64})$", out, re.M):
            name, version, _ = file[:-len(".deb")].split("_")
            debs.append(Deb(name, version.replace("%3a", ":"), file,
                            int(size), sha))
        if len(debs) != len(names):
            raise DebianError(f"suite {self.name}: {len(names)} packages "
                              f"asked for, {len(debs)} in the index")
        return sorted(debs, key=lambda d: d.name)

    def resolve(self, packages, *, deps=True, drop=None,
                refresh=False) -> list:
        """
        The set of packages that @packages need, as [Deb].

        deps: with all dependencies; drop: regular expression of names to
        leave out.  The answer is remembered, so that later calls need no
        network and see the same packages.
        """
        wish = json.dumps([sorted(packages), deps, drop or ""])
        tag = hashlib.sha256(wish.encode()).hexdigest()[:16]
        memo = self.dir / f"set-{tag}.json"
        with locked(self.dir / "lock"):
            if memo.exists() and not refresh:
                rows = json.loads(memo.read_text(encoding="utf-8"))
                return [Deb(**r) for r in rows]
            self.update()
            names = self.closure(packages)
            if not deps:
                names = [n for n in names if n[0] in packages]
            if drop:
                names = [n for n in names if not re.search(drop, n[0])]
            debs = self.describe(names)
            part = memo.with_suffix(".part")
            part.write_text(json.dumps([asdict(d) for d in debs], indent=1),
                            encoding="utf-8")
            part.rename(memo)
            return debs

    def unpack(self, debs, dirs=(), links=None, others=()) -> Path:
        """
        A directory holding the contents of all @debs (dpkg -x, no scripts).

        dirs: names under the root made as symbolic links into usr/ first,
        which is what a merged-usr system has ("bin", "lib", ...); a package
        that ships such a name as a directory gets a directory.
        links: {name: target} of further links, those that alternatives or
        other maintainer scripts would make.
        others: (suite, its packages) pairs that go into the same directory.
        The directory is shared: treat it as read-only.
        """
        links = links or {}
        every = [d for _, more in ((self, debs), *others) for d in more]
        key = hashlib.sha256("\n".join(
            [d.sha256 for d in every] + list(dirs)
            + [f"{k} {v}" for k, v in links.items()]).encode()
        ).hexdigest()[:24]
        tree = cache_dir() / "trees" / key
        if tree.is_dir():
            return tree
        with locked(cache_dir() / "trees" / f".{key}.lock"):
            if tree.is_dir():
                return tree
            part = Path(tempfile.mkdtemp(prefix=f".{key}.", dir=tree.parent))
            try:
                root = part / "root"
                root.mkdir()
                for name in dirs:
                    (root / "usr" / name).mkdir(parents=True)
                    (root / name).symlink_to(f"usr/{name}")
                for suite, more in ((self, debs), *others):
                    suite._fetch(more, part)
                self.progress(f"{self.name}: unpacking {len(every)} packages")
                with ThreadPoolExecutor(os.cpu_count()) as pool:
                    list(pool.map(lambda d: _run(
                        ["dpkg", "-x", str(part / d.file), str(root)]), every))
                for name, target in links.items():
                    (root / name).unlink(missing_ok=True)
                    (root / name).symlink_to(target)
                root.chmod(0o755)
                root.rename(tree)
            finally:
                shutil.rmtree(part, ignore_errors=True)
        return tree

    def _fetch(self, debs, into: Path) -> None:
        size = sum(d.size for d in debs)
        self.progress(f"{self.name}: downloading {len(debs)} packages, "
                      f"{size / 1e6:.0f} MB")
        self._download(["download"] + [f"{d.name}={d.version}" for d in debs],
                       debs, into)

    def _download(self, args, files, into: Path) -> None:
        """Run apt-get @args in @into and check the @files that it leaves."""
        try:
            self._apt("apt-get", "-q", *args, cwd=into)
        except DebianError:
            # the set was resolved long ago and the archive has moved on
            with locked(self.dir / "lock"):
                self.update()
            self._apt("apt-get", "-q", *args, cwd=into)
        for one in files:
            with open(into / one.file, "rb") as f:
                digest = hashlib.file_digest(f, "sha256").hexdigest()
            if digest != one.sha256:
                raise DebianError(f"{one.file}: SHA-256 {one.sha256} expected, "
                                  f"{digest} received")

    def source(self, package: str, refresh: bool = False) -> Path:
        """
        A read-only directory with the source of @package, Debian's patches
        applied.  Only with arch="source".
        """
        files = self._source_files(package, refresh)
        key = hashlib.sha256("\n".join(
            f.sha256 for f in files).encode()).hexdigest()[:24]
        tree = cache_dir() / "trees" / key
        with locked(cache_dir() / "trees" / f".{key}.lock"):
            if tree.is_dir():
                return tree
            part = Path(tempfile.mkdtemp(prefix=f".{key}.", dir=tree.parent))
            try:
                self.progress(f"{self.name}: fetching the source of {package}")
                self._download(["source", "--download-only",
                                files[0].package], files, part)
                root = part / "root"
                root.mkdir()
                _unpack_source([part / f.file for f in files], root)
                root.chmod(0o755)
                root.rename(tree)
            finally:
                shutil.rmtree(part, ignore_errors=True)
        return tree

    def _source_files(self, package: str, refresh: bool) -> list:
        memo = self.dir / f"source-{package}.json"
        with locked(self.dir / "lock"):
            if memo.exists() and not refresh:
                rows = json.loads(memo.read_text(encoding="utf-8"))
                return [Source(**r) for r in rows]
            self.update()
            out = self._apt("apt-get", "-q", "source", "--print-uris",
                            "--download-only", package)
            rows = re.findall(r"^'[^']*' (\S+) (\d+) SHA256:([0-9a-f]{64})$",
                              out, re.M)
            described = [name for name, _, _ in rows if name.endswith(".dsc")]
            if len(described) != 1:
                raise DebianError(f"suite {self.name}: no source of {package}")
            # The name of the .dsc lacks the epoch, which apt wants to have.
            found = re.search(r"/([^/_]+)_[^/]*\.dsc'", out).group(1)
            version = self._source_version(found, described[0])
            files = [Source(f"{found}={version}", name, int(size), sha)
                     for name, size, sha in rows]
            part = memo.with_suffix(".part")
            part.write_text(json.dumps([asdict(f) for f in files], indent=1),
                            encoding="utf-8")
            part.rename(memo)
            return files

    def _source_version(self, package: str, dsc: str) -> str:
        short = dsc[len(package) + 1:-len(".dsc")]
        out = self._apt("apt-cache", "showsrc", "--only-source", package)
        for version in re.findall(r"^Version: (\S+)$", out, re.M):
            if version.split(":", 1)[-1] == short:
                return version
        raise DebianError(f"{dsc} is not in the index of {self.name}")


def _unpack_source(files, into: Path) -> None:
    """Unpack a source package of form 1.0 or 3.0 without dpkg-source."""
    for pattern, strip in ((r"\.orig\.tar\.\w+$", 1),
                           (r"\.debian\.tar\.\w+$", 0)):
        for file in files:
            if re.search(pattern, file.name):
                _run(["tar", "-x", "--no-same-owner", "-f", str(file), "-C",
                      str(into), f"--strip-components={strip}"])
    if not any(re.search(r"\.orig\.tar\.", f.name) for f in files):
        raise DebianError("a source package with .orig.tar expected, found: "
                          + " ".join(f.name for f in files))
    series = into / "debian/patches/series"
    if series.exists():
        for line in series.read_text(encoding="utf-8").splitlines():
            words = line.split("#")[0].split()
            if words:
                _run(["patch", "-s", "-p1", "-d", str(into), "-i",
                      str(into / "debian/patches" / words[0])])


def tree(suite: str, packages, *, deps=True, drop=None, merged_usr=True,
         arch="amd64", progress=report) -> Path:
    """
    Unpacked packages of a suite: the one call that most callers want.

    Returns a read-only directory in the cache which has bin/, usr/, lib/ as
    after an installation, without anything that maintainer scripts make.
    """
    s = Suite(suite, progress, arch)
    debs = s.resolve(packages, deps=deps, drop=drop)
    return s.unpack(debs, MERGED if merged_usr else ())


MERGED = ("bin", "lib", "lib64", "sbin")
