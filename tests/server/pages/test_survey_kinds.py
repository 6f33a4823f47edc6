"""Every kind of question and the branches of a survey's page, with no script at work."""

from __future__ import annotations

import io
from typing import Any

import pytest
from PIL import Image

from models.surveys import Answer, ResponseStatus
from services import storage
from services.surveys import answers, flow, responses, sheet
from tests.factories import make_member
from tests.factories.surveys import (
    day,
    free_text,
    if_chosen,
    make_questionnaire,
    number,
    picture,
    ranking,
    scale,
    single,
    with_other,
)
from tests.server.pages.conftest import Enter
from tests.server.pages.test_surveys import Form, status

pytestmark = pytest.mark.usefixtures("noon")


def words(survey: Any, member: Any) -> dict[int, str]:
    response = responses.of_person(survey, member.person_id)
    assert response is not None
    held = answers.given(response)
    told = {each.position: flow.answer_words(each, held) for each in sheet.of(survey.id).questions}
    return {no: said for no, said in told.items() if said}


def rank(form: Form, no: int, *places: int) -> None:
    """The place of each option in order; 0 for none."""
    asked = form.questions[no - 1]
    for choice, place in zip(asked.choices, places, strict=True):
        form.fields[f"place-{asked.id}-{choice.id}"] = [str(place or "")]


def test_every_kind_is_filled_in(enter: Enter) -> None:
    member = make_member()
    survey = make_questionnaire(ranking(), day(), with_other(), with_other("另外？", several=True))
    form = Form(enter(member), survey)
    rank(form, 1, 2, 3, 1)
    form.fill(2, "2027-03-15").fill(3, 3).fill(4, 1)
    form.fields[f"words-{form.questions[2].id}"] = ["食堂"]
    form.fields[f"words-{form.questions[3].id}"] = ["会务"]

    answer = form.send("submit")

    assert answer.status_code == 302, answer.text
    assert words(survey, member) == {
        1: "党史、基层治理、乡村振兴",
        2: "2027年3月15日（周一）",
        3: "食堂",
        4: "数据治理、会务",
    }
    assert Form(enter(member), survey).send("submit").status_code == 302  # as it was shown: nothing changes
    assert words(survey, member)[1] == "党史、基层治理、乡村振兴"


def test_what_is_no_answer_says_why(enter: Enter) -> None:
    member = make_member()
    survey = make_questionnaire(ranking(), day(minimum=20270101), with_other())
    form = Form(enter(member), survey)
    rank(form, 1, 1, 1, 2)

    answer = form.fill(2, "2026-12-31").fill(3, 3).send("submit")

    assert answer.status_code == 422
    assert "每一位只能排一项" in answer.text
    assert "请填写不早于 2027年1月1日（周五） 的日期" in answer.text
    assert "请写出“其他”指什么" in answer.text
    assert words(survey, member) == {}


def test_branches_open_after_saving_and_hidden_answers_go(enter: Enter) -> None:
    member = make_member()
    survey = make_questionnaire(
        single("办过班吗？", options=("办过", "没有")),
        number("办过几期？", condition=if_chosen(1, 1)),
        free_text("为什么？", condition=if_chosen(1, 2)),
    )
    client = enter(member)
    form = Form(client, survey)
    assert form.page.count(" hidden>") == 2

    more = form.fill(1, 1).send("submit")
    assert more.status_code == 422  # the question that the answer brought
    assert more.text.count(" hidden>") == 1
    assert Form(client, survey, more).fill(2, "7").send("submit").status_code == 302
    assert status(survey, member) is ResponseStatus.COMPLETED

    changed = Form(client, survey).fill(1, 2).send("stay")
    assert "有1题不用再答" in client.get(changed.location).text
    assert words(survey, member) == {1: "没有"}
    assert status(survey, member) is ResponseStatus.STARTED


def test_an_answer_to_a_question_not_asked_is_not_kept(enter: Enter) -> None:
    member = make_member()
    survey = make_questionnaire(single(), free_text("为什么？", condition=if_chosen(1, 2)))

    Form(enter(member), survey).fill(1, 1).fill(2, "硬塞的").send("stay")

    assert words(survey, member) == {1: "基层治理"}


def test_a_table_is_one_table(enter: Enter) -> None:
    member = make_member()
    rows = [scale(text, matrix=1, matrix_text="对这次班的评价") for text in ("内容", "老师")]
    survey = make_questionnaire(*rows)
    form = Form(enter(member), survey)

    assert form.page.count("<table>") == 1
    assert 'aria-label="老师：5，非常满意"' in form.page
    assert form.fill(1, "4").fill(2, "5").send("submit").status_code == 302
    assert words(survey, member) == {1: "4", 2: "5"}


def test_a_picture_is_kept_without_what_the_camera_wrote(enter: Enter, tmp_path: Any) -> None:
    member = make_member()
    survey = make_questionnaire(picture(), is_anonymous=False)
    client = enter(member)
    form = Form(client, survey)
    exif = Image.Exif()
    exif[0x010F] = "CameraMaker"
    data = io.BytesIO()
    Image.new("RGB", (60, 40), "red").save(data, "JPEG", exif=exif)
    at = f"file-{form.questions[0].id}"

    refused = client.post(
        f"/m/surveys/{survey.id}", data={**form.fields, "act": "submit", at: (io.BytesIO(b"PK"), "a.jpg")}
    )
    sent = client.post(
        f"/m/surveys/{survey.id}",
        data={**form.fields, "act": "submit", at: (io.BytesIO(data.getvalue()), "我家.jpg")},
    )

    assert refused.status_code == 422
    assert "这个文件不是能用的图片" in refused.text
    assert sent.status_code == 302
    stored = storage.opened().get(Answer.get().file)
    assert stored is not None
    assert dict(Image.open(io.BytesIO(stored)).getexif()) == {}
    assert b"CameraMaker" not in stored
    assert "已收到一张图片" in client.get(f"/m/surveys/{survey.id}").text


def test_a_full_option_cannot_be_chosen(enter: Enter) -> None:
    places = ({"text": "上午", "quota": 1}, {"text": "下午"})
    survey = make_questionnaire(single("哪一场？", options=places))  # type: ignore[arg-type]
    early, late = make_member(), make_member()
    slow = Form(enter(late), survey)
    assert Form(enter(early), survey).fill(1, 1).send("submit").status_code == 302

    refused = Form(enter(late), survey, None) and slow.fill(1, 1).send("submit")

    assert "“上午”名额已满" in refused.text
    assert "上午（已满）" in refused.text
    assert words(survey, early) == {1: "上午"}
