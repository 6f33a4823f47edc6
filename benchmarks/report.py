"""docs/performance.md: its table is written from the results file, the rest by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from benchmarks.figures import others

REPORT = Path(__file__).resolve().parent.parent / "docs/performance.md"
BEGIN, END = "<!-- written by make bench -->", "<!-- end -->"
TARGETS = {
    "callback_keyword": "≥ 0.7 × WeRoBot",
    "callback_survey": "p99 ≤ 5 × the empty route's; no API call",
    "push_template": "`limit_share` ≥ 0.75; `loop_ratio` ≥ 30",
    "events_settled": "≥ 167/s (10,000 a minute)",
    "launch_10k": "≥ 150,000/s SQLite, 40,000/s PostgreSQL",
    "launch_100k": "as launch_10k",
    "launch_1m": "per row ≤ 1.5 × launch_10k; memory ≤ 1.3 ×",
    "check_ins": "p99 ≤ 5 × the empty route's; none lost or doubled",
    "survey_results_1m": "< 2 s; `filtered_s` < 1",
    "list_100k": "≤ 3 × a list of 1,000",
    "sandbox_sends": "≥ 5,000/s",
    "sandbox_latency": "≤ 5 ms late",
    "start": "`make_run_s` < 10",
}
HEAD = ("figure", "value", "÷ baseline", "to reach", "besides", "bound by")


def write(content: dict[str, Any], *, path: Path = REPORT) -> None:
    """Put the table between the two marks. Raises ValueError when they are missing."""
    text = path.read_text(encoding="utf-8")
    if BEGIN not in text or END not in text:
        raise ValueError(f"{path.name} needs the lines {BEGIN} and {END}")
    before, _, rest = text.partition(BEGIN)
    after = rest.partition(END)[2]
    path.write_text(f"{before}{BEGIN}\n{table(content)}\n{END}{after}", encoding="utf-8")


def table(content: dict[str, Any]) -> str:
    """Machine, date and one row a figure, in the order of TARGETS."""
    order = list(TARGETS)
    figures = sorted(
        content["figures"], key=lambda one: (order.index(one["name"]), one["engine"] != "sqlite")
    )
    rows = [HEAD, tuple("---" for _ in HEAD), *(_row(one) for one in figures)]
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join([f"{content['machine']}; {content['measured_on']}.", "", *lines])


def _row(one: dict[str, Any]) -> tuple[str, ...]:
    engine = "" if one["engine"] in ("sqlite", "memory") else f" ({one['engine']})"
    besides = ", ".join(f"`{name}` {_told(value)}" for name, value in others(one).items())
    return (
        f"{one['name']}{engine}",
        f"{_told(one['value'])} {one['unit']}",
        f"{_told(one['ratio'])} × {one['baseline']}",
        TARGETS[one["name"]],
        f"{besides}; load before {_told(one['load'])}",
        str(one["bound_by"]),
    )


def _told(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 or value == int(value) else f"{value:.3g}"
