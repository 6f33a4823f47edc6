"""The search of the header: groups by permission, rows by school, empty states in words."""

from __future__ import annotations

import re
from collections.abc import Callable

from flask.testing import FlaskClient
from peewee import Database

from models.accounts import Account, AccountRoleKind
from models.activities import ActivityStatus
from models.alliance import MemberUnit
from models.messaging import Campaign, ContentKind
from models.people import Topic
from models.publishing import EJournal, IssueStatus
from models.surveys import Questionnaire
from services.search import content
from tests.factories import make_account, make_activity, make_issue, make_person, make_unit

SignIn = Callable[[Account], FlaskClient]
Count = Callable[[Callable[[], object]], int]


def fill(unit: MemberUnit, word: str) -> None:
    """One of each kind in the school, named by the word, none of them shared."""
    make_person(name=f"{word}治理", member_unit=unit)
    activity = make_activity(
        title=f"{word}治理讲座", member_unit=unit, is_shared=False, status=ActivityStatus.DRAFT
    )
    content.index_activity(activity)
    journal = EJournal.create(name=f"《{word}治理刊》", member_unit=unit)
    content.index_issue(make_issue(e_journal=journal, status=IssueStatus.DRAFT))
    Campaign.create(
        title=f"{word}治理推送",
        topic=Topic.LECTURE,
        content_kind=ContentKind.ACTIVITY,
        activity=activity,
        member_unit=unit,
        author=make_account(AccountRoleKind.SCHOOL_ADMIN, member_unit=unit),
    )
    Questionnaire.create(title=f"{word}治理问卷", member_unit=unit)


def groups(page: str) -> list[str]:
    return re.findall(r'id="found-\d+"><i [^>]*></i>([^<]+)</h2>', page)


def test_all_kinds_are_found_and_lead_to_their_pages(db: Database, sign_in: SignIn) -> None:
    unit = make_unit()
    fill(unit, "甲")
    client = sign_in(make_account(AccountRoleKind.SCHOOL_ADMIN, member_unit=unit))

    page = client.get("/console/search?q=治理").text

    assert groups(page) == ["人员", "活动", "期刊", "推送任务", "问卷"]
    links = re.findall(r'list-group-item-action[^>]*href="([^"]+)"', page)
    assert len(links) == 5
    assert [client.get(link).status_code for link in links] == [200] * 5


def test_another_schools_rows_are_not_found(db: Database, sign_in: SignIn) -> None:
    mine = make_unit()
    fill(mine, "甲"), fill(make_unit(), "乙")

    own = sign_in(make_account(AccountRoleKind.LIAISON, member_unit=mine)).get("/console/search?q=治理").text
    all_ = sign_in(make_account(AccountRoleKind.SECRETARIAT)).get("/console/search?q=治理").text

    assert "甲治理" in own
    assert "乙治理" not in own
    assert own.count("list-group-item-action") == 5
    assert all_.count("list-group-item-action") == 10


def test_who_may_see_nothing_of_it_has_no_box_and_finds_nothing(db: Database, sign_in: SignIn) -> None:
    fill(make_unit(), "甲")

    for role in (AccountRoleKind.SYSTEM_ADMIN, AccountRoleKind.SECURITY_ADMIN, AccountRoleKind.AUDIT_ADMIN):
        client = sign_in(make_account(role))
        page = client.get("/console/search?q=治理")
        assert (page.status_code, "甲治理" in page.text) == (200, False)
        assert "没有可以搜索的内容" in page.text
        assert "console-search" not in client.get("/console/").text


def test_empty_states_say_what_to_do(db: Database, sign_in: SignIn) -> None:
    client = sign_in(make_account(AccountRoleKind.EDITOR))

    assert "输入要找的字词" in client.get("/console/search").text
    assert "输入要找的字词" in client.get("/console/search?q=%20").text
    missed = client.get("/console/search", query_string={"q": "<b>量子"}).text
    assert "没有找到“&lt;b&gt;量子”" in missed
    assert client.get("/console/search?q=%EF%BC%8C").status_code == 200
    assert 'name="q"' in client.get("/console/").text


def test_more_rows_cost_no_more_statements(db: Database, sign_in: SignIn, count_statements: Count) -> None:
    unit = make_unit()
    client = sign_in(make_account(AccountRoleKind.SCHOOL_ADMIN, member_unit=unit))
    fill(unit, "甲")
    few = count_statements(lambda: client.get("/console/search?q=治理"))
    for word in "乙丙丁戊己庚辛壬癸":
        fill(unit, word)

    assert count_statements(lambda: client.get("/console/search?q=治理")) == few <= 16
    assert "只列出前 8 条" in client.get("/console/search?q=治理").text


def test_only_the_signed_in_search(db: Database, client: FlaskClient) -> None:
    assert client.get("/console/search?q=a").status_code == 302
