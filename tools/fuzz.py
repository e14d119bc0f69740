"""`make fuzz`: the property tests with many more examples, file by file, then each harness of tests/fuzz under atheris.

What can't be had, because there is no atheris for this system, is said loudly and left out. Exits 1 when anything was found.
"""

import argparse
import os
import subprocess
import sys
from pathlib import Path

from tests.fuzz import harnesses
from tools.environments import python_environment

ROOT = Path(__file__).resolve().parent.parent
FOUND = Path("build/fuzz")


def main() -> int:
    wanted = argparse.ArgumentParser(description=__doc__)
    wanted.add_argument("--minutes", type=float, default=1.0, help="of each harness")
    wanted.add_argument("--skip-properties", action="store_true")
    wanted.add_argument("names", nargs="*", help="harnesses; all of them by default")
    given = wanted.parse_args()
    failed = [] if given.skip_properties or given.names else _properties()
    site = _atheris()
    if site is None:
        print("NO ATHERIS for this Python and system: ITS HARNESSES DID NOT RUN", flush=True)
    else:
        names = given.names or harnesses.names()
        failed += [name for name in names if not _harness(name, round(given.minutes * 60), site)]
    print(f"FAILED: {', '.join(failed)}" if failed else "nothing found", flush=True)
    return 1 if failed else 0


def _properties() -> list[str]:
    """The test files with property tests of which some failed."""
    files = [path for path in sorted((ROOT / "tests").rglob("test_*.py")) if "hypothesis" in path.read_text()]
    return [str(path.relative_to(ROOT)) for path in files if not _holds(path)]


def _holds(path: Path) -> bool:
    options = ["-m", "hypothesis", "--hypothesis-profile=fuzz", "--timeout=0", "-p", "no:cacheprovider"]
    options += [
        "-o",
        "addopts=--import-mode=importlib",
    ]  # with its last line, which says how many and how long
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options, str(path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    last = (done.stdout.strip().splitlines() or [""])[-1].strip("= ")
    print(f"{path.relative_to(ROOT)}: {last}", flush=True)
    held = done.returncode in {0, 5}  # 5: the file only names hypothesis
    if not held:
        print(done.stdout[-6000:], flush=True)
    return held


def _atheris() -> Path | None:
    """Where it is installed, apart from everything else."""
    try:
        environment = python_environment("fuzz").parent
    except RuntimeError as error:
        print(error, file=sys.stderr)
        return None
    return next((environment / "lib").glob("python*/site-packages"))


def _harness(name: str, seconds: int, site: Path) -> bool:
    paths = [str(ROOT / "src"), str(ROOT), str(site)]
    done = subprocess.run(
        [sys.executable, "-m", "tests.fuzz.run", name, str(seconds)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
        capture_output=True,
        text=True,
        check=False,
    )
    said = done.stdout + done.stderr
    runs = next((line.split()[-1] for line in said.splitlines() if "number_of_executed_units" in line), "?")
    print(f"fuzz_{name}: {runs} inputs in {seconds} s", flush=True)
    if done.returncode != 0:
        print(f"{said[max(0, said.find('=== Uncaught')) :][:6000]}\nwhat it found is in {FOUND}", flush=True)
    return done.returncode == 0


if __name__ == "__main__":
    raise SystemExit(main())
