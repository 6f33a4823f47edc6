"""The desk of an issue: columns and articles moved and changed by several people at once."""

from __future__ import annotations

from typing import Any

import pytest

from models.accounts import AccountRoleKind
from models.publishing import EJournalArticle, EJournalColumn, EJournalIssue, IssueStatus
from models.search import SearchEntry
from services.errors import Conflict, IllegalMove, Invalid, NotFound, StaleState
from services.publishing import desk, e_journals
from tests.factories import make_account, make_issue
from tests.services.publishing.test_e_journals import make_journal, shape, two_columns

pytestmark = pytest.mark.usefixtures("db", "noon")


@pytest.fixture
def issue(db: Any) -> EJournalIssue:
    """Columns 热点资讯 (甲, 乙) and 科研成果 (丙)."""
    values = {"e_journal": make_journal(), "issue_no": "2026年第1期", "columns": two_columns()}
    return e_journals.save_issue(values, actor=None)


def version(issue: EJournalIssue) -> int:
    return int(EJournalIssue.get_by_id(issue.id).version)


def article(title: str) -> EJournalArticle:
    return EJournalArticle.get(EJournalArticle.title == title)


def column(name: str) -> EJournalColumn:
    return EJournalColumn.get(EJournalColumn.name == name)


def test_an_article_moves_within_its_column_and_to_another(issue: EJournalIssue) -> None:
    hot, research = column("热点资讯").id, column("科研成果").id

    desk.move_article(issue, article("甲").id, hot, 1, version=1, actor=None)
    assert shape(issue) == [("热点资讯", ["乙", "甲"]), ("科研成果", ["丙"])]
    desk.move_article(issue, article("乙").id, research, 0, version=2, actor=None)
    assert shape(issue) == [("热点资讯", ["甲"]), ("科研成果", ["乙", "丙"])]
    desk.move_article(issue, article("甲").id, research, 99, version=3, actor=None)

    assert shape(issue) == [("热点资讯", []), ("科研成果", ["乙", "丙", "甲"])]
    assert [row.position for row in EJournalArticle.select().order_by(EJournalArticle.position)] == [1, 2, 3]


def test_columns_are_added_renamed_moved_and_removed_when_empty(issue: EJournalIssue) -> None:
    desk.add_column(issue, " 党史 天地 ", actor=None)
    desk.move_column(issue, column("党史 天地").id, 0, version=2, actor=None)
    desk.rename_column(issue, column("科研成果").id, "最新成果", version=3, actor=None)
    assert [name for name, _ in shape(issue)] == ["党史 天地", "热点资讯", "最新成果"]

    with pytest.raises(Invalid) as refused:
        desk.rename_column(issue, column("最新成果").id, "热点资讯", version=4, actor=None)
    with pytest.raises(Conflict, match="还有1篇文章"):
        desk.remove_column(issue, column("最新成果").id, version=4, actor=None)
    desk.remove_column(issue, column("党史 天地").id, version=4, actor=None)

    assert refused.value.fields == {"name": "已有栏目“热点资讯”，请换一个名称"}
    assert [name for name, _ in shape(issue)] == ["热点资讯", "最新成果"]


def test_articles_are_added_changed_and_removed_and_found_by_their_words(issue: EJournalIssue) -> None:
    hot = column("热点资讯").id
    with pytest.raises(Invalid) as refused:
        desk.add_article(issue, hot, {"title": " "}, actor=None)
    made = desk.add_article(issue, hot, {"title": "丁", "body_html": "空一行\n\n再一段"}, actor=None)
    changed = {"title": "丁文", "author": "资料室", "body_html": "<p>基层治理</p>", "is_public": True}

    saved = desk.save_article(issue, made.id, changed, version=1, actor=None)

    assert refused.value.fields == {"title": "请填写文章的标题"}
    assert made.body_html == "<p>空一行</p><p>再一段</p>"
    assert (saved.version, saved.is_public, saved.title) == (2, True, "丁文")
    assert shape(issue)[0] == ("热点资讯", ["甲", "乙", "丁文"])
    assert SearchEntry.select().where(SearchEntry.item_id == made.id, SearchEntry.kind == "article").exists()
    desk.remove_article(issue, made.id, version=version(issue), actor=None)
    assert shape(issue)[0] == ("热点资讯", ["甲", "乙"])


def test_of_two_who_move_the_second_is_told_by_whom_and_when(issue: EJournalIssue) -> None:
    unit = issue.e_journal.member_unit
    one, two = (
        make_account(AccountRoleKind.EDITOR, member_unit=unit, display_name=name)
        for name in ("李编辑", "王编辑")
    )
    hot, moved = column("热点资讯").id, article("甲").id
    desk.move_article(issue, moved, hot, 1, version=1, actor=one)

    with pytest.raises(StaleState) as refused:
        desk.move_article(issue, moved, column("科研成果").id, 0, version=1, actor=two)
    with pytest.raises(StaleState) as own:
        desk.move_article(issue, moved, hot, 0, version=1, actor=one)

    assert refused.value.message == "李编辑12:00改过这一期，您这一步没有保存。请对照最新内容再改"
    assert own.value.message.startswith("您在另一个窗口里12:00改过这一期")
    assert shape(issue) == [("热点资讯", ["乙", "甲"]), ("科研成果", ["丙"])]


def test_two_write_in_two_articles_at_once_and_not_in_one(issue: EJournalIssue) -> None:
    one, two = article("甲"), article("乙")
    words = {"title": "甲改", "body_html": "<p>一</p>"}
    desk.save_article(issue, one.id, words, version=1, actor=None)
    desk.save_article(issue, two.id, {"title": "乙改", "body_html": "<p>二</p>"}, version=1, actor=None)

    with pytest.raises(StaleState, match="不是您打开时的样子"):
        desk.save_article(issue, one.id, words | {"title": "甲又改"}, version=1, actor=None)

    assert shape(issue)[0] == ("热点资讯", ["甲改", "乙改"])


def test_what_is_gone_or_of_another_issue_is_not_moved(issue: EJournalIssue) -> None:
    make_issue(status=IssueStatus.DRAFT)
    theirs = EJournalArticle.select().order_by(EJournalArticle.id.desc()).get()
    hot = column("热点资讯")

    for act in (
        lambda: desk.move_article(issue, theirs.id, hot.id, 0, version=1, actor=None),
        lambda: desk.move_article(issue, article("甲").id, theirs.column_id, 0, version=1, actor=None),
        lambda: desk.save_article(issue, theirs.id, {"title": "改"}, version=1, actor=None),
        lambda: desk.find_article(issue, theirs.id),
        lambda: desk.move_column(issue, 10**6, 0, version=1, actor=None),
    ):
        with pytest.raises(NotFound):
            act()

    assert version(issue) == 1


def test_a_published_issue_and_another_schools_are_not_touched(issue: EJournalIssue) -> None:
    other = make_account(AccountRoleKind.EDITOR)
    with pytest.raises(NotFound):
        desk.add_column(issue, "新栏", actor=other)
    EJournalIssue.update(status=IssueStatus.PUBLISHED).execute()

    with pytest.raises(IllegalMove, match="先撤回"):
        desk.move_column(issue, column("科研成果").id, 0, version=1, actor=None)
    with pytest.raises(IllegalMove):
        desk.save_article(issue, article("甲").id, {"title": "改"}, version=1, actor=None)

    assert shape(issue) == [("热点资讯", ["甲", "乙"]), ("科研成果", ["丙"])]
