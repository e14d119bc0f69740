"""Makes the virtual environment, with the standard library alone, and says plainly what is missing when it cannot.

Written so that an older Python can still read it: its first task is to refuse one.
"""

import os
import shutil
import subprocess
import sys

NEEDED = (3, 11)


def main(target: str) -> int:
    if sys.version_info < NEEDED:
        found = ".".join(str(part) for part in sys.version_info[:3])
        print("Mailgauge needs Python 3.11 or newer; %s is %s." % (sys.executable, found))  # noqa: UP031
        print("Name another one: make PYTHON=/path/to/python3.12 ...")
        return 1
    if _make(target):
        return 0
    # Debian and Ubuntu ship venv without ensurepip unless this package is there.
    if os.geteuid() == 0 and shutil.which("apt-get"):
        print("installing python3-venv (Debian)")
        environment = dict(os.environ, DEBIAN_FRONTEND="noninteractive")
        subprocess.run(["apt-get", "-qq", "update"], env=environment, check=False)
        command = ["apt-get", "-qq", "install", "-y", "--no-install-recommends", "python3-venv"]
        subprocess.run(command, env=environment, check=False)
        if _make(target):
            return 0
    print("%s cannot make a virtual environment: %s" % (sys.executable, _make_error(target)))  # noqa: UP031
    print("On Debian or Ubuntu: apt-get install python3-venv")
    return 1


def _make(target: str) -> bool:
    return not _make_error(target)


def _make_error(target: str) -> str:
    done = subprocess.run([sys.executable, "-m", "venv", target], capture_output=True, text=True, check=False)
    return "" if done.returncode == 0 else (done.stdout + done.stderr).strip() or "no reason given"


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1]))
