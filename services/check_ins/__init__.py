"""Check-in (签到): opened by who runs the activity, done by code, six digits or roll call.

`opening` opens and closes it, `codes` makes and reads what is shown, `coming` lets people in,
`roll_call` is the organiser's hand, `queries` reads.
"""

from __future__ import annotations

from services.check_ins.codes import CODE_SECONDS, PAGE, ShownCode, path_of, read, shown_codes
from services.check_ins.coming import (
    CAME,
    Checked,
    CheckInOutcome,
    Position,
    check_in,
    is_of_late,
    matches,
)
from services.check_ins.opening import (
    CheckInNotPossible,
    Place,
    close,
    is_open,
    may_open,
    may_run,
    open_,
    opening_of,
    reopens_at,
    shuts_at,
)
from services.check_ins.queries import (
    Counts,
    Line,
    Sheet,
    arrivals,
    counts,
    exported,
    mine,
    of_person,
    openings,
    present,
    running,
    runs_any,
    sheet,
)
from services.check_ins.roll_call import Mark, confirm, mark

__all__ = [
    "CAME",
    "CODE_SECONDS",
    "PAGE",
    "CheckInNotPossible",
    "CheckInOutcome",
    "Checked",
    "Counts",
    "Line",
    "Mark",
    "Place",
    "Position",
    "Sheet",
    "ShownCode",
    "arrivals",
    "check_in",
    "close",
    "confirm",
    "counts",
    "exported",
    "is_of_late",
    "is_open",
    "mark",
    "matches",
    "may_open",
    "may_run",
    "mine",
    "of_person",
    "open_",
    "opening_of",
    "openings",
    "path_of",
    "present",
    "read",
    "reopens_at",
    "running",
    "runs_any",
    "sheet",
    "shown_codes",
    "shuts_at",
]
