"""Finds the Debian packages that some tests want, and installs what is missing where it may.

As root with apt-get they are installed; no service starts, and nothing that a package asks is asked. Otherwise the
packages and what they depend on are downloaded and unpacked under ``.cache/debian``, which needs no rights. What cannot
be had is named, with the tests that will be skipped.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
UNPACKED = ROOT / ".cache" / "debian"
NONINTERACTIVE = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
SYSTEM_PROGRAMS = "/usr/sbin:/sbin"
"""Where the programs of services are, which the PATH of a user need not name."""
START_POLICY = Path("/usr/sbin/policy-rc.d")
"""What packages ask whether their service may start; 101 is no."""
ANSWERS = "postfix postfix/main_mailer_type select No configuration\n"
"""To what packages ask at installation: the machine's own mail stays as it is."""


@dataclass(frozen=True)
class Wanted:
    """A program, the package that has it, and what is skipped without it."""

    program: str
    package: str
    skips: str
    #: Where the real binary lies below the unpacked tree; the one in /usr/bin is often a script with fixed paths.
    binary: str
    #: Another package that it does not start without, or not do what we want, and a file of that (a pattern).
    beside: tuple[str, str] | None = None
    #: It drops rights itself, so it must be started with them; unpacked without rights it would be of no use.
    root_only: bool = False


WANTED = [
    Wanted(
        "chromium", "chromium", "the console's browser tests (marker: browser)", "usr/lib/chromium/chromium"
    ),
    Wanted(
        "postfix",
        "postfix",
        "delivery to Postfix, by it and what it reports back",
        "usr/sbin/postfix",
        beside=("libsasl2-modules", "usr/lib/*/sasl2/libplain.so"),
        root_only=True,
    ),
    Wanted("clamd", "clamav-daemon", "the virus scan by ClamAV", "usr/sbin/clamd"),
    Wanted(
        "swaks",
        "swaks",
        "submission by swaks",
        "usr/bin/swaks",
        beside=("libnet-ssleay-perl", "usr/lib/*/perl5/*/Net/SSLeay.pm"),
    ),
]


def find(program: str) -> Path | None:
    """The program, installed on the system or unpacked here; None when it cannot be had."""
    path = os.environ.get("PATH", os.defpath)
    if found := shutil.which(program, path=f"{path}:{SYSTEM_PROGRAMS}"):
        return Path(found)
    wrapper = UNPACKED / "bin" / program
    return wrapper if wrapper.exists() else None


def is_there(one: Wanted) -> bool:
    """Whether the tests that want it can run, with what belongs beside it."""
    if find(one.program) is None:
        return False
    pattern = one.beside[1] if one.beside else ""
    return not pattern or any(next(root.glob(pattern), None) for root in (Path("/"), UNPACKED))


def _run(*command: str, cwd: Path | None = None, stdin: str = "") -> tuple[bool, str]:
    done = subprocess.run(
        command, env=NONINTERACTIVE, cwd=cwd, capture_output=True, text=True, input=stdin, check=False
    )
    return done.returncode == 0, done.stdout + done.stderr


def install(packages: Iterable[str]) -> str:
    """Installs as root; returns what went wrong, or nothing."""
    _run("apt-get", "-qq", "update")  # a machine without network may still have the lists
    _run("debconf-set-selections", stdin=ANSWERS)
    wanted = list(packages)
    with services_kept_from_starting(START_POLICY):
        trouble = _install(*wanted)
        if trouble and len(wanted) > 1:  # one that can't be had must not cost the others
            trouble = "".join(_install(each) for each in wanted)
    return trouble


def _install(*packages: str) -> str:
    patience = ("-o", "DPkg::Lock::Timeout=120")
    done, said = _run("apt-get", *patience, "-qq", "install", "-y", "--no-install-recommends", *packages)
    return "" if done else said


