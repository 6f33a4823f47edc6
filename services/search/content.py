"""What is found of an activity, an issue and its articles. The acts that change them call this.

Whether something is published, cancelled or withdrawn is not kept here: a search asks the row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

from models.activities import Activity, ActivitySeries
from models.base import db
from models.notices import Notice
from models.publishing import EJournal, EJournalIssue
from models.search import SearchEntry, mend
from services.html import plain_text
from services.publishing import issue_structure
from services.search.index import Kind, index, remove

BATCH = 50  # items a transaction: other writers wait no longer


def index_activity(activity: Activity) -> None:
    """Make the activity findable as it now stands."""
    series: ActivitySeries = activity.series
    number = f"第{activity.series_no}期" if activity.series_no is not None else ""
    texts = [f"{series.name}{number}", activity.speaker, activity.place, activity.speaker_intro]
    with db.atomic():
        remove(Kind.ACTIVITY, activity.id)
        index(Kind.ACTIVITY, activity.id, activity.title, [*texts, plain_text(activity.body_html)])


def index_issue(issue: EJournalIssue) -> None:
    """Make the issue and its articles findable as they now stand."""
    columns = issue_structure.read(issue)
    with db.atomic():
        remove(Kind.ISSUE, issue.id)
        remove(Kind.ARTICLE, issue.id)
        names = [column.name for column in columns]
        index(Kind.ISSUE, issue.id, f"{issue.e_journal.name}{issue.issue_no}", [issue.summary, *names])
        for article in (article for column in columns for article in column.articles):
            texts = [article.author, plain_text(article.body_html)]
            index(Kind.ARTICLE, article.id, article.title, texts, under=issue.id)


def index_notice(notice: Notice) -> None:
    """Make the notice findable as it now stands."""
    with db.atomic():
        remove(Kind.NOTICE, notice.id)
        index(Kind.NOTICE, notice.id, notice.title, [notice.issued_by, plain_text(notice.body_html)])


def rebuild() -> tuple[int, int, int]:
    """Index all content anew, in small transactions; the numbers of activities, issues and notices.

    Searching goes on meanwhile. What is left of content that is no more is taken out.
    """
    mend()
    activities = Activity.select(Activity.id).order_by(Activity.id)
    issues = EJournalIssue.select(EJournalIssue.id).order_by(EJournalIssue.id)
    notices = Notice.select(Notice.id).order_by(Notice.id)
    with_series = Activity.select(Activity, ActivitySeries).join(ActivitySeries)
    with_journal = EJournalIssue.select(EJournalIssue, EJournal).join(EJournal)
    done = (
        _in_batches(activities, with_series, index_activity),
        _in_batches(issues, with_journal, index_issue),
        _in_batches(notices, Notice.select(), index_notice),
    )
    with db.atomic():
        _forget_gone([Kind.ACTIVITY], activities)
        _forget_gone([Kind.ISSUE, Kind.ARTICLE], issues)
        _forget_gone([Kind.NOTICE], notices)
    return done


def _in_batches(ids: Any, rows: Any, index_one: Callable[[Any], None]) -> int:
    numbers: Iterator[int] = iter([row.id for row in ids])
    done = 0
    while batch := list(islice(numbers, BATCH)):
        with db.atomic():
            for row in rows.where(rows.model.id.in_(batch)):
                index_one(row)
                done += 1
    return done


def _forget_gone(kinds: list[Kind], ids: Any) -> None:
    gone = SearchEntry.under_id.not_in(ids.order_by())
    SearchEntry.delete().where(SearchEntry.kind.in_(kinds), gone).execute()
