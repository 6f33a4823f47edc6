"""`make bench`: figures by name, or all; each in a process of its own, one after the other."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from benchmarks import report
from benchmarks.figures import RESULTS, Figure, line, write
from benchmarks.sizes import BY_NAME, FULL, Sizes

Measure = Callable[[Sizes], list[Figure]]


def _figures() -> dict[str, Measure]:
    from benchmarks import callbacks, check_ins, launch, lists, push, sandbox_speed, settling, start, surveys

    return {
        "callback_keyword": callbacks.keyword,
        "callback_survey": callbacks.survey,
        "push_template": push.template,
        "events_settled": settling.measure,
        "launch_10k": launch.measured("launch_10k"),
        "launch_100k": launch.measured("launch_100k"),
        "launch_1m": launch.measured("launch_1m"),
        "check_ins": check_ins.measure,
        "survey_results_1m": surveys.results_of_many,
        "list_100k": lists.of_many,
        "sandbox_sends": sandbox_speed.sends,
        "sandbox_latency": sandbox_speed.latency,
        "start": start.measure,
    }


NAMES = (
    "callback_keyword",
    "callback_survey",
    "push_template",
    "events_settled",
    "launch_10k",
    "launch_100k",
    "launch_1m",
    "check_ins",
    "survey_results_1m",
    "list_100k",
    "sandbox_sends",
    "sandbox_latency",
    "start",
)
LARGE = ("launch_1m",)  # minutes: by name, or with BENCH_LARGE=1


def main() -> int:
    options = _options()
    if options.one:
        return _measure_here(options.one, BY_NAME[options.size], Path(options.results))
    names = options.names or [
        name for name in NAMES if name not in LARGE or os.environ.get("BENCH_LARGE") == "1"
    ]
    failed = []
    for name in names:
        began = time.monotonic()
        told = _in_a_process(name, options.size)
        if told is None:
            failed.append(name)
            continue
        content = write(told, size=options.size, path=Path(options.results))
        for one in told:
            print(line(one))
        print(f"{'':<18} measured in {time.monotonic() - began:.0f} s", flush=True)
        if options.size == FULL.name and Path(options.results) == RESULTS:
            report.write(content)
    print(f"\n{options.results}")
    if failed:
        print("not measured: " + ", ".join(failed), file=sys.stderr)
    return 1 if failed else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench", description="Measure, each figure beside a baseline.")
    parser.add_argument("names", nargs="*", help=f"figures; none: all but {', '.join(LARGE)}")
    parser.add_argument("--size", choices=list(BY_NAME), default=os.environ.get("BENCH_SIZE", FULL.name))
    parser.add_argument("--results", default=str(RESULTS), help="the file to write")
    parser.add_argument("--one", default="", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if unknown := set(options.names) - set(NAMES):
        parser.error(f"no such figure: {', '.join(sorted(unknown))}; there are {', '.join(NAMES)}")
    return options


def _in_a_process(name: str, size: str) -> list[dict[str, object]] | None:
    """What a fresh process measured; None when it failed (it has said why)."""
    with tempfile.TemporaryDirectory() as folder:
        told = Path(folder) / "told.json"
        command = [sys.executable, "-m", "benchmarks", "--one", name, "--size", size, "--results", str(told)]
        if subprocess.run(command, check=False).returncode:
            return None
        figures: list[dict[str, object]] = json.loads(told.read_text(encoding="utf-8"))
        return figures


def _measure_here(name: str, sizes: Sizes, told: Path) -> int:
    load = os.getloadavg()[0]
    figures = _figures()[name](sizes)
    content = [replace(figure, load=load).told() for figure in figures]
    told.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
