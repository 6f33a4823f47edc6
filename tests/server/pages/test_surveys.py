"""A survey as a page, as a member fills it in."""

from __future__ import annotations

import html
import logging
import re
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from peewee import Database, OperationalError
from werkzeug.test import TestResponse

import clock
import models
from models.people import Follower
from models.surveys import Answer, Conversation, Questionnaire, Response, ResponseStatus
from services.surveys import answers, pages, questionnaires, responses, sheet
from tests.bot.conftest import Phone
from tests.factories import make_follower, make_member, make_unit
from tests.factories.surveys import free_text, make_questionnaire, multiple, number, scale, single
from tests.server.pages.conftest import Enter
from tests.server.pages.test_sign_in import csrf

pytestmark = pytest.mark.usefixtures("noon")

TICKED = re.compile(r'<input type="(?:radio|checkbox)" name="(answer-\d+)" value="([^"]*)" checked>')
LINE = re.compile(r'<input class="survey-text" id="(answer-\d+)".*?value="([^"]*)"', re.DOTALL)
AREA = re.compile(r'<textarea class="survey-text" id="(answer-\d+)"[^>]*>\n(.*?)</textarea>', re.DOTALL)
WORDS = re.compile(r'name="(words-\d+)" type="text" maxlength="100" value="([^"]*)"')
PLACE = re.compile(r'<select name="(place-\d+-\d+)">(.*?)</select>', re.DOTALL)
SHOWN = re.compile(r'name="(shown-\d+)" value="([0-9a-f]+)"')


class Form:
    """What a browser without script sends: the page's fields, changed by the member."""

    def __init__(
        self, client: FlaskClient, survey: Questionnaire, answer: TestResponse | None = None
    ) -> None:
        self.client, self.survey = client, survey
        self.questions = sheet.of(survey.id).questions
        self.page = (answer or client.get(f"/m/surveys/{survey.id}")).text
        self.fields: dict[str, list[str]] = {"csrf": [csrf(answer or client.get(f"/m/surveys/{survey.id}"))]}
        for pattern in (TICKED, LINE, AREA, WORDS, SHOWN):
            for name, value in pattern.findall(self.page):
                self.fields.setdefault(name, []).append(html.unescape(value))
        for name, options in PLACE.findall(self.page):
            self.fields[name] = re.findall(r'value="(\d+)" selected', options)

    def fill(self, no: int, *answers: object) -> Form:
        """An answer in words, or the numbers of the options ticked."""
        asked = self.questions[no - 1]
        values = [
            str(asked.choices[each - 1].id) if asked.choices and isinstance(each, int) else str(each)
            for each in answers
        ]
        self.fields[f"answer-{asked.id}"] = values
        return self

    def shows(self, no: int) -> list[str]:
        return self.fields.get(f"answer-{self.questions[no - 1].id}", [])

    def send(self, act: str = "later") -> TestResponse:
        return self.client.post(f"/m/surveys/{self.survey.id}", data={**self.fields, "act": act})


def kept(survey: Questionnaire, member: Follower) -> dict[int, Any]:
    """The answers by number; a tuple of option numbers, a number, a text, None where passed over."""
    response = responses.of_person(survey, member.person_id)
    if response is None:
        return {}
    held, found = answers.given(response), {}
    for asked in sheet.of(survey.id).questions:
        chosen = tuple(choice.no for choice in asked.choices if choice.id in held.chosen.get(asked.id, ()))
        if asked.id in held.passed:
            found[asked.no] = None
        elif chosen or asked.id in held.numbers or asked.id in held.texts:
            found[asked.no] = chosen or held.numbers.get(asked.id, held.texts.get(asked.id))
    return found


def status(survey: Questionnaire, member: Follower) -> ResponseStatus | None:
    response = responses.of_person(survey, member.person_id)
    return response.status if response is not None else None


