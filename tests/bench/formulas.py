"""Measures the formula language beside closures written by hand and beside other engines.

    .venv/bin/python -m tests.bench.formulas [--rounds 5]

Makes an environment of its own for the other engines, which are no dependencies of ours. Rounds
interleave the engines; ratios are taken within a round, and the median counts.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import tempfile
import venv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

SUM = ("choose", "money", "date")
"""What all engines can do; the goals are about these three."""

OTHERS = (
    "simpleeval==1.0.8",
    "asteval==1.0.10",
    "cel-python==0.5.0",
    "cel-expr-python==0.1.3",
    "common-expression-language==0.10.0",
    "jsonata-python==0.7.1",
    "lark==1.3.1",
    "google-re2==1.1.20251105",
)
ROOT = Path(__file__).parents[2]


def measured(rounds: int) -> dict[str, Any]:
    """Run the engines in their environment."""
    with tempfile.TemporaryDirectory(prefix="syncapp-bench-") as folder:
        venv.create(folder, with_pip=True)
        python = Path(folder) / "bin" / "python"
        subprocess.run([python, "-m", "pip", "install", "-q", *OTHERS], check=True)
        done = subprocess.run(
            [python, "-m", "tests.bench.engines", str(rounds)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            check=True,
        )
    figures: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return figures


def table(took: dict[str, list[dict[str, float]]]) -> Iterator[str]:
    """Give the lines of the table in docs/performance.md."""
    names = list(took["closures"][0])
    yield f"| engine | {' | '.join(f'{name}, µs' for name in names)} | x closures, sum of three |"
    yield f"|---|{'---|' * len(names)}---|"
    floor = [sum(one[name] for name in SUM) for one in took["closures"]]
    for engine, rounds in took.items():
        each = (
            f"{statistics.median(one[name] for one in rounds):.2f}"
            if name in rounds[0]
            else "–"
            for name in names
        )
        sums = (sum(one[name] for name in SUM) for one in rounds)
        ratios = [mine / base for mine, base in zip(sums, floor, strict=True)]
        ratio = f"{statistics.median(ratios):.2f} ({min(ratios):.2f}-{max(ratios):.2f})"
        yield f"| {engine} | {' | '.join(each)} | {ratio} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    figures = measured(parser.parse_args().rounds)
    print("\n".join(table(figures["took"])))
    print(f"compiling 500 characters: {figures['compile_ms']:.1f} ms")


if __name__ == "__main__":
    main()
