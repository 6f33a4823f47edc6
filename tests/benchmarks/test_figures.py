"""Each figure's code runs with tiny sizes and tells a well-formed result; no figure is judged here."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import figures, report
from benchmarks.__main__ import NAMES
from benchmarks.sizes import BY_NAME, FULL

ROOT = Path(__file__).resolve().parents[2]
OWN = ("name", "value", "unit", "baseline", "ratio", "engine", "bound_by", "load")
MORE = {
    "push_template": {"limit_share", "loop_ratio", "per_s_400"},
    "callback_keyword": {"empty_route_ratio", "werobot_per_s"},
    "callback_survey": {"api_calls", "empty_p99_ms"},
    "launch_1m": {"us_per_row", "peak_mb"},
    "check_ins": {"empty_p99_ms", "people"},
    "survey_results_1m": {"filtered_s", "answers"},
}


@pytest.mark.serial
@pytest.mark.timeout(180)
@pytest.mark.parametrize("name", NAMES)
def test_a_figure_is_measured_and_kept(name: str, tmp_path: Path):
    results = tmp_path / "results.json"

    run = subprocess.run(
        [sys.executable, "-m", "benchmarks", "--size", "tiny", "--results", str(results), name],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=170,
    )

    assert run.returncode == 0, run.stderr[-3000:]
    content = json.loads(results.read_text(encoding="utf-8"))
    assert content["size"] == "tiny"
    told = content["figures"]
    assert {one["name"] for one in told} == {name}
    for one in told:
        assert set(OWN) <= set(one)
        assert MORE.get(name, set()) <= set(one)
        assert all(math.isfinite(one[number]) and one[number] > 0 for number in ("value", "ratio"))
        assert one["unit"]
        assert one["baseline"]
        assert one["bound_by"]
        assert name in run.stdout
    if name == "callback_survey":
        assert told[0]["api_calls"] == 0


def test_an_unknown_figure_is_refused():
    run = subprocess.run(
        [sys.executable, "-m", "benchmarks", "speed"], cwd=ROOT, capture_output=True, text=True
    )

    assert run.returncode == 2
    assert "no such figure: speed" in run.stderr


def test_a_later_run_keeps_the_other_figures_of_its_size(tmp_path: Path):
    path = tmp_path / "results.json"
    one = figures.Figure("start", 1.0, "s", "nothing", 1.0, "sqlite").told()
    other = figures.Figure("launch_10k", 5.0, "rows/s", "nothing", 1.0, "sqlite").told()

    figures.write([one], size="full", path=path)
    figures.write([other], size="full", path=path)
    both = figures.write([one | {"value": 2.0}], size="full", path=path)["figures"]
    alone = figures.write([other], size="tiny", path=path)["figures"]

    assert {(each["name"], each["value"]) for each in both} == {("start", 2.0), ("launch_10k", 5.0)}
    assert [each["name"] for each in alone] == ["launch_10k"]


def test_the_report_holds_a_row_for_each_figure(tmp_path: Path):
    path = tmp_path / "performance.md"
    path.write_text(f"before\n{report.BEGIN}\nold\n{report.END}\nafter\n", encoding="utf-8")
    told = figures.Figure("start", 1.5, "s", "an empty app", 3.0, "sqlite", "CPU", {"make_run_s": 4.0}).told()

    report.write(figures.write([told], size="full", path=tmp_path / "r.json"), path=path)

    text = path.read_text(encoding="utf-8")
    assert text.startswith("before\n")
    assert text.endswith("after\n")
    assert (
        "| start | 1.5 s | 3 × an empty app | `make_run_s` < 10 | `make_run_s` 4; load before 0 | CPU |"
        in text
    )
    assert "old" not in text


def test_each_figure_has_something_to_reach():
    assert list(report.TARGETS) == list(NAMES)
    assert [name for name, _ in FULL.launches] == [name for name in NAMES if name.startswith("launch_")]
    assert set(BY_NAME) == {"full", "quick", "tiny"}
