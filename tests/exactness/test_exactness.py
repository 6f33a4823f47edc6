"""What CI does of the 500 runs of `make long`: twenty in process, three with real kills."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.exactness import in_process, killing
from tests.exactness.__main__ import done_before, missing, table
from tests.exactness.verdict import Verdict

pytestmark = pytest.mark.serial


def test_dying_anywhere_loses_and_doubles_nobody() -> None:
    verdicts = [in_process.run(seed) for seed in range(1000, 1020)]

    assert {verdict.seed: verdict.problems for verdict in verdicts if verdict.problems} == {}
    assert sum(verdict.kills for verdict in verdicts) >= 20
    assert sum(verdict.faults for verdict in verdicts) >= 60
    assert sum(verdict.persons for verdict in verdicts) >= 400


@pytest.mark.timeout(180)
def test_killed_workers_and_clocks_lose_and_double_nobody() -> None:
    with killing.nursery() as born:
        verdicts = [killing.run(seed, born) for seed in range(1000, 1003)]

    assert {verdict.seed: verdict.problems for verdict in verdicts if verdict.problems} == {}
    assert all(verdict.kills >= 3 for verdict in verdicts)
    assert all(verdict.unknown < verdict.persons for verdict in verdicts)


def result(**told: Any) -> dict[str, Any]:
    return Verdict("in process", 0, persons=10, by_status={"accepted": 10}).told() | told


def test_what_was_done_is_not_done_again(tmp_path: Path) -> None:
    file = tmp_path / "results.jsonl"
    lines = [json.dumps(result()), json.dumps(result(seed=2, problems=["lost"])), '{"kind": "in pro']
    file.write_text("\n".join(lines), encoding="utf-8")

    done = done_before(file)

    assert missing(done, {"in process": 3, "killing": 1}) == [("in process", 1), ("killing", 0)]
    rows = table(done, {"in process": 3, "killing": 1}).splitlines()
    assert rows[2].startswith("| in process | 2 | 3 | 1 | 20 |")
    assert rows[3].startswith("| killing | 0 | 1 | 0 |")
