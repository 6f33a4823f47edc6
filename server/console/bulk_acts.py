"""An act on many rows of a list, declared (server/console/bulk.py shows and does it).

    BulkAct(
        "cancel", "取消活动", "activities.manage",
        do=lambda row, reason: activities.cancel(row, reason, actor=me()),
        why_not=lambda row: "已经取消" if row.status is ActivityStatus.CANCELLED else "",
        told="取消后不能恢复，报名的人会看到原因。",
        ask="取消原因",
    )

`do` is one act of a service on one row: it checks, moves and records by itself, so a run that
breaks off leaves whole rows, and doing it again takes the rest. `why_not` says in words why a
row is left out ("" where it is not). With `was` and `undo` the run can be taken back for an hour:
`was` tells what `undo` needs, read before the act.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any


def _nothing(row: Any) -> str:
    return ""


@dataclass(frozen=True)
class BulkAct:
    """`ask` labels a sentence that must be given, `choices` what is to be chosen: `do` gets it."""

    name: str
    title: str
    permission: str
    do: Callable[[Any, str], Any]
    why_not: Callable[[Any], str] = _nothing
    told: str = ""
    ask: str = ""
    choices: Callable[[], Sequence[tuple[str, str]]] | None = None
    icon: str = "checks"
    css: str = "btn"
    was: Callable[[Any], str] = _nothing
    undo: Callable[[Any, str], Any] | None = None
