"""Environments for other people's programs: the AWS CLI, SDKs, sending libraries, peers in benchmarks.

Each is made from locked requirements on first use, in a folder of its own under ``.cache``, because its dependencies
are none of ours. Safe to ask for from several processes at once.
"""

import fcntl
import hashlib
import shutil
import subprocess
import sys
import venv
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tools.node import npm

ROOT = Path(__file__).resolve().parent.parent
CACHE = ROOT / ".cache"


def python_environment(name: str) -> Path:
    """The ``bin`` folder of an environment that has ``requirements/<name>.txt`` installed."""
    requirements = ROOT / "requirements" / f"{name}.txt"

    def make(target: Path) -> None:
        venv.create(target, with_pip=True, clear=True)
        python = str(target / "bin" / "python")
        command = [python, "-m", "pip", "-qq", "--disable-pip-version-check", "--no-input", "install"]
        _run([*command, "--require-hashes", "-r", str(requirements)])

    return made(name, [requirements], make) / "bin"


def node_environment(name: str, folder: Path) -> Path:
    """A folder whose ``node_modules`` is what ``package-lock.json`` in ``folder`` names."""
    wanted = [folder / "package.json", folder / "package-lock.json"]

    def make(target: Path) -> None:
        shutil.rmtree(target, ignore_errors=True)
        target.mkdir(parents=True)
        for path in wanted:
            shutil.copy(path, target)
        npm("ci", cwd=target)

    return made(name, wanted, make)


def made(name: str, sources: list[Path], make: Callable[[Path], None]) -> Path:
    """The folder, made by ``make`` unless that has been done for exactly these sources."""
    target = CACHE / name
    digest = hashlib.blake2b(b"\0".join(path.read_bytes() for path in sources), digest_size=16).hexdigest()
    stamp = target / ".made-from"
    with _locked(name):
        if not stamp.exists() or stamp.read_text() != digest:
            print(f"installing {name} into {target}", file=sys.stderr)
            make(target)
            stamp.write_text(digest)
    return target


@contextmanager
def _locked(name: str) -> Iterator[None]:
    CACHE.mkdir(exist_ok=True)
    with (CACHE / f".{name}.lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)}:\n{done.stdout}{done.stderr}")


def scenario_clients() -> tuple[Path, Path]:
    """What the scenario tests run: the AWS CLI's ``bin`` folder, and the folder with the JavaScript SDK."""
    return python_environment("awscli"), node_environment("js", ROOT / "tests" / "scenarios" / "js")


def sending_libraries() -> tuple[Path, Path]:
    """What else sends in the scenario tests: the ``bin`` folder with Django, and the folder with Nodemailer."""
    nodemailer = ROOT / "tests" / "scenarios" / "nodemailer"
    return python_environment("django"), node_environment("nodemailer", nodemailer)


def validators() -> Path:
    """What verifies notifications in the scenario tests: the folder with AWS's validator. django-ses's is with Django."""
    return node_environment("sns_validator", ROOT / "tests" / "scenarios" / "sns_validator")


if __name__ == "__main__":
    scenario_clients()
    try:
        sending_libraries()
        validators()
    except (RuntimeError, OSError) as problem:
        # Their tests skip themselves; the others must not wait for them.
        print(f"not installed: {problem}", file=sys.stderr)
