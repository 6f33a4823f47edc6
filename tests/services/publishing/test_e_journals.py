"""Issues: written as a whole, published when complete, read by members only."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from peewee import Database

import clock
from models.accounts import AccountRoleKind
from models.audit import AuditEntry
from models.messaging import Campaign, CampaignStatus, ContentKind
from models.people import Topic
from models.publishing import EJournal, EJournalArticle, EJournalColumn, EJournalIssue, IssueStatus
from services.errors import IllegalMove, Invalid, NotFound, StaleState
from services.messaging import contents
from services.publishing import e_journals, reviews
from services.publishing.e_journals import NotAMember
from tests.factories import make_account, make_issue, make_person, make_unit
from tests.factories.issues import published

pytestmark = pytest.mark.usefixtures("noon")


def make_journal(**values: Any) -> EJournal:
    values.setdefault("member_unit", None)
    values["member_unit"] = values["member_unit"] or make_unit()
    return EJournal.create(**({"name": "《党校图书情报》", "print_permit_no": "苏内准印(2026)1号"} | values))


def article(title: str, **values: Any) -> dict[str, Any]:
    return {
        "title": title,
        "author": "资料室",
        "body_html": f"<p>{title}的正文</p>",
        "is_public": False,
        **values,
    }


def two_columns() -> list[dict[str, Any]]:
    return [
        {"name": "热点资讯", "articles": [article("甲"), article("乙")]},
        {"name": "科研成果", "articles": [article("丙")]},
    ]


def shape(issue: EJournalIssue) -> list[tuple[str, list[str]]]:
    return [(column.name, [a.title for a in column.articles]) for column in e_journals.columns_of(issue)]


def test_an_issue_keeps_columns_and_articles_in_order_with_the_journals_permit(db: Database) -> None:
    journal = make_journal()

    issue = e_journals.save_issue(
        {"e_journal": journal, "issue_no": " 2026年第3期 ", "columns": two_columns()}, actor=None
    )

    assert shape(issue) == [("热点资讯", ["甲", "乙"]), ("科研成果", ["丙"])]
    assert issue.issue_no == "2026年第3期"
    assert e_journals.permit_line(issue) == "苏内准印(2026)1号　内部资料，免费交流"
    assert issue.status is IssueStatus.DRAFT


def test_reordering_and_moving_keeps_the_articles_ids(db: Database) -> None:
    issue = e_journals.save_issue(
        {"e_journal": make_journal(), "issue_no": "2026年第1期", "columns": two_columns()}, actor=None
    )
    ids = {row.title: row.id for row in EJournalArticle.select()}
    first, second = e_journals.issue_structure.as_values(e_journals.columns_of(issue))
    first["articles"], second["articles"] = [second["articles"][0]], [article("新"), first["articles"][1]]

    saved = e_journals.save_issue({"columns": [second, first]}, issue=issue, version=1, actor=None)

    assert shape(saved) == [("科研成果", ["新", "乙"]), ("热点资讯", ["丙"])]
    now = {row.title: row.id for row in EJournalArticle.select()}
    assert {title: now[title] for title in ("乙", "丙")} == {title: ids[title] for title in ("乙", "丙")}
    assert "甲" not in now


def test_ids_of_another_issue_are_not_believed(db: Database) -> None:
    other = make_issue()
    theirs = EJournalArticle.get()
    columns = [{"id": EJournalColumn.get().id, "name": "栏目", "articles": [article("我的", id=theirs.id)]}]

    e_journals.save_issue(
        {"e_journal": make_journal(), "issue_no": "2026年第1期", "columns": columns}, actor=None
    )

    assert shape(other) == [("热点资讯", [theirs.title])]


def test_wrong_fields_are_named_by_their_place(db: Database) -> None:
    columns = [{"name": "甲", "articles": [article("")]}, {"name": "甲", "articles": [article("长" * 81)]}]

    with pytest.raises(Invalid) as refused:
        e_journals.save_issue({"columns": columns}, actor=None)

    assert refused.value.fields == {
        "e_journal": "请选择刊物",
        "issue_no": "请填写期号，例如：2026年第3期",
        "columns.0.articles.0.title": "请填写第1个栏目第1篇的标题",
        "columns.1.name": "栏目“甲”重复了，请合并或改名",
        "columns.1.articles.0.title": "第2个栏目第1篇的标题不超过80个字，现在是81个字",
    }
    assert EJournalIssue.select().count() == 0


def test_a_number_is_used_once_in_a_journal(db: Database) -> None:
    journal = make_journal()
    e_journals.save_issue({"e_journal": journal, "issue_no": "2026年第3期"}, actor=None)

    with pytest.raises(Invalid) as refused:
        e_journals.save_issue({"e_journal": journal, "issue_no": "2026年第3期"}, actor=None)

    assert refused.value.fields == {"issue_no": "《党校图书情报》已有2026年第3期，请核对期号"}


def test_of_two_editors_the_second_is_told(db: Database) -> None:
    issue = make_issue(status=IssueStatus.DRAFT)
    e_journals.save_issue({"summary": "一"}, issue=issue, version=1, actor=None)

    with pytest.raises(StaleState):
        e_journals.save_issue({"summary": "二", "columns": []}, issue=issue, version=1, actor=None)

    assert EJournalIssue.get_by_id(issue.id).summary == "一"
    assert EJournalArticle.select().count() == 1


def test_an_issue_is_published_when_it_is_complete(db: Database, noon: datetime) -> None:
    journal = make_journal(print_permit_no="")
    columns = [{"name": "空栏", "articles": []}, {"name": "乙", "articles": [article("文", body_html="")]}]
    values = {"e_journal": journal, "issue_no": "2026年第1期", "columns": columns}
    issue = e_journals.save_issue(values, actor=None)

    with pytest.raises(Invalid) as refused:
        reviews.submit(issue, actor=None)
    assert set(refused.value.fields) == {"print_permit_no", "columns.0", "columns.1.articles.0.body_html"}

    mended = {"columns": two_columns(), "print_permit_no": "苏内准印(2026)2号"}
    issue = e_journals.save_issue(mended, issue=issue, version=1, actor=None)
    published(issue)

    stored = EJournalIssue.get_by_id(issue.id)
    assert (stored.status, stored.published_at) == (IssueStatus.PUBLISHED, noon)
    assert e_journals.latest() == [issue]


def test_an_error_prone_word_stops_publication_and_names_its_place(db: Database) -> None:
    columns = [{"name": "热点", "articles": [article("政务", body_html="<p>市委市攻 府召开会议</p>")]}]
    issue = e_journals.save_issue(
        {"e_journal": make_journal(), "issue_no": "2026年第1期", "columns": columns}, actor=None
    )

    with pytest.raises(Invalid) as refused:
        reviews.submit(issue, actor=None)

    assert refused.value.fields == {"wording": "栏目1“热点”第1篇《政务》：“攻府”疑为“政府”，请改正"}


def test_a_published_issue_is_not_changed(db: Database) -> None:
    issue = make_issue()

    with pytest.raises(IllegalMove, match="先撤回"):
        e_journals.save_issue({"columns": []}, issue=issue, version=1, actor=None)

    assert EJournalArticle.select().count() == 1


def test_internal_material_is_warned_of_a_periodicals_name_and_ways(db: Database) -> None:
    columns = [{"name": "征稿", "articles": [article("启事", body_html="<p>本刊定价 5 元</p>")]}]
    issue = e_journals.save_issue(
        {"e_journal": make_journal(name="《前沿月刊》"), "issue_no": "2026年第1期", "columns": columns},
        actor=None,
    )

    findings = e_journals.findings(issue)

    assert [(finding.place, finding.words) for finding in findings] == [
        ("刊名", "《前沿月刊》"),
        ("栏目1“征稿”第1篇《启事》", "本刊"),
        ("栏目1“征稿”第1篇《启事》", "定价"),
    ]
    assert not any(finding.stops for finding in findings)


def test_a_japanese_journal_does_not_call_itself_anything(db: Database) -> None:
    columns = [{"name": "书讯", "articles": [article("新书", body_html="<p>日本刊物、样本报送</p>")]}]
    issue = e_journals.save_issue(
        {"e_journal": make_journal(), "issue_no": "2026年第1期", "columns": columns}, actor=None
    )

    assert e_journals.findings(issue) == []


def test_qingbao_is_no_newspaper(db: Database) -> None:
    issue = e_journals.save_issue({"e_journal": make_journal(), "issue_no": "2026年第1期"}, actor=None)

    assert e_journals.findings(issue) == []


def test_a_withdrawn_issue_is_not_read_and_can_come_back(db: Database, noon: datetime) -> None:
    issue, reader = make_issue(), make_person()
    assert e_journals.read(issue.id, reader)[0] == issue

    with pytest.raises(Invalid):
        e_journals.withdraw(issue, " ", actor=None)
    clock.advance(timedelta(days=1))
    e_journals.withdraw(issue, "需要更正", actor=None)
    with pytest.raises(IllegalMove):
        e_journals.withdraw(issue, "再次", actor=None)
    with pytest.raises(NotFound):
        e_journals.read(issue.id, reader)
    published(issue)

    assert e_journals.latest()[0].published_at == noon  # the first day stays


def test_only_people_of_present_member_units_read(db: Database) -> None:
    former = make_person(member_unit=make_unit(valid_to=date(2026, 11, 22)))

    with pytest.raises(NotAMember):
        e_journals.read(make_issue().id, former)


def test_another_schools_draft_is_not_there_and_its_issues_not_to_be_changed(db: Database) -> None:
    draft, published = make_issue(status=IssueStatus.DRAFT), make_issue()
    other = make_account(AccountRoleKind.EDITOR)

    with pytest.raises(NotFound):
        e_journals.find(draft.id, actor=other)
    for act in (
        lambda: e_journals.save_issue({"summary": "改"}, issue=published, version=1, actor=other),
        lambda: e_journals.withdraw(published, "改", actor=other),
        lambda: e_journals.find(published.id, actor=other, to_manage=True),
        lambda: e_journals.save_issue({"e_journal": published.e_journal, "issue_no": "9"}, actor=other),
    ):
        with pytest.raises(NotFound):
            act()

    assert e_journals.find(published.id, actor=other) == published
    assert list(e_journals.visible(actor=other)) == [published]
    assert e_journals.journals(actor=other) == []


def test_an_edit_is_audited_and_sends_a_reviewed_campaign_back(db: Database) -> None:
    issue = make_issue(status=IssueStatus.DRAFT)
    editor = make_account(AccountRoleKind.EDITOR, member_unit=issue.e_journal.member_unit)
    campaign = Campaign.create(
        title="新一期",
        topic=Topic.E_JOURNAL,
        content_kind=ContentKind.E_JOURNAL_ISSUE,
        issue=issue,
        member_unit=issue.e_journal.member_unit,
        author=editor,
        status=CampaignStatus.SCHEDULED,
    )
    Campaign.update(content_hash=contents.content_hash(campaign)).execute()

    e_journals.save_issue({"columns": two_columns()}, issue=issue, version=1, actor=editor)

    assert Campaign.get_by_id(campaign.id).status is CampaignStatus.DRAFT
    assert "e_journal_issue.changed" in [entry.action for entry in AuditEntry.select()]