def test_a_survey_is_filled_in_and_submitted_on_one_page(enter: Enter) -> None:
    member, survey = make_member(), make_questionnaire(closes_at=clock.utc_now() + timedelta(days=3))
    client = enter(member)

    listed = client.get("/m/surveys").text
    assert "2027年上半年需求征集" in listed
    assert "还没有开始" in listed
    form = Form(client, survey)
    assert "匿名" in form.page
    assert "单选，必答" in form.page
    assert "数字，请填写 0 至 30 的整数，必答" in form.page
    assert "文字，最多500字，可以不答" in form.page
    answer = form.fill(1, 2).fill(2, 1, 3).fill(3, "二十").send("submit")

    assert answer.location == f"/m/surveys/{survey.id}/thanks"
    assert "感谢您的回答" in client.get(answer.location).text
    assert kept(survey, member) == {1: (2,), 2: (1, 3), 3: 20, 4: None}
    assert status(survey, member) is ResponseStatus.COMPLETED
    assert "已完成" in client.get("/m/surveys").text
    assert Response.select().count() == 1


def test_pages_carry_no_script_and_name_every_field(enter: Enter) -> None:
    survey = make_questionnaire()
    client = enter(make_member())

    for path in ("/m/surveys", f"/m/surveys/{survey.id}"):
        page = client.get(path)
        assert page.status_code == 200
        assert "<script" not in page.text
        assert " style=" not in page.text
        assert page.headers["Cache-Control"] == "no-store"
    for target in re.findall(r'aria-describedby="([^"]+)"', page.text):
        assert all(f'id="{each}"' in page.text for each in target.split())
    for name in re.findall(r'<label class="survey-head" for="([^"]+)"', page.text):
        assert f'id="{name}"' in page.text


def test_looking_at_it_begins_nothing(enter: Enter) -> None:
    member, survey = make_member(), make_questionnaire()

    Form(enter(member), survey).send("later")

    assert Response.select().count() == 0
    assert Conversation.select().count() == 0


def test_what_is_valid_is_kept_what_is_not_is_told_and_stays(enter: Enter) -> None:
    member = make_member()
    survey = make_questionnaire(single(), multiple(maximum=2), number(), free_text("您的<建议>？"))
    form = Form(enter(member), survey)

    answer = form.fill(1, 3).fill(2, 1, 2, 4).fill(3, "9天<b>, 也许99").fill(4, "字" * 501).send("submit")

    assert answer.status_code == 422
    for words in (
        "第2题：最多选 2 项，现在选了 3 项",
        "第3题：请只填写一个数字",
        "第4题：最多500字，现在501字",
    ):
        assert words in answer.text
    assert "第1题" not in answer.text
    again = Form(form.client, survey, answer)
    assert len(again.shows(2)) == 3
    assert again.shows(3) == ["9天<b>, 也许99"]
    assert again.shows(4) == ["字" * 501]
    assert kept(survey, member) == {1: (3,)}

    assert again.fill(2, 1, 2).fill(3, 9).fill(4, "字").send("submit").status_code == 302
    assert kept(survey, member) == {1: (3,), 2: (1, 2), 3: 9, 4: "字"}


@pytest.mark.parametrize("act", ["later", "stay", "", "other"])
def test_only_submit_completes(enter: Enter, act: str) -> None:
    member, survey = make_member(), make_questionnaire(single(), number())

    answer = Form(enter(member), survey).fill(1, 1).fill(2, 5).send(act)

    assert answer.status_code == 302
    assert kept(survey, member) == {1: (1,), 2: 5}
    assert status(survey, member) is ResponseStatus.STARTED


def test_submit_tells_what_is_missing(enter: Enter) -> None:
    member, survey = make_member(), make_questionnaire(single(), multiple(minimum=2), free_text())

    answer = Form(enter(member), survey).fill(2, 3).send("submit")

    assert answer.status_code == 422
    assert "第1题：这一题还没有回答" in answer.text
    assert "第2题：还没选够，请至少选 2 项" in answer.text
    assert "第3题：这一题还没有回答" in answer.text
    assert kept(survey, member) == {2: (3,)}  # ticks on the way, as chat keeps them
    assert status(survey, member) is ResponseStatus.STARTED


