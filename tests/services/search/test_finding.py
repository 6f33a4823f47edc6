"""What is found, by whom; kept in step by the acts, within their transactions."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from peewee import Database

import clock
from models.accounts import AccountRoleKind
from models.activities import Activity, ActivityStatus
from models.notices import NoticeStatus
from models.people import Person
from models.publishing import EJournal, EJournalArticle, EJournalIssue, IssueStatus
from models.search import SearchEntry
from services import activities
from services.errors import StaleState
from services.publishing import e_journals
from services.search import content, finding
from services.search.index import Kind
from tests.factories import make_account, make_activity, make_issue, make_person, make_series, make_unit
from tests.factories.composer import make_notice
from tests.factories.issues import published
from tests.statements import count_statements

__all__ = ["count_statements"]

pytestmark = pytest.mark.usefixtures("noon")


def lecture(**values: Any) -> Activity:
    activity = make_activity(**values)
    content.index_activity(activity)
    return activity


def issue_with(title: str, body: str, **values: Any) -> EJournalIssue:
    issue = make_issue(**values)
    EJournalArticle.update(title=title, body_html=body).where(
        EJournalArticle.column.in_([column.id for column in issue.columns])
    ).execute()
    content.index_issue(issue)
    return issue


def titles(text: str, person: Person | None, limit: int = 10) -> list[str]:
    return [
        hit.item.issue_no if hit.kind is Kind.ISSUE else hit.item.title
        for hit in finding.for_member(text, person, limit)
    ]


def values_of(**more: Any) -> dict[str, Any]:
    starts = clock.utc_now() + timedelta(days=2)
    unit = make_unit()
    return {
        "series": make_series(),
        "title": "基层治理讲座",
        "place": "一号报告厅",
        "starts_at": starts,
        "ends_at": starts + timedelta(hours=2),
        "member_unit": unit.id,
        **more,
    }


def test_acts_on_an_activity_keep_the_index_in_step(db: Database) -> None:
    person = make_person()
    activity = activities.create(values_of(body_html="<p>讲<b>数字</b>经济</p>"), actor=None)
    assert titles("治理", person) == []  # a draft

    activity = activities.publish(activity, actor=None)
    assert (
        titles("治理", person) == titles("数字经济", person) == titles("报告厅", person) == ["基层治理讲座"]
    )

    activity = activities.update(activity, {"title": "乡村振兴讲座"}, version=activity.version, actor=None)
    assert (titles("治理", person), titles("乡村", person)) == ([], ["乡村振兴讲座"])

    activities.cancel(activity, "改期", actor=None)
    assert titles("乡村", person) == []


def test_an_edit_that_fails_leaves_the_index_as_it_was(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    person = make_person()
    activity = activities.publish(activities.create(values_of(), actor=None), actor=None)
    with pytest.raises(StaleState):
        activities.update(activity, {"title": "乡村振兴"}, version=99, actor=None)

    def fail(saved: Activity) -> None:
        content.index_activity(saved)
        raise RuntimeError

    with monkeypatch.context() as patch:
        patch.setattr(
            "services.activities.editing.content", type("Failing", (), {"index_activity": staticmethod(fail)})
        )
        with pytest.raises(RuntimeError):
            activities.update(activity, {"title": "乡村振兴"}, version=activity.version, actor=None)

    assert (titles("治理", person), titles("乡村", person)) == (["基层治理讲座"], [])


def test_acts_on_an_issue_keep_the_index_in_step(db: Database) -> None:
    person = make_person()
    journal = EJournal.create(name="《前沿观察》", member_unit=make_unit(), print_permit_no="苏内准印1号")
    articles = [
        {"title": "数字治理", "body_html": "<p>平台经济</p>"},
        {"title": "乡村振兴", "body_html": "<p>产业</p>"},
    ]
    columns = [{"name": "热点", "articles": articles}]
    issue = e_journals.save_issue(
        {"e_journal": journal, "issue_no": "2026年第1期", "columns": columns}, actor=None
    )
    assert titles("平台经济", person) == titles("前沿观察", person) == []

    issue = published(issue)
    assert titles("平台经济", person) == ["数字治理"]
    assert titles("前沿观察2026", person) == titles("热点", person) == ["2026年第1期"]

    issue = e_journals.withdraw(issue, "有误", actor=None)
    assert titles("产业", person) == titles("前沿", person) == []
    columns = [{"name": "热点", "articles": articles[1:]}]
    published(e_journals.save_issue({"columns": columns}, actor=None, issue=issue, version=issue.version))
    assert (titles("平台经济", person), titles("产业", person)) == ([], ["乡村振兴"])


def test_a_member_finds_only_what_is_open_to_them(db: Database) -> None:
    mine, theirs = make_unit(), make_unit()
    lecture(title="治理甲", member_unit=mine, is_shared=False)
    lecture(title="治理乙", member_unit=theirs, is_shared=False)
    lecture(title="治理丙", member_unit=theirs)
    lecture(title="治理丁", member_unit=mine, status=ActivityStatus.DRAFT)
    lecture(title="治理戊", member_unit=mine, status=ActivityStatus.CANCELLED)
    issue_with("治理己", "<p>文</p>")
    issue_with("治理庚", "<p>文</p>", status=IssueStatus.DRAFT)
    issue_with("治理辛", "<p>文</p>", status=IssueStatus.WITHDRAWN)
    left = make_person(member_unit=make_unit(valid_to=date(2020, 1, 1)))

    assert set(titles("治理", make_person(member_unit=mine))) == {"治理甲", "治理丙", "治理己"}
    assert titles("治理", None) == ["治理丙"]
    assert titles("治理", left) == []


def test_what_is_named_so_comes_first_then_what_is_to_come(db: Database) -> None:
    now = clock.utc_now()
    lecture(title="讲座甲", body_html="<p>基层治理</p>", starts_at=now + timedelta(days=1))
    lecture(title="治理往期", starts_at=now - timedelta(days=9))
    lecture(title="治理后天", starts_at=now + timedelta(days=2))
    lecture(title="治理明天", starts_at=now + timedelta(days=1))
    issue_with("治理文章", "<p>文</p>")

    assert titles("治理", make_person()) == ["治理明天", "治理后天", "治理往期", "治理文章", "讲座甲"]
    assert titles("治理", make_person(), limit=2) == ["治理明天", "治理后天"]


def test_an_account_sees_its_own_school_only(db: Database) -> None:
    mine, theirs = make_unit(), make_unit()
    for unit, name in ((mine, "王治理"), (theirs, "李治理")):
        make_person(name=name, member_unit=unit, position="治理科")
        lecture(title=f"治理{name}", member_unit=unit, is_shared=False, status=ActivityStatus.DRAFT)
        issue_with(
            "治理",
            "<p>文</p>",
            e_journal=EJournal.create(name=f"《{name}》", member_unit=unit),
            status=IssueStatus.DRAFT,
        )
    liaison = make_account(AccountRoleKind.LIAISON, member_unit=mine)
    secretariat = make_account(AccountRoleKind.SECRETARIAT)

    def seen(account: Any) -> tuple[list[str], list[str], list[str]]:
        people, lectures, issues = (
            find(account, "治理") for find in (finding.people_for, finding.activities_for, finding.issues_for)
        )
        return (
            sorted(row.name for row in people),
            sorted(row.title for row in lectures),
            sorted(row.e_journal.name for row in issues),
        )

    assert seen(liaison) == (["王治理"], ["治理王治理"], ["《王治理》"])
    assert [len(each) for each in seen(secretariat)] == [2, 2, 2]
    assert not finding.people_for(liaison, "治理科")


def test_people_are_not_in_the_index_nor_found_by_phone(db: Database) -> None:
    from models.sealing import keyed_hash

    unit = make_unit()
    make_person(name="王大明", member_unit=unit, phone_hash=keyed_hash("13800000001"))
    account = make_account(AccountRoleKind.SECRETARIAT)

    assert not finding.people_for(account, "13800000001")
    assert [row.name for row in finding.people_for(account, "大 明")] == ["王大明"]
    assert SearchEntry.select().count() == 0


def test_a_search_costs_the_same_for_few_and_many(
    db: Database, count_statements: Callable[[Callable[[], object]], int]
) -> None:
    person = make_person()
    lecture(title="治理"), issue_with("治理", "<p>文</p>")
    few = count_statements(lambda: finding.for_member("治理", person, 6))
    for _ in range(20):
        lecture(title="治理"), issue_with("治理", "<p>文</p>")

    assert count_statements(lambda: finding.for_member("治理", person, 6)) == few == 4


def test_rebuilding_fills_an_empty_index_and_forgets_what_is_gone(db: Database) -> None:
    person = make_person()
    make_activity(title="治理讲座")
    make_issue(issue_no="治理专刊")
    gone = lecture(title="治理旧")
    Activity.delete().where(Activity.id == gone.id).execute()

    done = content.rebuild()
    content.rebuild()

    assert done == (1, 1, 0)
    assert sorted(titles("治理", person)) == ["治理专刊", "治理讲座"]
    assert (
        not SearchEntry.select()
        .where(SearchEntry.under_id == gone.id, SearchEntry.kind == Kind.ACTIVITY)
        .exists()
    )


def test_a_member_finds_the_notices_that_are_open_to_them(db: Database) -> None:
    ours, theirs = make_unit(), make_unit()
    for unit, title, is_shared in (
        (ours, "本校集体备课", False),
        (theirs, "别校集体备课", False),
        (theirs, "联盟集体备课", True),
    ):
        content.index_notice(make_notice(member_unit=unit, title=title, is_shared=is_shared))
    content.index_notice(make_notice(title="集体备课草稿", status=NoticeStatus.DRAFT, is_shared=True))

    assert set(titles("集体备课", make_person(member_unit=ours))) == {"本校集体备课", "联盟集体备课"}
    assert titles("集体备课", None) == []


def test_an_account_finds_the_notices_of_its_school_and_those_for_all(db: Database) -> None:
    ours, theirs = make_unit(), make_unit()
    for unit, title, is_shared in (
        (ours, "本校备课", False),
        (theirs, "别校备课", False),
        (theirs, "联盟备课", True),
    ):
        content.index_notice(make_notice(member_unit=unit, title=title, is_shared=is_shared))
    account = make_account(AccountRoleKind.SCHOOL_ADMIN, member_unit=ours)

    found = finding.notices_for(account, "备课")

    assert found is not None
    assert {row.title for row in found} == {"本校备课", "联盟备课"}
