"""One harness under atheris: ``python -m tests.fuzz.run NAME SECONDS``. What fails or hangs is left in ``build/fuzz``."""

import sys
import tempfile
from pathlib import Path

import atheris

HANGS = 10
"""Seconds after which an input hangs: a thousand times what one should take."""
LONGEST = 4096
MEMORY = 2048
"""MB."""


def main(name: str, seconds: int) -> None:
    with atheris.instrument_imports(include=["mailgauge", "tests.fuzz"]):
        from tests.fuzz import harnesses

        harness = harnesses.load(name)
    kept = Path("build/fuzz")
    kept.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as corpus:
        for number, seed in enumerate(harness.seeds):
            (Path(corpus) / str(number)).write_bytes(seed)
        options = {
            "max_total_time": seconds,
            "timeout": HANGS,
            "max_len": LONGEST,
            "rss_limit_mb": MEMORY,
            "artifact_prefix": f"{kept}/{name}-",
            "print_final_stats": 1,
        }
        flags = [f"-{option}={value}" for option, value in options.items()]
        atheris.Setup([sys.argv[0], *flags, corpus], harness.one_input)
        atheris.Fuzz()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
