"""The e-journals (电子期刊): issues written as a whole, published to members, withdrawn.

Internal material: number, permit line and the words 内部资料，免费交流 go with every issue, and
only people of present member units read it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from html import escape
from typing import Any

from peewee import Expression, IntegrityError, ModelSelect, fn

import clock
from models.accounts import Account
from models.alliance import MemberUnit
from models.base import db
from models.people import Person
from models.pictures import Picture
from models.publishing import (
    EJournal,
    EJournalArticle,
    EJournalColumn,
    EJournalIssue,
    IssueStatus,
)
from services import access, audit, pictures, reviews
from services.activities.queries import is_member_today
from services.errors import IllegalMove, Invalid, NotAllowed, NotFound, StaleState
from services.publishing import issue_states, issue_structure, numbers, wording
from services.publishing.issue_structure import Column
from services.publishing.wording import Finding

INTERNAL_LINE = "内部资料，免费交流"
FIELDS = {
    "e_journal",
    "issue_no",
    "print_permit_no",
    "summary",
    "publish_on",
    "cover_token",
    "columns",
    "is_sample",
}
LABELS = {"issue_no": "期号", "print_permit_no": "准印证号", "summary": "本期摘要"}


class NotAMember(NotAllowed):
    code, message = "not_a_member_unit", "电子期刊只供联盟成员单位的人员阅读"


def create_journal(
    name: str,
    *,
    print_permit_no: str = "",
    member_unit: MemberUnit | int | None = None,
    actor: Account | None,
) -> EJournal:
    """A periodical. Raises Invalid for an empty or taken name; `findings` warns of odd names."""
    name = " ".join(name.split())
    unit: Any = getattr(member_unit, "id", member_unit)
    unit = unit if unit is not None else (actor.member_unit_id if actor is not None else None)
    errors = {}
    if not name or len(name) > EJournal.name.max_length:
        errors["name"] = f"请填写刊名，不超过{EJournal.name.max_length}个字"
    elif EJournal.select().where(EJournal.name == name).exists():
        errors["name"] = f"已有名为{name}的刊物"
    if unit is None:
        errors["member_unit"] = "请选择主办单位"
    if len(print_permit_no.strip()) > EJournal.print_permit_no.max_length:
        errors["print_permit_no"] = f"准印证号不超过{EJournal.print_permit_no.max_length}个字"
    if errors:
        raise Invalid(fields=errors)
    if actor is not None:
        access.require_unit(actor, unit)
    with db.atomic():
        journal = EJournal.create(name=name, print_permit_no=print_permit_no.strip(), member_unit=unit)
        audit.record("e_journal.created", journal, actor=actor, name=name)
    return journal


def journals(*, actor: Account | None = None) -> list[EJournal]:
    """All periodicals, or those whose issues the account may write."""
    query = EJournal.select().order_by(EJournal.id)
    scope = access.unit_scope(actor) if actor is not None else None
    return list(query if scope is None else query.where(EJournal.member_unit == scope))


def save_issue(
    values: Mapping[str, Any],
    *,
    actor: Account | None,
    issue: EJournalIssue | None = None,
    version: int | None = None,
) -> EJournalIssue:
    """Make an issue, or (with `issue` and the `version` that was read) change what `values` names.

    `columns` is the whole structure in order: [{"id"?, "name", "articles": [{"id"?, "title",
    "author", "body_html", "is_public"}]}]; left out, it stays. Its own reviews and those of
    campaigns about it are void where the text is another one. Raises StaleState where somebody was
    faster, IllegalMove where it is published, Invalid naming every wrong field
    (`columns.0.articles.1.title`), NotFound for another school's issue.
    """
    unknown = set(values) - FIELDS
    if unknown:
        raise TypeError(f"no field of an issue: {', '.join(sorted(unknown))}")
    with db.atomic():
        fresh = None if issue is None else issue_states.to_edit(issue, actor, version)
        stored, columns = _checked(values, fresh, actor)
        if fresh is None:
            fresh = _create(stored)
        else:
            EJournalIssue.update(version=fresh.version + 1, **stored).where(
                EJournalIssue.id == fresh.id
            ).execute()
        if columns is not None:
            issue_structure.write(fresh, columns)
        action = "e_journal_issue.created" if issue is None else "e_journal_issue.changed"
        return issue_states.edited(fresh, action=action, actor=actor)


def publish(issue: EJournalIssue, *, actor: Account | None) -> EJournalIssue:
    """Show the approved issue to members. Raises IllegalMove before the final approval, Invalid naming
    what must be mended, StaleState when the text is no longer the approved one."""
    with db.atomic():
        fresh = issue_states.fresh(issue, actor)
        if fresh.status is not IssueStatus.APPROVED:
            raise IllegalMove("三审都通过后才能发布", was=fresh.status.value)
        if errors := missing(fresh):
            raise Invalid(fields=errors)
        if issue_states.content_hash(fresh) == fresh.content_hash:
            first = fresh.published_at or clock.utc_now()
            issue_states.move(fresh, IssueStatus.PUBLISHED, published_at=first, status_reason="")
            audit.record("e_journal_issue.published", fresh, actor=actor, issue_no=fresh.issue_no)
            return fresh
    issue_states.void_changed(issue)
    raise StaleState("审定后内容有修改，已退回草稿，须重新送审")


def withdraw(issue: EJournalIssue, reason: str, *, actor: Account | None) -> EJournalIssue:
    """Take a published issue back; members read the reason nowhere, the audit trail keeps it.

    It is sent to review anew before it comes back. Raises Invalid without a reason, IllegalMove
    where it is not published.
    """
    reason = " ".join(reason.split())
    if not reason:
        raise Invalid(fields={"reason": "请填写撤回原因"})
    most = EJournalIssue.status_reason.max_length
    if len(reason) > most:
        raise Invalid(fields={"reason": f"撤回原因不超过{most}个字"})
    with db.atomic():
        fresh = issue_states.fresh(issue, actor)
        issue_states.move(fresh, IssueStatus.WITHDRAWN, status_reason=reason)
        reviews.void(issue_states.KIND, fresh)
        audit.record("e_journal_issue.withdrawn", fresh, actor=actor, issue_no=fresh.issue_no, reason=reason)
    return fresh


def find(issue_id: int, *, actor: Account | None, to_manage: bool = False) -> EJournalIssue:
    """An issue the account may see (published, or its own unit's) or change; else NotFound."""
    query = _with_journal(EJournalIssue.id == issue_id)
    scope = access.unit_scope(actor) if actor is not None else None
    if scope is not None:
        own = EJournal.member_unit == scope
        query = query.where(own if to_manage else own | (EJournalIssue.status == IssueStatus.PUBLISHED))
    issue = query.first()
    if issue is None:
        raise NotFound()
    return issue


def visible(*, actor: Account | None) -> ModelSelect[Any]:
    """Every issue the account may see, with its periodical, unordered."""
    query = _with_journal()
    scope = access.unit_scope(actor) if actor is not None else None
    if scope is None:
        return query
    return query.where((EJournal.member_unit == scope) | (EJournalIssue.status == IssueStatus.PUBLISHED))


def latest(
    limit: int = 10, *, e_journal: EJournal | int | None = None, offset: int = 0, year: int | None = None
) -> list[EJournalIssue]:
    """Published issues with their periodicals, the newest first; old issues follow by `offset`."""
    query = _with_journal(EJournalIssue.status == IssueStatus.PUBLISHED)
    if year is not None:
        first, after = (clock.from_local(datetime(each, 1, 1)) for each in (year, year + 1))
        query = query.where(EJournalIssue.published_at >= first, EJournalIssue.published_at < after)
    if e_journal is not None:
        query = query.where(EJournalIssue.e_journal == getattr(e_journal, "id", e_journal))
    newest_first = query.order_by(EJournalIssue.published_at.desc(), EJournalIssue.id.desc())
    return list(newest_first.limit(limit).offset(offset))


def read(issue_id: int, person: Person) -> tuple[EJournalIssue, list[Column]]:
    """A published issue with its columns and articles, for a reader. Raises NotAMember, NotFound."""
    require_reader(person)
    issue = _with_journal(EJournalIssue.id == issue_id, EJournalIssue.status == IssueStatus.PUBLISHED).first()
    if issue is None:
        raise NotFound("这一期没有发布，或已经撤回")
    return issue, issue_structure.read(issue)


def columns_of(issue: EJournalIssue) -> list[Column]:
    """The columns with their articles, in order."""
    return issue_structure.read(issue)


def require_reader(person: Person) -> None:
    """Raises NotAMember for a person whose unit is not of the alliance today."""
    if not is_member_today(person):
        raise NotAMember()


def cover_html(issue: EJournalIssue) -> str:
    """The cover picture as a page shows it; "" without one."""
    picture = Picture.get_or_none(Picture.token == issue.cover_token) if issue.cover_token else None
    if picture is None:
        return ""
    return f'<img src="{pictures.address(picture)}" alt="{escape(picture.alt)}">'


def permit_line(issue: EJournalIssue) -> str:
    """The line every issue carries: permit number and 内部资料，免费交流."""
    permit = issue.print_permit_no or issue.e_journal.print_permit_no
    return f"{permit}　{INTERNAL_LINE}" if permit else INTERNAL_LINE


def findings(issue: EJournalIssue) -> list[Finding]:
    """What stops the issue (`stops`) and what a person should look at, in the order of reading."""
    columns = issue_structure.read(issue)
    texts = {"本期摘要": issue.summary, **issue_structure.texts(columns)}
    found = wording.errors_in(texts) + _unlicensed(issue, columns)
    return found + numbers.findings(issue) + wording.internal_warnings(issue.e_journal.name, texts)


def missing(issue: EJournalIssue) -> dict[str, str]:
    """All that an issue needs before it is reviewed and published, by field; {} when it is complete."""
    columns = issue_structure.read(issue)
    errors = {}
    if not (issue.print_permit_no or issue.e_journal.print_permit_no):
        errors["print_permit_no"] = "请填写准印证号，内部资料须注明"
    if not any(column.articles for column in columns):
        errors["columns"] = "请至少编入一篇文章"
    for number, column in enumerate(columns):
        if not column.articles:
            errors[f"columns.{number}"] = f"栏目“{column.name}”还没有文章，请编入文章或删去栏目"
        for place, article in enumerate(column.articles):
            if not article.body_html:
                errors[f"columns.{number}.articles.{place}.body_html"] = f"《{article.title}》还没有正文"
    stopping = [finding for finding in findings(issue) if finding.stops]
    if stopping:
        errors["wording"] = "；".join(str(finding) for finding in stopping)
    return errors


def years(*, e_journal: EJournal | None = None) -> list[int]:
    """The years in which issues were published, the newest first."""
    query = EJournalIssue.select(EJournalIssue.published_at).where(
        EJournalIssue.status == IssueStatus.PUBLISHED
    )
    if e_journal is not None:
        query = query.where(EJournalIssue.e_journal == e_journal.id)
    return sorted({clock.to_local(row.published_at).year for row in query if row.published_at}, reverse=True)


def article_count(issue_ids: Sequence[int]) -> dict[int, int]:
    """How many articles each issue holds; those without any are left out."""
    rows: Any = (
        EJournalArticle.select(EJournalColumn.issue, fn.COUNT(EJournalArticle.id))
        .join(EJournalColumn)
        .where(EJournalColumn.issue.in_(list(issue_ids)))
        .group_by(EJournalColumn.issue)
        .tuples()
    )
    return dict(rows)


def _create(stored: dict[str, Any]) -> EJournalIssue:
    try:
        return EJournalIssue.create(**stored)
    except IntegrityError as error:  # another editor made the same number at this instant
        raise Invalid(fields={"issue_no": "这一期号刚刚被别人用了，请核对"}) from error


def _with_journal(*conditions: Expression) -> ModelSelect[Any]:
    query = EJournalIssue.select(EJournalIssue, EJournal, MemberUnit).join(EJournal).join(MemberUnit)
    return query.where(*conditions) if conditions else query


def _checked(
    values: Mapping[str, Any], issue: EJournalIssue | None, actor: Account | None
) -> tuple[dict[str, Any], list[dict[str, Any]] | None]:
    stored = {name: value for name, value in values.items() if name not in ("columns", "e_journal")}
    errors: dict[str, str] = {}
    for name, label in LABELS.items():
        if name in stored or (issue is None and name == "issue_no"):
            stored[name] = numbers.tidy(stored.get(name) or "")
            limit = getattr(EJournalIssue, name).max_length
            if len(stored[name]) > limit:
                errors[name] = f"{label}不超过{limit}个字，现在是{len(stored[name])}个字"
    if "issue_no" in stored and not stored["issue_no"]:
        errors["issue_no"] = "请填写期号，例如：2026年第3期"
    journal = _journal(values, issue, actor, errors)
    if journal is not None:
        stored["e_journal"] = journal.id
        if issue is None and not stored.get("print_permit_no"):
            stored["print_permit_no"] = journal.print_permit_no
        _check_number(stored.get("issue_no"), journal, issue, errors)
    if not isinstance(stored.get("publish_on"), date | None):
        errors["publish_on"] = "请按 2026-11-23 的样子填写日期"
    if stored.get("cover_token") and not _may_show(stored["cover_token"], actor):
        errors["cover_token"] = "这张图片不在图片库里，请重新选择封面"  # noqa: S105
    columns: Sequence[Mapping[str, Any]] | None = values.get("columns")
    checked = None if columns is None else issue_structure.checked(columns, errors)
    if errors:
        raise Invalid(fields=errors)
    return stored, checked


def _may_show(token: str, actor: Account | None) -> bool:
    usable = Picture.select() if actor is None else pictures.visible(actor=actor)
    return bool(usable.where(Picture.token == token).exists())


def _journal(
    values: Mapping[str, Any], issue: EJournalIssue | None, actor: Account | None, errors: dict[str, str]
) -> EJournal | None:
    given = values.get("e_journal", issue.e_journal_id if issue is not None else None)
    journal_id = getattr(given, "id", given)
    journal = EJournal.get_or_none(EJournal.id == journal_id) if journal_id is not None else None
    if journal is None:
        errors["e_journal"] = "请选择刊物"
    elif actor is not None:
        access.require_unit(actor, journal.member_unit_id)
    return journal


def _check_number(
    issue_no: str | None, journal: EJournal, issue: EJournalIssue | None, errors: dict[str, str]
) -> None:
    issue_no = issue_no if issue_no is not None else (issue.issue_no if issue is not None else "")
    query = EJournalIssue.select().where(
        EJournalIssue.e_journal == journal.id, EJournalIssue.issue_no == issue_no
    )
    if issue is not None:
        query = query.where(EJournalIssue.id != issue.id)
    if issue_no and query.exists():
        errors["issue_no"] = f"{journal.name}已有{issue_no}，请核对期号"


def _unlicensed(issue: EJournalIssue, columns: Sequence[Column]) -> list[Finding]:
    """The pictures of the texts, and the cover, whose right is not known."""
    shown = {f"《{a.title}》": a.body_html for column in columns for a in column.articles}
    if issue.cover_token:
        shown["封面"] = cover_html(issue)
    found = ((place, pictures.why_not_licensed([body])) for place, body in shown.items())
    return [Finding(place, "", why, stops=True) for place, why in found if why]
