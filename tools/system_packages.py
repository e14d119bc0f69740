"""Finds the Debian packages that some tests want, and installs what is missing where it may.

As root with apt-get they are installed. Otherwise the packages and what they depend on are downloaded and unpacked
under ``.cache/debian``, which needs no rights. What cannot be had is named, with the tests that will be skipped.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
UNPACKED = ROOT / ".cache" / "debian"
NONINTERACTIVE = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}


@dataclass(frozen=True)
class Wanted:
    """A program, the package that has it, and what is skipped without it."""

    program: str
    package: str
    skips: str
    #: Where the real binary lies below the unpacked tree; the one in /usr/bin is often a script with fixed paths.
    binary: str


WANTED = [
    Wanted(
        "chromium", "chromium", "the console's browser tests (marker: browser)", "usr/lib/chromium/chromium"
    ),
]


def find(program: str) -> Path | None:
    """The program, installed on the system or unpacked here; None when it cannot be had."""
    if found := shutil.which(program):
        return Path(found)
    wrapper = UNPACKED / "bin" / program
    return wrapper if wrapper.exists() else None


def _run(*command: str, cwd: Path | None = None) -> tuple[bool, str]:
    done = subprocess.run(
        command,
        env=NONINTERACTIVE,
        cwd=cwd,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    return done.returncode == 0, done.stdout + done.stderr


def install(packages: Iterable[str]) -> str:
    """Installs as root; returns what went wrong, or nothing."""
    _run("apt-get", "-qq", "update")  # a machine without network may still have the lists
    done, said = _run("apt-get", "-qq", "install", "-y", "--no-install-recommends", *packages)
    return "" if done else said


def unpack(wanted: Iterable[Wanted]) -> str:
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
    packages = [one.package for one in wanted]
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
    wrapper.write_text(
        f'#!/bin/sh\nexport LD_LIBRARY_PATH="{libraries}:$LD_LIBRARY_PATH"\nexec "{UNPACKED / one.binary}" "$@"\n'
    )
    wrapper.chmod(0o755)


def main() -> int:
    missing = [one for one in WANTED if find(one.program) is None]
    if not missing:
        return 0
    names = ", ".join(one.package for one in missing)
    if shutil.which("apt-get") is None:
        trouble = "this system has no apt-get"
    elif os.geteuid() == 0:
        print(f"installing Debian packages: {names}", flush=True)
        trouble = install(one.package for one in missing)
    else:
        print(f"unpacking Debian packages into {UNPACKED.relative_to(ROOT)}: {names}", flush=True)
        trouble = unpack(missing)
    if trouble:
        print(trouble.strip()[-2000:], file=sys.stderr)
    for one in missing:
        if find(one.program) is None:
            print(f"MISSING: {one.program} (Debian package {one.package}): SKIPPED: {one.skips}")
    return 0  # a missing package skips tests; it does not fail them


if __name__ == "__main__":
    raise SystemExit(main())
