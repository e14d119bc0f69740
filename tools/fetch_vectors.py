"""botocore's protocol test vectors, out of the source distribution of the installed release. They are not committed.

``python -m tools.fetch_vectors`` downloads them into ``.cache/botocore-VERSION``; tests call ``vectors()``.
"""

import fcntl
import subprocess
import sys
import tarfile
import tempfile
from importlib.metadata import version
from pathlib import Path

VERSION = version("botocore")
CACHE = Path(__file__).resolve().parent.parent / ".cache"
_INSIDE = f"botocore-{VERSION}/tests/unit/protocols/"


class VectorsUnavailableError(RuntimeError):
    """The source distribution could not be had; the text says why."""


def vectors() -> Path:
    """The folder with ``input/*.json`` and ``output/*.json``; downloaded once, safe to ask for from many processes."""
    target = CACHE / f"botocore-{VERSION}"
    if not (target / "input").is_dir():
        CACHE.mkdir(exist_ok=True)
        with (CACHE / ".vectors.lock").open("w") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            if not (target / "input").is_dir():
                _fetch(target)
    return target


def _fetch(target: Path) -> None:
    print(f"downloading the source of botocore {VERSION} for its protocol vectors", file=sys.stderr)
    with tempfile.TemporaryDirectory(dir=CACHE) as folder:
        # pip asks the package for its metadata, so that it may fetch setuptools too
        command = [
            sys.executable,
            "-m",
            "pip",
            "-qq",
            "--disable-pip-version-check",
            "--no-input",
            "download",
        ]
        wanted = ["--no-binary", "botocore", "--no-deps", "--dest", folder, f"botocore=={VERSION}"]
        done = subprocess.run([*command, *wanted], capture_output=True, text=True, check=False)
        found = list(Path(folder).glob("botocore-*.tar.gz"))
        if done.returncode != 0 or not found:
            reason = (done.stderr or done.stdout).strip()[-400:]
            raise VectorsUnavailableError(
                f"pip could not download the source of botocore {VERSION}: {reason}"
            )
        _extract(found[0], Path(folder) / "vectors")
        (Path(folder) / "vectors").rename(target)


def _extract(archive: Path, folder: Path) -> None:
    with tarfile.open(archive) as source:
        for member in source:
            name = member.name.removeprefix(_INSIDE)
            data = source.extractfile(member) if member.isfile() else None
            if data is None or not name.endswith(".json") or name.split("/")[0] not in {"input", "output"}:
                continue
            path = folder / name.split("/")[0] / Path(name).name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data.read())


def main() -> int:
    try:
        print(vectors())
    except VectorsUnavailableError as error:
        # the tests that want them say so and are skipped
        print(error, file=sys.stderr)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
