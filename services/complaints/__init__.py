"""Complaints and suggestions (投诉建议): taken down sealed, answered by a day that was told, closed.

    complaint = complaints.submit(person_or_follower, ComplaintKind.SUGGESTION, text)
    complaints.of(follower)                       # the member's own, the newest first

An answer goes out as a window message while the window is open, else as an automatic notice to a
member (or a rider to a mere follower), and can always be read in 我的. Who asks not to be named is
told to nobody: such a complaint goes to the secretariat and carries no name on any screen.

`member` is the member's side, `staff` our staff's, `queries` reads.
"""

from __future__ import annotations

from services.complaints.member import LONGEST, TooMany, ask_for_call, rate, submit
from services.complaints.queries import (
    due_after,
    find,
    is_late,
    late,
    numbered,
    of,
    own,
    receipt,
    search,
    steps_of,
    to_rate,
    told_as,
)
from services.complaints.staff import (
    ANSWER_BYTES,
    answer,
    close,
    close_settled,
    forget_old,
    hand_over,
    reopen,
    see_contact,
    take,
    tell_by_notice,
)

__all__ = [
    "ANSWER_BYTES",
    "LONGEST",
    "TooMany",
    "answer",
    "ask_for_call",
    "close",
    "close_settled",
    "due_after",
    "find",
    "forget_old",
    "hand_over",
    "is_late",
    "late",
    "numbered",
    "of",
    "own",
    "rate",
    "receipt",
    "reopen",
    "search",
    "see_contact",
    "steps_of",
    "submit",
    "take",
    "tell_by_notice",
    "to_rate",
    "told_as",
]
