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
from services.surveys.workbooks import Page, book
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


def test_a_survey_goes_out_and_comes_in_by_file_and_paper(sign_in: SignIn, survey: Questionnaire) -> None:
    client, base = sign_in(make_account(AccountRoleKind.SECRETARIAT)), f"/console/surveys/{survey.id}"

    assert "上传并核对" in client.get(f"{base}/exchange").text
    questions = client.get(f"{base}/questions.xlsx").data
    assert client.get(f"{base}/answers.xlsx").data.startswith(b"PK")
    sent = client.post("/console/surveys/from-excel", data={"file": (BytesIO(questions), "下半年.xlsx")})
    assert sent.status_code == 302
    wrong = client.post("/console/surveys/from-excel", data={"file": (BytesIO(b"%PDF"), "下半年.xlsx")})
    assert "这是 PDF 文件，不是 Excel" in wrong.text
    assert client.post(f"{base}/files", data={}).status_code == 422
    rows = [("党史", "讲授", 5, "党史→基层治理→乡村振兴", "好"), ("不知道", "", "", "", "")]
    file = book([Page("表", [asked.text for asked in sheet.of(survey.id).questions], rows)])
    kept = client.post(f"{base}/files", data={"file": (BytesIO(file), "答卷.xlsx")})
    page = client.get(kept.location).text
    assert "写入 1 份" in page
    assert "这不是这道题的回答" in page
    mapping = {f"column-{no}": str(asked.id) for no, asked in enumerate(sheet.of(survey.id).questions)}
    assert client.post(kept.location, data=mapping).status_code == 302
    assert client.post(f"{kept.location}/apply").status_code == 302
    assert "已于" in client.get(kept.location).text
    order = sheet.of(survey.id).questions
    keyed = {"sheet_no": "1", **{f"question-{q.id}": "1" for q in order}, f"question-{order[3].id}": "1 2 3"}
    assert client.post(f"{base}/paper", data=keyed).status_code == 302
    other = client.post(f"{base}/paper", data=keyed | {f"question-{order[2].id}": "2"})
    assert other.status_code == 409
    assert "第一次录的是：1" in other.text
    assert client.post(f"{base}/paper", data=keyed).status_code == 302
    assert Response.select().where(Response.questionnaire == survey.id).count() == 16