def test_an_answer_is_changed_until_closing_and_never_emptied(enter: Enter) -> None:
    member = make_member()
    survey = make_questionnaire(
        single(),
        multiple(minimum=2),
        number(),
        free_text(is_required=False),
        single("二？", is_required=False),
    )
    client = enter(member)
    form = Form(client, survey).fill(1, 1).fill(2, 1, 2).fill(3, 5).fill(4, "多办").fill(5, 1)
    assert form.send("submit").status_code == 302

    answer = Form(client, survey).fill(1, 2).fill(2, 1).fill(3).fill(4).fill(5, "-").send("submit")

    assert answer.status_code == 422
    assert "第2题：请至少选 2 项；之前的回答还保留着" in answer.text
    assert "第3题：这一题需要回答，不能清空" in answer.text
    assert kept(survey, member) == {1: (2,), 2: (1, 2), 3: 5, 4: None, 5: None}
    assert status(survey, member) is ResponseStatus.COMPLETED
    assert Form(client, survey).shows(5) == ["-"]


def test_a_double_submit_and_a_stale_tab_change_nothing(enter: Enter) -> None:
    member, survey = make_member(), make_questionnaire(single(), number(), free_text())
    client = enter(member)
    one, other = Form(client, survey), Form(client, survey)

    one.fill(1, 1).fill(2, 3).fill(3, "甲")
    assert [one.send("submit").status_code for _ in range(2)] == [302, 302]
    assert other.fill(2, 7).send("submit").status_code == 302

    assert kept(survey, member) == {1: (1,), 2: 7, 3: "甲"}
    assert Response.select().count() == 1
    assert Answer.select().count() == 3


def test_made_up_fields_do_no_harm(enter: Enter) -> None:
    member, survey = make_member(), make_questionnaire(single(), number())
    foreign = sheet.of(make_questionnaire(title="别的").id).questions[0]
    form = Form(enter(member), survey)
    form.fields |= {f"shown-{foreign.id}": ["x"], f"answer-{foreign.id}": [str(foreign.choices[0].id)]}
    form.fields |= {"shown-9999999999": ["x"], "shown-": ["x"], "answer-zz": ["1"]}

    answer = form.fill(1, str(foreign.choices[0].id)).fill(2, "5\x00").send("later")

    assert "第1题：所选的选项已失效" in answer.text
    assert kept(survey, member) == {2: 5}
    two = Form(form.client, survey).fill(1, 1, 2).send("later")
    assert "第1题：只能选一项" in two.text
    assert form.client.get("/m/surveys/99999999999999999999").status_code == 404


def test_line_ends_and_spaces_alone_change_no_text(enter: Enter) -> None:
    member, survey = make_member(), make_questionnaire(free_text(), single())
    client = enter(member)
    Form(client, survey).fill(1, " 一\r\n二 ").send()
    before = Answer.get()

    Form(client, survey).fill(1, "一\r\n二").fill(2, 1).send()

    assert kept(survey, member) == {1: "一\n二", 2: (1,)}
    assert Answer.get(Answer.text.is_null(False)).id == before.id


def test_closed_or_meant_for_others_or_absent_is_told_kindly(enter: Enter) -> None:
    unit = make_unit()
    member, colleague = make_member(), make_member(unit=unit)
    theirs = make_questionnaire(audience={"units": [unit.id]}, title="别校的")
    draft, closed = make_questionnaire(is_open=False), make_questionnaire(title="旧的")
    client = enter(member)
    form = Form(client, closed).fill(1, 1)
    questionnaires.close(Questionnaire.get_by_id(closed.id), actor=None)

    for survey_id in (theirs.id, draft.id, 12345):
        absent = client.get(f"/m/surveys/{survey_id}")
        assert absent.status_code == 404
        assert "不是发给您的" in absent.text
        assert "别校的" not in absent.text
        assert client.get(f"/m/surveys/{survey_id}/thanks").status_code == 404
    for over in (client.get(f"/m/surveys/{closed.id}"), form.send("submit")):
        assert over.status_code == 409
        assert "《旧的》已经结束" in over.text
    token = {"csrf": form.fields["csrf"], "act": "submit"}
    assert client.post(f"/m/surveys/{theirs.id}", data=token).status_code == 404
    assert Response.select().count() == 0
    assert "目前没有需要您填写的问卷" in client.get("/m/surveys").text
    assert enter(colleague).get(f"/m/surveys/{theirs.id}").status_code == 200


