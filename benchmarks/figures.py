"""One measured figure, how it is printed and where it is kept."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import clock

RESULTS = Path(__file__).with_name("results.json")


@dataclass(frozen=True)
class Figure:
    """`value` in `unit`; `baseline` says what `ratio` compares with (value ÷ baseline's value).

    `more` holds the figure's other numbers by name; in the file they stand beside the rest.
    """

    name: str
    value: float
    unit: str
    baseline: str
    ratio: float
    engine: str
    bound_by: str = ""
    more: dict[str, float] = field(default_factory=dict)
    load: float = 0.0  # of the machine in the minute before

    def told(self) -> dict[str, Any]:
        """The object of the results file: flat, numbers with four digits that count."""
        content = asdict(self)
        content |= content.pop("more")
        return {name: _rounded(value) for name, value in content.items()}


def line(one: dict[str, Any]) -> str:
    """One figure as the command prints it."""
    more = "  ".join(f"{name} {_number(value)}" for name, value in others(one).items())
    return (
        f"{one['name']:<18} {_number(one['value']):>10} {one['unit']:<12} "
        f"{_number(one['ratio']):>7} × {one['baseline']}  [{one['engine']}]\n"
        f"{'':<18} {more}\n{'':<18} bound by: {one['bound_by']}"
    )


def others(one: dict[str, Any]) -> dict[str, float]:
    """The numbers a figure tells besides `value` and `ratio`."""
    own = set(Figure.__dataclass_fields__)
    return {name: value for name, value in one.items() if name not in own}


def machine() -> str:
    return f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"


def write(figures: Iterable[dict[str, Any]], *, size: str, path: Path = RESULTS) -> dict[str, Any]:
    """Keep the figures of this run; those of other names stay from earlier runs of the same size."""
    figures = list(figures)
    kept: list[dict[str, Any]] = []
    if path.exists():
        fresh = {(one["name"], one["engine"]) for one in figures}
        old = json.loads(path.read_text(encoding="utf-8"))
        if old.get("size") == size:
            kept = [one for one in old["figures"] if (one["name"], one["engine"]) not in fresh]
    content = {
        "machine": machine(),
        "measured_on": clock.local_today().isoformat(),
        "size": size,
        "figures": kept + figures,
    }
    path.write_text(json.dumps(content, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    return content


def _rounded(value: Any) -> Any:
    return float(f"{value:.4g}") if isinstance(value, float) else value


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 or value == int(value) else f"{value:.3g}"
