"""Content as lists and cards show it: an activity, an issue, an article."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import clock
from bot.context import Context
from models.activities import Activity, ActivityKind, ActivitySeries, ActivityStatus
from models.notices import Notice, NoticeStatus
from models.publishing import EJournal, EJournalArticle, EJournalColumn, EJournalIssue, IssueStatus
from services import activities
from services.activities.queries import open_to
from services.publishing import notices
from services.search.finding import Hit
from services.search.index import Kind

WEEKDAYS = "一二三四五六日"
PICTURES = {ActivityKind.LECTURE: "lecture", ActivityKind.SALON: "salon"}
JOURNAL_PICTURE = "e_journal"
PERMIT_HINT = "内部资料，登录后阅读，请勿外传"


@dataclass(frozen=True, slots=True)
class Entry:
    """`note` is the line under the title in a list, `day` a word or two beside it, `facts` a card's lines."""

    kind: Kind
    id: int
    title: str
    path: str
    note: str
    day: str = ""
    facts: tuple[str, ...] = ()
    picture: str = JOURNAL_PICTURE
    may_sign_up: bool = False


def of_activity(activity: Activity, kind: ActivityKind = ActivityKind.LECTURE) -> Entry:
    starts = clock.to_local(activity.starts_at)
    year = "" if starts.year == clock.local_today().year else f"{starts.year}年"
    day = f"{year}{starts.month}月{starts.day}日"
    is_past = activity.ends_at <= clock.utc_now()
    when = f"{day}（周{WEEKDAYS[starts.weekday()]}）{starts:%H:%M}" + ("（已结束）" if is_past else "")
    facts = [when, f"地点：{activity.place}"]
    if activity.speaker:
        facts.append(f"主讲：{activity.speaker}")
    return Entry(
        Kind.ACTIVITY,
        activity.id,
        activity.title,
        f"/m/activities/{activity.id}",
        note=f"{when}　{activity.place}",
        day=day,
        facts=tuple(facts),
        picture=PICTURES.get(kind, PICTURES[ActivityKind.LECTURE]),
        may_sign_up=activities.is_open(activity),
    )


def of_issue(issue: Any, columns: list[str]) -> Entry:
    """`issue` has `journal_name` beside its own fields."""
    told = [f"栏目：{'、'.join(columns)}"] if columns else []
    permit = [issue.print_permit_no] if issue.print_permit_no else []
    return Entry(
        Kind.ISSUE,
        issue.id,
        f"{issue.journal_name}{issue.issue_no}",
        f"/m/issues/{issue.id}",
        note="\n　".join(told + permit),
        facts=(*told, *permit, PERMIT_HINT),
    )


def of_article(article: Any) -> Entry:
    """`article` has `issue_id`, `issue_no` and `journal_name` beside its own fields."""
    path, where = (
        f"/m/issues/{article.issue_id}/articles/{article.id}",
        f"{article.journal_name}{article.issue_no}",
    )
    return Entry(
        Kind.ARTICLE, article.id, article.title, path, note=where, facts=(f"载于{where}", PERMIT_HINT)
    )


def of_notice(notice: Notice) -> Entry:
    when = clock.to_local(notice.published_at) if notice.published_at else clock.to_local(notice.created_at)
    day = f"{when.year}年{when.month}月{when.day}日"
    told = f"通知公告　{day}"
    return Entry(Kind.NOTICE, notice.id, notice.title, f"/m/notices/{notice.id}", note=told, facts=(told,))


def of_hit(hit: Hit) -> Entry:
    if hit.kind is Kind.ACTIVITY:
        return of_activity(hit.item)
    if hit.kind is Kind.NOTICE:
        return of_notice(hit.item)
    return of_issue(hit.item, []) if hit.kind is Kind.ISSUE else of_article(hit.item)


def find(ctx: Context, kind: str, row_id: int) -> Entry | None:
    """What stood under a number, if it is still published and open to who asks."""
    if kind == Kind.ACTIVITY:
        return _activity(ctx, row_id)
    if kind == Kind.NOTICE:
        return _notice(ctx, row_id)
    if ctx.reader is None or not activities.is_member_today(ctx.reader):
        return None
    return _issue(row_id) if kind == Kind.ISSUE else _article(row_id)


def _activity(ctx: Context, row_id: int) -> Entry | None:
    found = (
        Activity.select(Activity, ActivitySeries)
        .join(ActivitySeries)
        .where(Activity.id == row_id, Activity.status == ActivityStatus.PUBLISHED, open_to(ctx.reader))
        .first()
    )
    return of_activity(found, found.series.kind) if found is not None else None


def _notice(ctx: Context, row_id: int) -> Entry | None:
    if ctx.reader is None:
        return None
    found = Notice.select().where(Notice.id == row_id, notices.open_to(ctx.reader))
    notice = found.where(Notice.status == NoticeStatus.PUBLISHED).first()
    return of_notice(notice) if notice is not None else None


def _issue(row_id: int) -> Entry | None:
    rows: Any = (
        EJournalIssue.select(
            EJournalIssue, EJournal.name.alias("journal_name"), EJournalColumn.name.alias("column_name")
        )
        .join(EJournal)
        .switch(EJournalIssue)
        .left_outer_join(EJournalColumn)
        .where(EJournalIssue.id == row_id, EJournalIssue.status == IssueStatus.PUBLISHED)
        .order_by(EJournalColumn.position)
        .objects()
    )
    found = list(rows)
    return of_issue(found[0], [row.column_name for row in found if row.column_name]) if found else None


def _article(row_id: int) -> Entry | None:
    found: Any = (
        EJournalArticle.select(
            EJournalArticle.id,
            EJournalArticle.title,
            EJournalIssue.id.alias("issue_id"),
            EJournalIssue.issue_no,
            EJournal.name.alias("journal_name"),
        )
        .join(EJournalColumn)
        .join(EJournalIssue)
        .join(EJournal)
        .where(EJournalArticle.id == row_id, EJournalIssue.status == IssueStatus.PUBLISHED)
        .objects()
        .first()
    )
    return of_article(found) if found is not None else None