def test_a_survey_past_its_end_is_over_before_the_job_closes_it(enter: Enter) -> None:
    survey = make_questionnaire(closes_at=clock.utc_now() + timedelta(minutes=5))
    form = Form(enter(make_member()), survey).fill(1, 1)

    clock.advance(timedelta(minutes=6))

    assert form.send("submit").status_code == 409
    assert Response.select().count() == 0


def test_strangers_and_forged_forms_get_nowhere(enter: Enter, client: FlaskClient) -> None:
    member, survey = make_member(), make_questionnaire()
    form = Form(enter(member), survey).fill(1, 1)
    form.fields["csrf"] = ["0" * 64]

    assert form.send("submit").status_code == 400
    assert client.post(f"/m/surveys/{survey.id}").status_code == 401
    assert client.get(f"/m/surveys/{survey.id}").location == f"/m/sign-in?next=/m/surveys/{survey.id}"
    assert "请先绑定" in enter(make_follower()).get(f"/m/surveys/{survey.id}").text
    assert Response.select().count() == 0


def test_thanks_are_for_those_who_are_done(enter: Enter) -> None:
    survey = make_questionnaire()

    answer = enter(make_member()).get(f"/m/surveys/{survey.id}/thanks")

    assert answer.location == f"/m/surveys/{survey.id}"


