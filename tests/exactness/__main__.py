"""`make long`: the runs that CI has no time for, each by its seed; what was done is not done again.

Results are lines of JSON in var/exactness.jsonl; a run that stopped half-way goes on with the next
seed. `--fresh` begins anew, `--seed N` shows one run, `--workers N` does so many at one time.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import sys
import traceback
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path
from typing import Any

os.environ["APP_ENV"] = "test"
os.environ.setdefault("CLOCK_FILE", "")

import config
from tests.exactness import in_process, killing, stores
from tests.exactness.verdict import Verdict

RESULTS = config.ROOT / "var" / "exactness.jsonl"
IN_PROCESS, KILLING = 450, 50
KINDS = {"in process": IN_PROCESS, "killing": KILLING}
FIGURES = ("persons", "kills", "faults", "events_pushed", "unknown")


def one(kind: str, seed: int) -> dict[str, Any]:
    """What came of one run; one that breaks is told as a problem, and the others go on."""
    logging.disable(logging.ERROR)
    try:
        return _one(kind, seed)
    except Exception:  # the edge of every run
        return Verdict(kind, seed, problems=[traceback.format_exc()]).told()


def _one(kind: str, seed: int) -> dict[str, Any]:
    if kind == "in process":
        return in_process.run(seed).told()
    engine = "postgresql" if seed % 2 and stores.answers() else "sqlite"
    try:
        with killing.nursery() as born:
            return killing.run(seed, born, engine).told()
    finally:
        stores.forget()


def done_before(file: Path) -> dict[tuple[str, int], dict[str, Any]]:
    """The runs in the results file; a last line that broke off is left out."""
    found = {}
    for line in file.read_text(encoding="utf-8").splitlines() if file.exists() else []:
        try:
            told = json.loads(line)
        except json.JSONDecodeError:
            print("一行没有写完，这一次会重做 / a line broke off; its run is done again")
            continue
        found[told["kind"], told["seed"]] = told
    return found


def missing(done: dict[tuple[str, int], dict[str, Any]], counts: dict[str, int]) -> list[tuple[str, int]]:
    return [
        (kind, seed) for kind, count in counts.items() for seed in range(count) if (kind, seed) not in done
    ]


def run_all(todo: list[tuple[str, int]], file: Path, workers: int) -> Iterator[dict[str, Any]]:
    """Do the runs and write each line as it is done."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with ProcessPoolExecutor(workers) as pool, file.open("a", encoding="utf-8") as lines:
        waiting = {pool.submit(one, *run): run for run in todo}
        for ended in as_completed(waiting):
            told = ended.result()
            lines.write(json.dumps(told, ensure_ascii=False) + "\n")
            lines.flush()
            yield told


def table(done: dict[tuple[str, int], dict[str, Any]], counts: dict[str, int]) -> str:
    """A row for each kind, and the sum."""
    head = ["runs", "of", "with problems", *FIGURES, *STATES, "seconds"]
    rows = [
        [kind, *_row([told for (k, _), told in done.items() if k == kind], counts[kind])] for kind in counts
    ]
    rows.append(["together", *_row(list(done.values()), sum(counts.values()))])
    lines = [["", *head], ["---", *["---:"] * len(head)], *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)


STATES = ("accepted", "delivered", "failed", "skipped", "offered")


def _row(runs: list[dict[str, Any]], of: int) -> list[Any]:
    states: Counter[str] = Counter()
    for told in runs:
        states.update(told["by_status"])
    sums = [sum(told[figure] for told in runs) for figure in FIGURES]
    bad = sum(bool(told["problems"]) for told in runs)
    seconds = round(sum(told["seconds"] for told in runs))
    return [len(runs), of, bad, *sums, *(states[state] for state in STATES), seconds]


def main() -> int:
    options = _options()
    counts = {"in process": options.in_process, "killing": options.killing}
    file = Path(options.results)
    if options.seed is not None:
        print(json.dumps(one(options.kind, options.seed), ensure_ascii=False, indent=1))
        return 0
    if options.fresh:
        file.unlink(missing_ok=True)
    done = done_before(file)
    todo = missing(done, counts)
    print(f"{len(done)} 次已做，还有 {len(todo)} 次 / {len(done)} runs done, {len(todo)} to do", flush=True)
    for number, told in enumerate(run_all(todo, file, options.workers), 1):
        done[told["kind"], told["seed"]] = told
        bad = "；".join(told["problems"])
        if bad or number % 10 == 0:
            print(f"{number}/{len(todo)} {told['kind']} {told['seed']} {bad}", flush=True)
    print(table(done, counts))
    return 1 if any(told["problems"] for told in done.values()) or missing(done, counts) else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="make long", description="Prove by runs that nobody is lost or doubled."
    )
    parser.add_argument("--results", default=str(RESULTS), help="where each run's line is kept")
    parser.add_argument(
        "--workers", type=int, default=max((os.cpu_count() or 2) - 1, 1), help="runs at one time"
    )
    parser.add_argument("--in-process", type=int, default=IN_PROCESS, help="runs that die inside one process")
    parser.add_argument("--killing", type=int, default=KILLING, help="runs with real processes and SIGKILL")
    parser.add_argument("--fresh", action="store_true", help="forget what was done")
    parser.add_argument(
        "--kind", choices=list(KINDS), default="in process", help="with --seed: of which kind"
    )
    parser.add_argument("--seed", type=int, help="do this one run and tell all of it")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
