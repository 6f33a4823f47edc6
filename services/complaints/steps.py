"""What was done with a complaint, written down."""

from __future__ import annotations

from models.accounts import Account
from models.complaints import Complaint, ComplaintAct, ComplaintStep
from models.inbound import StaffReply


def note_step(
    complaint: Complaint,
    act: ComplaintAct,
    actor: Account | None = None,
    *,
    note: str | None = None,
    reply: StaffReply | None = None,
) -> None:
    ComplaintStep.create(complaint=complaint, act=act, account=actor, note=note, reply=reply)