def test_when_the_database_fails_nothing_typed_is_lost_or_logged(
    enter: Enter, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    survey = make_questionnaire()
    form = Form(enter(make_member()), survey).fill(1, 2).fill(4, "心里话")

    def fail(*args: object, **more: object) -> None:
        raise OperationalError("locked: 心里话")

    monkeypatch.setattr(pages, "save", fail)
    with caplog.at_level(logging.DEBUG):
        answer = form.send("submit")

    assert answer.status_code == 503
    assert "没有保存成功" in answer.text
    assert Form(form.client, survey, answer).shows(1) == form.shows(1)
    assert Form(form.client, survey, answer).shows(4) == ["心里话"]
    assert "OperationalError" in caplog.text
    assert "心里话" not in caplog.text


def test_nothing_of_an_anonymous_page_is_kept_beside_the_answers(
    enter: Enter, db: Database, caplog: pytest.LogCaptureFixture
) -> None:
    """A leak test: distinct words, then a search through every table, the cookies and the log."""
    member, survey = make_member(), make_questionnaire()
    client = enter(member)
    with caplog.at_level(logging.DEBUG, logger="server"), caplog.at_level(logging.DEBUG, logger="services"):
        Form(client, survey).fill(4, "独一无二的心里话").fill(3, "九百九十九").send("later")
        answer = Form(client, survey).fill(1, 2).fill(2, 1, 4).fill(3, 17).send("submit")
    assert answer.status_code == 302

    for table in models.TABLES:
        for row in table.select().dicts():
            told = str(row)
            assert "九百九十九" not in told
            assert "心里话" not in told or table is Answer
    response = Response.get()
    assert (response.person_id, response.created_at, response.completed_at) == (None, None, None)
    assert response.completed_on == clock.local_today()
    assert {row.created_at for row in Answer.select()} == {None}
    assert Conversation.select().count() == 0
    cookies = " ".join(str(each) for each in client._cookies.values())
    assert "心里话" not in cookies + caplog.text + answer.location
    assert "session" not in cookies


def test_a_named_survey_says_so_and_keeps_the_person(enter: Enter) -> None:
    member, survey = make_member(), make_questionnaire(single(), is_anonymous=False)
    form = Form(enter(member), survey)

    form.fill(1, 1).send("submit")

    assert "实名" in form.page
    assert Response.get().person_id == member.person_id
    assert Response.get().completed_at == clock.utc_now()


def test_begun_on_the_page_and_finished_in_chat(enter: Enter) -> None:
    member, survey = make_member(), make_questionnaire(single(), number(), free_text())
    Form(enter(member), survey).fill(1, 1).fill(3, "甲").send("later")
    mine = Phone(member.openid)

    mine.says("7")  # nothing was asked in chat yet: no answer
    assert kept(survey, member) == {1: (1,), 3: "甲"}
    assert mine.says("继续").startswith("【2/3】")
    assert mine.says("7").startswith("感谢您的回答")

    assert kept(survey, member) == {1: (1,), 2: 7, 3: "甲"}
    assert "已完成" in enter(member).get("/m/surveys").text


def test_begun_in_chat_and_finished_on_the_page(enter: Enter) -> None:
    member, survey = make_member(), make_questionnaire(single(), number(), free_text())
    mine = Phone(member.openid)
    mine.says("需求征集"), mine.says("2")
    client = enter(member)
    assert "已答 1/3 题" in client.get("/m/surveys").text
    form = Form(client, survey)
    assert form.shows(1) == [str(form.questions[0].choices[1].id)]

    form.fill(2, 4).fill(3, "乙").send("submit")

    assert Conversation.select().count() == 0
    assert mine.says("需求征集").startswith("您已完成")
    assert kept(survey, member) == {1: (2,), 2: 4, 3: "乙"}


def test_what_is_typed_in_chat_never_answers_a_question_not_shown_there(enter: Enter) -> None:
    """Chat stands at question 1, the page answers it: a number typed then is no answer to question 2."""
    member, survey = make_member(), make_questionnaire(single(), number(), free_text())
    mine = Phone(member.openid)
    mine.says("需求征集")
    Form(enter(member), survey).fill(1, 3).send("later")

    shown = mine.says("2")

    assert "【2/3】" in shown
    assert kept(survey, member) == {1: (3,)}
    assert "【3/3】" in mine.says("8")
    assert kept(survey, member) == {1: (3,), 2: 8}


def test_a_stale_page_leaves_what_chat_answered_meanwhile(enter: Enter) -> None:
    member, survey = make_member(), make_questionnaire(single(), number(), free_text())
    form = Form(enter(member), survey)
    mine = Phone(member.openid)
    mine.says("需求征集"), mine.says("2"), mine.says("5")

    assert form.fill(3, "丙").send("submit").status_code == 302

    assert kept(survey, member) == {1: (2,), 2: 5, 3: "丙"}
    assert status(survey, member) is ResponseStatus.COMPLETED


def test_a_scale_begun_on_the_page_is_changed_in_chat_and_seen_again_there(enter: Enter) -> None:
    member = make_member()
    survey = make_questionnaire(scale(), scale("老师？", 10, is_required=False), single())
    client, mine = enter(member), Phone(member.openid)
    form = Form(client, survey)
    assert form.page.count('type="radio"') == 5 + 10 + 1 + 3
    assert '5<span class="survey-said">，非常满意</span>' in form.page

    form.fill(1, "4").fill(2, pages.PASSED_OVER).send("later")
    assert kept(survey, member) == {1: 4, 2: None}
    assert mine.says("继续").startswith("【3/3】")
    mine.says("上一题"), mine.says("上一题")
    mine.says("五")
    again = Form(client, survey)
    assert (again.shows(1), again.shows(2)) == (["5"], [pages.PASSED_OVER])
    refused = again.fill(1, "9").send()
    assert refused.status_code == 422
    assert "超出范围" in refused.text
    again.fill(1, "5").fill(2, "10").fill(3, 1).send("submit")

    assert kept(survey, member) == {1: 5, 2: 10, 3: (1,)}
