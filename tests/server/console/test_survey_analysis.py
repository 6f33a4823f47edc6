"""The console's pages of analysis: each opens, says what it should, and hides what it must."""

from __future__ import annotations

from io import BytesIO

import pytest

from models.accounts import AccountRoleKind
from models.messaging import Campaign
from models.survey_analysis import ChangesMade, Course
from models.surveys import Answer, Questionnaire, Response, ResponseStatus
from services.surveys import sheet
from services.surveys import themes as survey_themes
from tests.factories import make_account, make_unit
from tests.factories.surveys import free_text, make_questionnaire, multiple, ranking, scale, single
from tests.server.console.conftest import SignIn

pytestmark = pytest.mark.usefixtures("noon")


@pytest.fixture
def survey(db: object) -> Questionnaire:
    """Twelve responses of one unit, two of another."""
    made = make_questionnaire(single(), multiple(), scale(), ranking(), free_text())
    topic, form, mark, order, words = sheet.of(made.id).questions
    large, small = make_unit(short_name="大校"), make_unit(short_name="小校")
    for no in range(14):
        response = Response.create(
            questionnaire=made,
            respondent=f"r{no}",
            member_unit=large if no < 12 else small,
            status=ResponseStatus.COMPLETED,
        )
        Answer.create(response=response, question=topic.id, option_no=topic.choices[no % 2].id)
        Answer.create(response=response, question=form.id, option_no=form.choices[0].id)
        Answer.create(response=response, question=mark.id, number=4)
        Answer.create(response=response, question=order.id, option_no=order.choices[0].id, number=1)
        Answer.create(response=response, question=words.id, text="<b>多办</b>乡村振兴现场课")
    return made


def test_every_page_of_analysis_opens(sign_in: SignIn, survey: Questionnaire) -> None:
    account = make_account(AccountRoleKind.SECRETARIAT)
    client, base = sign_in(account), f"/console/surveys/{survey.id}"
    words = sheet.of(survey.id).questions[4]

    assert "还没有整理过" in client.get(f"{base}/themes/{words.id}").text
    assert client.post(f"{base}/themes/{words.id}").status_code == 302
    waiting = client.get(f"{base}/themes/{words.id}").text
    assert 'hx-trigger="every 2s"' in waiting
    for run_id in survey_themes.due():
        survey_themes.work(run_id)
    themes = client.get(f"{base}/themes/{words.id}").text
    assert "&lt;b&gt;多办&lt;/b&gt;乡村振兴现场课" in themes
    assert "hx-trigger" not in themes
    assert client.get(f"{base}/themes/{words.id}/1").status_code == 200
    cross = client.get(f"{base}/cross").text
    assert 'id="cross-table"' in cross
    assert "少于5份的小组" in cross
    demand = client.get(f"{base}/demand").text
    assert "没有课程" in demand
    assert "还没有可以比较的往期问卷" in client.get(f"{base}/compare").text
    assert "收到 14 份回答" in client.get(f"{base}/leaders").text
    for name in ("report.xlsx", "report.docx", "demand.xlsx"):
        assert client.get(f"{base}/{name}").data.startswith(b"PK")
    assert "echarts" in client.get(f"{base}/results").text


def test_a_filter_that_gives_a_small_group_away_is_refused_kindly(
    sign_in: SignIn, survey: Questionnaire
) -> None:
    client = sign_in(make_account(AccountRoleKind.SECRETARIAT))
    rare = sheet.of(survey.id).questions[0].choices[2].id

    answer = client.get(f"/console/surveys/{survey.id}/results?option={rare}")

    assert answer.status_code == 403
    assert "不单独显示。请换一个条件" in answer.text


def test_courses_are_written_changed_read_in_and_deleted(sign_in: SignIn) -> None:
    account = make_account(AccountRoleKind.SECRETARIAT)
    client = sign_in(account)
    typed = {
        "title": "党史专题",
        "topics": "党史\n党性",
        "member_unit": account.member_unit_id,
        "is_offered": "1",
    }

    assert client.post("/console/courses/new", data=typed).status_code == 302
    course = Course.get()
    assert client.post("/console/courses/new", data=typed).status_code == 422
    changed = typed | {"instructor": "王老师", "version": "1"}
    assert client.post(f"/console/courses/{course.id}/edit", data=changed).status_code == 302
    assert client.post(f"/console/courses/{course.id}/edit", data=changed).status_code == 409
    assert "王老师" in client.get("/console/courses/").text
    template = client.get("/console/courses/template.xlsx").data
    sent = {"file": (BytesIO(template), "课程.xlsx")}
    assert "课程目录" in client.post("/console/courses/import", data=sent).text
    assert client.post(f"/console/courses/{course.id}/delete").status_code == 302
    assert not Course.select().where(Course.id == course.id).exists()


def test_what_changed_is_written_and_becomes_a_draft(sign_in: SignIn, survey: Questionnaire) -> None:
    client = sign_in(make_account(AccountRoleKind.SECRETARIAT))
    address = f"/console/surveys/{survey.id}/changes"

    assert client.post(address, data={"text": " "}).status_code == 422
    assert client.post(address, data={"text": "新开两期班", "is_shown": "1"}).status_code == 302
    assert ChangesMade.get().is_shown
    assert client.post(f"{address}/campaign").status_code == 302
    assert Campaign.get().title.startswith("因您而变")