@contextmanager
def services_kept_from_starting(policy: Path) -> Iterator[None]:
    """A policy that the machine has already, as containers do, stays in force in place of ours."""
    if policy.exists():
        yield
        return
    policy.write_text("#!/bin/sh\nexit 101\n")
    policy.chmod(0o755)
    try:
        yield
    finally:
        policy.unlink(missing_ok=True)


def packages_of(wanted: Iterable[Wanted]) -> list[str]:
    return [
        package for one in wanted for package in (one.package, one.beside[0] if one.beside else "") if package
    ]


def unpack(wanted: Sequence[Wanted]) -> str:
    """Downloads and unpacks without rights, dependencies too; returns what went wrong, or nothing."""
    lists, archives = UNPACKED / "lists", UNPACKED / "archives"
    for folder in (lists / "partial", archives / "partial", UNPACKED / "bin"):
        folder.mkdir(parents=True, exist_ok=True)
    own = [
        "-o",
        f"Dir::State::lists={lists}",
        "-o",
        f"Dir::Cache={UNPACKED / 'cache'}",
        "-o",
        "APT::Sandbox::User=",
    ]
    updated, said = _run("apt-get", *own, "-qq", "update")
    if not updated:
        return said
    packages = packages_of(wanted)
    solved, plan = _run("apt-get", *own, "-s", "install", "--no-install-recommends", *packages)
    if not solved:
        return plan
    names = [line.split()[1] for line in plan.splitlines() if line.startswith("Inst ")]
    fetched, said = _run("apt-get", *own, "-qq", "download", *names, cwd=archives)
    if not fetched:
        return said
    for archive in sorted(archives.glob("*.deb")):
        unpacked, said = _run("dpkg", "-x", str(archive), str(UNPACKED))
        if not unpacked:
            return said
    for one in wanted:
        write_wrapper(one)
    shutil.rmtree(archives)
    return ""


def write_wrapper(one: Wanted) -> None:
    """A script that starts the unpacked binary with the unpacked libraries."""
    folders = [str(folder) for folder in UNPACKED.glob("usr/lib/*-linux-*") if folder.is_dir()]
    libraries = ":".join([*folders, *(folder.replace("/usr/lib/", "/lib/") for folder in folders)])
    wrapper = UNPACKED / "bin" / one.program
    modules = ":".join(str(folder) for folder in UNPACKED.glob("usr/lib/*-linux-*/perl5/*"))
    wrapper.write_text(
        f'#!/bin/sh\nexport LD_LIBRARY_PATH="{libraries}:$LD_LIBRARY_PATH" PERL5LIB="{modules}:$PERL5LIB"\n'
        f'exec "{UNPACKED / one.binary}" "$@"\n'
    )
    wrapper.chmod(0o755)


def main() -> int:
    missing = [one for one in WANTED if not is_there(one)]
    trouble = get(missing) if missing else ""
    if trouble:
        print(trouble.strip()[-2000:], file=sys.stderr)
    for one in WANTED:
        if not is_there(one):
            print(f"MISSING: {one.program} (Debian package {one.package}): SKIPPED: {one.skips}")
        elif one.root_only and os.geteuid() != 0:
            print(f"NOT ROOT: only root can start {one.program}: SKIPPED: {one.skips}")
    return 0  # a missing package skips tests; it does not fail them


def get(missing: Sequence[Wanted]) -> str:
    """Installs or unpacks; returns what went wrong, or nothing."""
    if shutil.which("apt-get") is None:
        return "this system has no apt-get"
    if os.geteuid() == 0:
        names = packages_of(missing)
        print(f"installing Debian packages: {', '.join(names)}", flush=True)
        return install(names)
    of_use = [one for one in missing if not one.root_only]
    if not of_use:
        return ""
    names = packages_of(of_use)
    print(f"unpacking Debian packages into {UNPACKED.relative_to(ROOT)}: {', '.join(names)}", flush=True)
    return unpack(of_use)


if __name__ == "__main__":
    raise SystemExit(main())
