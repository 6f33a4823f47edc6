"""Lists that leave the console as files: who took what, and why where it was not masked."""

from __future__ import annotations

from models.accounts import Account
from models.base import BaseModel, db
from services import access, audit
from services.errors import Invalid
from services.personal_data import LEAST_REASON

MOST_ROWS = 100_000


def check_size(rows: int) -> None:
    """Raises Invalid for more than one file takes."""
    if rows > MOST_ROWS:
        raise Invalid(f"共 {rows:,} 条，一次最多导出 {MOST_ROWS:,} 条；请先用筛选条件缩小范围")


def check_reason(reason: str, *, actor: Account) -> str:
    """The reason for taking what is masked on screen. Raises NotAllowed, Invalid."""
    access.require(actor, "people.unmask")
    reason = " ".join(reason.split())
    if len(reason) < LEAST_REASON:
        raise Invalid(fields={"reason": f"请写明导出原因（至少 {LEAST_REASON} 个字），将记入审计"})
    return reason[:200]


def taken(
    title: str,
    rows: int,
    *,
    of: BaseModel | None = None,
    conditions: str,
    reason: str = "",
    actor: Account,
) -> None:
    """Keep that a file left, and of what; with a reason it held what is masked on screen."""
    action = "list.exported_full" if reason else "list.exported"
    with db.atomic():
        audit.record(action, of, actor=actor, list=title, rows=rows, conditions=conditions, reason=reason)
