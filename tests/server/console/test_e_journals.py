"""The console's screens of the e-journals."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask.testing import FlaskClient

from models.accounts import Account, AccountRoleKind
from models.publishing import EJournal, EJournalArticle, EJournalColumn, EJournalIssue, IssueStatus
from models.reviews import ReviewDecision, ReviewStage
from services.publishing import desk, e_journals, reviews
from tests.factories import make_account, make_issue
from tests.factories.issues import approved, make_reviewers
from tests.server.console.conftest import SignIn

pytestmark = pytest.mark.usefixtures("noon")
HTMX = {"HX-Request": "true"}


def make_editor() -> tuple[Account, EJournal]:
    editor = make_account(AccountRoleKind.EDITOR)
    journal = EJournal.create(
        name="《前沿观察》", member_unit=editor.member_unit, print_permit_no="苏内准印(2026)2号"
    )
    return editor, journal


def head(journal: EJournal, **values: Any) -> dict[str, Any]:
    return {
        "e_journal": str(journal.id),
        "issue_no": "2026年第1期",
        "print_permit_no": "苏内准印(2026)2号",
        **values,
    }


def article(title: str, body: str = "<p>正文</p>") -> dict[str, Any]:
    return {"title": title, "author": "资料室", "body_html": body, "is_public": False}


def make_draft(editor: Account, journal: EJournal) -> EJournalIssue:
    """Columns 热点 (甲, 乙) and 成果 (丙)."""
    columns = [
        {"name": "热点", "articles": [article("甲"), article("乙")]},
        {"name": "成果", "articles": [article("丙")]},
    ]
    values = {"e_journal": journal, "issue_no": "2026年第1期", "columns": columns}
    return e_journals.save_issue(values, actor=editor)


def shape() -> list[tuple[str, list[str]]]:
    issue = EJournalIssue.select().order_by(EJournalIssue.id).get()
    return [
        (column.name, [each.title for each in column.articles]) for column in e_journals.columns_of(issue)
    ]


def row(title: str) -> EJournalArticle:
    return EJournalArticle.get(EJournalArticle.title == title)


def column(name: str) -> EJournalColumn:
    return EJournalColumn.get(EJournalColumn.name == name)


def test_an_issue_is_begun_filled_reviewed_published_and_withdrawn(sign_in: SignIn) -> None:
    editor, journal = make_editor()
    client = sign_in(editor)
    assert "苏内准印(2026)2号" in client.get("/console/e-journals/new").text
    assert client.post("/console/e-journals/new", data=head(journal)).status_code == 302
    issue = EJournalIssue.get()
    path = f"/console/e-journals/{issue.id}"
    assert [name for name, _ in shape()] == ["最新科研理论成果", "热点资讯"]

    for number, each in enumerate(EJournalColumn.select()):
        data = {"title": f"第{number}篇", "body": "第一段\n\n第二段", "is_public": "1"}
        answer = client.post(f"{path}/columns/{each.id}/articles/new", data=data)
        assert answer.location.endswith(f"#article-{row(f'第{number}篇').id}")
    assert row("第1篇").body_html == "<p>第一段</p><p>第二段</p>"
    assert client.post(f"{path}/submit").status_code == 302
    assert client.post(f"{path}/publish").status_code == 409
    for stage, reviewer in zip(ReviewStage, make_reviewers(), strict=True):
        theirs = sign_in(reviewer)
        assert f"{path}/review" in theirs.get("/console/e-journals/to-review").text
        assert "第0篇" in theirs.get(f"{path}/review").text
        answer = theirs.post(f"{path}/review", data={"stage": stage.value, "decision": "passed"})
        assert answer.status_code == 302
    assert client.post(f"{path}/publish").status_code == 302

    shown = client.get(path).text
    assert "【新刊】《前沿观察》2026年第1期" in shown
    assert client.post(f"{path}/withdraw", data={"reason": "更正"}).status_code == 302
    assert EJournalIssue.get().status is IssueStatus.WITHDRAWN
    assert "撤回原因：更正" in client.get(path).text


def test_columns_and_articles_are_arranged_by_buttons_and_drops(sign_in: SignIn) -> None:
    editor, journal = make_editor()
    issue = make_draft(editor, journal)
    client = sign_in(editor)
    a, c = row("甲").id, row("丙").id
    hot, results = column("热点").id, column("成果").id
    steps: list[tuple[dict[str, Any], list[tuple[str, list[str]]]]] = [
        ({"do": f"article-{a}-down"}, [("热点", ["乙", "甲"]), ("成果", ["丙"])]),
        ({"do": f"article-{a}-down"}, [("热点", ["乙"]), ("成果", ["甲", "丙"])]),
        ({"do": f"article-{a}-up"}, [("热点", ["乙", "甲"]), ("成果", ["丙"])]),
        ({"do": f"article-{c}-to", f"to-{c}": hot}, [("热点", ["乙", "甲", "丙"]), ("成果", [])]),
        (
            {"dropped": f"article-{c}", "into": results, "place": 0},
            [("热点", ["乙", "甲"]), ("成果", ["丙"])],
        ),
        ({"dropped": f"column-{results}", "place": 0}, [("成果", ["丙"]), ("热点", ["乙", "甲"])]),
        ({"do": f"column-{results}-down"}, [("热点", ["乙", "甲"]), ("成果", ["丙"])]),
        ({"do": f"column-{hot}-rename", f"name-{hot}": "要闻"}, [("要闻", ["乙", "甲"]), ("成果", ["丙"])]),
        ({"do": "add-column", "new-name": "党史"}, [("要闻", ["乙", "甲"]), ("成果", ["丙"]), ("党史", [])]),
    ]

    for version, (sent, expected) in enumerate(steps, 1):
        data = {"version": version, **sent}
        answer = client.post(f"/console/e-journals/{issue.id}/arrange", data=data, headers=HTMX)
        assert (answer.status_code, shape()) == (200, expected), sent
        assert f'name="version" value="{version + 1}"' in answer.text

    data = {"version": 10, "do": f"column-{column('党史').id}-remove"}
    plain = client.post(f"/console/e-journals/{issue.id}/arrange", data=data)
    assert plain.location.endswith(f"/{issue.id}#desk")
    assert [name for name, _ in shape()] == ["要闻", "成果"]


def test_what_is_refused_on_the_desk_is_told_beside_the_latest_order(sign_in: SignIn) -> None:
    editor, journal = make_editor()
    issue = make_draft(editor, journal)
    other = make_account(AccountRoleKind.EDITOR, member_unit=editor.member_unit, display_name="王编辑")
    desk.move_column(issue, column("成果").id, 0, version=1, actor=other)
    client, path = sign_in(editor), f"/console/e-journals/{issue.id}/arrange"

    stale = client.post(path, data={"version": 1, "do": f"article-{row('甲').id}-down"}, headers=HTMX)
    doubled = client.post(path, data={"version": 2, "do": "add-column", "new-name": "热点"}, headers=HTMX)
    full = client.post(path, data={"version": 2, "do": f"column-{column('热点').id}-remove"}, headers=HTMX)
    gone = client.post(path, data={"version": 2, "do": "article-999-up"}, headers=HTMX)
    odd = client.post(path, data={"version": 2, "do": "article-x"}, headers=HTMX)

    assert (stale.status_code, doubled.status_code, odd.status_code) == (409, 422, 422)
    assert "王编辑12:00改过这一期，您这一步没有保存" in stale.text
    assert stale.text.index("成果") < stale.text.index("热点")
    assert "已有栏目“热点”" in doubled.text
    assert 'name="new-name" value="热点"' in doubled.text
    assert "还有2篇文章" in full.text
    assert "下面是最新的目录" in gone.text
    assert shape() == [("成果", ["丙"]), ("热点", ["甲", "乙"])]


def test_an_article_is_changed_and_of_two_editors_the_second_sees_both_texts(sign_in: SignIn) -> None:
    editor, journal = make_editor()
    issue = make_draft(editor, journal)
    client = sign_in(editor)
    path = f"/console/e-journals/{issue.id}/articles/{row('甲').id}/edit"
    assert 'value="甲"' in client.get(path).text

    client.post(path, data={"version": 1, "title": "甲一", "body": "先写的"})
    second = client.post(path, data={"version": 1, "title": "甲二", "body": "后写的"})

    assert second.status_code == 409
    for told in ("有人改过它", "您自己（在另一个窗口）", "甲一", "甲二", "先写的", "后写的"):
        assert told in second.text
    assert second.text.count("data-take=") == 4  # two fields, two values each
    version = re.findall(r'name="version" value="(\d+)"', second.text)[-1]
    assert client.post(path, data={"version": version, "title": "甲二", "body": "后写的"}).status_code == 302
    assert row("甲二").body_html == "<p>后写的</p>"


def test_a_wrong_article_keeps_what_was_typed(sign_in: SignIn) -> None:
    editor, journal = make_editor()
    issue = make_draft(editor, journal)
    path = f"/console/e-journals/{issue.id}/columns/{column('热点').id}/articles/new"

    answer = sign_in(editor).post(path, data={"title": "", "author": "王老师", "body": "写了很多"})

    assert answer.status_code == 422
    assert "请填写文章的标题" in answer.text
    assert "写了很多" in answer.text
    assert EJournalArticle.select().count() == 3


def test_an_article_is_removed(sign_in: SignIn) -> None:
    editor, journal = make_editor()
    issue = make_draft(editor, journal)
    path = f"/console/e-journals/{issue.id}/articles/{row('甲').id}/remove"
    client = sign_in(editor)

    assert client.post(path, data={"version": 9}).status_code == 409
    assert client.post(path, data={"version": 1}).status_code == 302

    assert shape() == [("热点", ["乙"]), ("成果", ["丙"])]


def test_of_two_who_change_the_head_the_second_sees_the_latest(sign_in: SignIn) -> None:
    editor, journal = make_editor()
    issue = make_draft(editor, journal)
    client, path = sign_in(editor), f"/console/e-journals/{issue.id}/edit"

    client.post(path, data=head(journal, version="1", summary="先"))
    second = client.post(path, data=head(journal, version="1", summary="后"))

    assert second.status_code == 409
    assert re.findall(r'text-break">([^<]*)<', second.text) == ["后", "先"]
    assert EJournalIssue.get().summary == "先"
    assert client.post(path, data=head(journal, version="2", summary="后")).status_code == 302
    assert EJournalIssue.get().summary == "后"


def test_findings_are_shown_and_stop_the_submission(sign_in: SignIn) -> None:
    editor, journal = make_editor()
    issue = make_draft(editor, journal)
    EJournalArticle.update(body_html="<p>市攻府召开会议</p>").where(EJournalArticle.title == "甲").execute()
    client, path = sign_in(editor), f"/console/e-journals/{issue.id}"

    assert "必须改正" in client.get(path).text
    answer = client.post(f"{path}/submit")

    assert answer.status_code == 422
    assert "疑为“政府”" in answer.text
    assert EJournalIssue.get().status is IssueStatus.DRAFT


def test_the_preview_is_the_members_page_and_only_our_own_pages_frame_it(sign_in: SignIn) -> None:
    editor, journal = make_editor()
    issue = make_draft(editor, journal)
    path = f"/console/e-journals/{issue.id}/preview"
    client = sign_in(editor)

    assert f'src="{path}/contents"' in client.get(path).text
    contents = client.get(f"{path}/contents")
    page = client.get(f"{path}/articles/{row('乙').id}")

    assert "预览：会员读到的样子，尚未发布" in contents.text
    assert f'href="{path}/articles/{row("甲").id}"' in contents.text
    assert "苏内准印(2026)2号　内部资料，免费交流" in contents.text
    assert "上一篇：甲" in page.text
    assert "下一篇：丙" in page.text
    assert "frame-ancestors 'self'" in contents.headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in client.get(path).headers["Content-Security-Policy"]
    own = make_account(AccountRoleKind.LIAISON, member_unit=editor.member_unit)
    for each in (path, f"{path}/contents", f"{path}/articles/{row('乙').id}"):
        assert sign_in(own).get(each).status_code == 403
        assert sign_in(make_reviewers()[0]).get(each).status_code == 200


def test_a_reviewer_returns_with_an_opinion_and_the_editor_reads_it(sign_in: SignIn) -> None:
    editor, journal = make_editor()
    issue = make_draft(editor, journal)
    reviews.submit(issue, actor=editor)
    client, path = sign_in(make_reviewers()[0]), f"/console/e-journals/{issue.id}/review"

    bare = client.post(path, data={"stage": "review_1", "decision": "returned", "opinion": ""})
    assert bare.status_code == 422
    assert "退回时请写明意见" in bare.text
    client.post(path, data={"stage": "review_1", "decision": "returned", "opinion": "请补作者"})

    assert "退回原因：初审退回：请补作者" in sign_in(editor).get(f"/console/e-journals/{issue.id}").text
    assert sign_in(editor).post(path, data={"stage": "review_1", "decision": "passed"}).status_code == 403


def test_an_approved_issue_warns_and_is_taken_back(sign_in: SignIn) -> None:
    editor, journal = make_editor()
    issue = approved(make_draft(editor, journal))
    client, path = sign_in(editor), f"/console/e-journals/{issue.id}"

    assert "现在改动任何一处，都会退回草稿" in client.get(path).text
    assert client.post(f"{path}/take-back").status_code == 302

    assert EJournalIssue.get().status is IssueStatus.DRAFT


def test_another_schools_draft_is_not_there(sign_in: SignIn) -> None:
    draft, published = make_issue(status=IssueStatus.DRAFT), make_issue()
    client = sign_in(make_account(AccountRoleKind.EDITOR))
    theirs = EJournalArticle.select().order_by(EJournalArticle.id.desc()).get()

    for path in ("", "/edit", "/preview", "/preview/contents", "/review"):
        assert client.get(f"/console/e-journals/{draft.id}{path}").status_code == 404
    assert client.get(f"/console/e-journals/{published.id}").status_code == 200
    assert client.get(f"/console/e-journals/{published.id}/edit").status_code == 404
    acts = ("publish", "withdraw", "edit", "submit", "take-back", "arrange", f"articles/{theirs.id}/edit")
    for act in acts:
        data = head(published.e_journal, reason="x", version="1")
        assert client.post(f"/console/e-journals/{published.id}/{act}", data=data).status_code == 404
    assert draft.issue_no not in client.get("/console/e-journals/").text


def test_who_does_not_edit_journals_only_looks(sign_in: SignIn) -> None:
    issue = make_issue()
    client = sign_in(make_account(AccountRoleKind.SCHOOL_ADMIN, member_unit=issue.e_journal.member_unit))
    path = f"/console/e-journals/{issue.id}"

    page = client.get(path)

    assert page.status_code == 200
    assert "desk-form" not in page.text
    assert client.get("/console/e-journals/new").status_code == 403
    assert client.post(f"{path}/arrange", data={"do": "add-column"}).status_code == 403
    assert client.post(f"{path}/withdraw", data={"reason": "x"}).status_code == 403


def test_a_periodical_is_registered(sign_in: SignIn) -> None:
    client = sign_in(make_account(AccountRoleKind.EDITOR))

    assert client.get("/console/e-journals/new").location == "/console/e-journals/journals"
    assert client.post("/console/e-journals/journals", data={"name": ""}).status_code == 422
    answer = client.post("/console/e-journals/journals", data={"name": "《前沿观察》"})

    assert answer.status_code == 302
    assert [journal.name for journal in e_journals.journals()] == ["《前沿观察》"]


def test_the_desk_costs_the_same_with_one_article_and_with_three(
    sign_in: SignIn, count_statements: Any
) -> None:
    editor, journal = make_editor()
    issue = make_draft(editor, journal)
    client: FlaskClient = sign_in(editor)
    path = f"/console/e-journals/{issue.id}"
    client.get(path)
    three = count_statements(lambda: client.get(path))
    EJournalArticle.delete().where(EJournalArticle.title.in_(["乙", "丙"])).execute()

    assert count_statements(lambda: client.get(path)) == three


def test_what_waits_stands_on_the_first_page(sign_in: SignIn) -> None:
    editor, journal = make_editor()
    issue = make_draft(editor, journal)
    reviews.submit(issue, actor=editor)
    reviewer, own = make_reviewers()[0], sign_in(editor)

    assert "等我审核的期刊" in sign_in(reviewer).get("/console/").text
    assert "等我审核的期刊" not in own.get("/console/").text
    reviews.review(issue, ReviewStage.REVIEW_1, ReviewDecision.RETURNED, "请补作者", actor=reviewer)
    assert "初审退回：请补作者" in own.get("/console/").text
    approved(EJournalIssue.get())
    assert "等待发布的期刊" in own.get("/console/").text


def test_what_waits_for_review_costs_the_same_for_one_and_three(
    sign_in: SignIn, count_statements: Any
) -> None:
    client = sign_in(make_reviewers()[0])
    reviews.submit(make_issue(status=IssueStatus.DRAFT), actor=None)
    client.get("/console/e-journals/to-review")
    one = count_statements(lambda: client.get("/console/e-journals/to-review"))
    for _ in range(2):
        reviews.submit(make_issue(status=IssueStatus.DRAFT), actor=None)

    assert count_statements(lambda: client.get("/console/e-journals/to-review")) == one
