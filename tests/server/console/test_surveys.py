"""The console's screens of questionnaires and their results."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

import pytest

import clock
from models.accounts import AccountRoleKind
from models.alliance import MemberUnit
from models.surveys import Questionnaire, QuestionnaireStatus
from services.surveys import chat_links, conversations, sheet
from tests.factories import make_account, make_member, make_unit
from tests.factories.surveys import free_text, make_questionnaire, number, scale, single
from tests.server.console.conftest import SignIn

pytestmark = pytest.mark.usefixtures("noon")


def typed(**values: Any) -> dict[str, Any]:
    return {
        "title": "2027年上半年需求征集",
        "is_anonymous": "1",
        "reach": "everyone",
        "closes_at": "2026-12-31T18:00",
        "question-0-kind": "single",
        "question-0-text": "您最需要的专题？",
        "question-0-options": "基层治理\n乡村振兴\n\n",
        "question-0-required": "1",
        "question-1-kind": "number",
        "question-1-text": "每年几天合适？",
        "question-1-minimum": "0",
        "question-1-maximum": "30",
        **values,
    }


def answered(survey: Questionnaire, unit: MemberUnit, *said: str) -> None:
    member = make_member(unit=unit)
    begin = chat_links.menu_id(survey.id, 0, chat_links.START)
    conversations.tapped(member, member.person, begin, at=clock.utc_now())
    for words in said:
        conversations.typed(member, member.person, words, words, at=clock.utc_now())


def test_a_typed_questionnaire_is_stored_and_shown_as_chat(sign_in: SignIn) -> None:
    client = sign_in(make_account(AccountRoleKind.SECRETARIAT))

    answer = client.post("/console/surveys/new", data=typed())

    survey = Questionnaire.get()
    assert answer.location == f"/console/surveys/{survey.id}"
    assert survey.closes_at == datetime(2026, 12, 31, 10, 0)
    asked = sheet.of(survey.id).questions
    assert [(each.text, each.is_required) for each in asked] == [
        ("您最需要的专题？", True),
        ("每年几天合适？", False),
    ]
    page = client.get(answer.location).text
    assert "【1/2】您最需要的专题？（单选）<br><a>1. 基层治理</a>" in page
    assert "weixin://" not in page
    form = client.get(f"/console/surveys/{survey.id}/edit").text
    assert ">基层治理\n乡村振兴</textarea>" in form
    assert 'value="2026-12-31T18:00"' in form


def test_wrong_fields_stand_beside_what_was_typed(sign_in: SignIn) -> None:
    client = sign_in(make_account(AccountRoleKind.SECRETARIAT))
    bad = typed(title="", **{"question-0-options": "只有一个", "question-1-maximum": "三十"})

    answer = client.post("/console/surveys/new", data=bad)

    assert answer.status_code == 422
    assert "请填写整数" in answer.text
    assert ">只有一个</textarea>" in answer.text
    answer = client.post("/console/surveys/new", data=bad | {"question-1-maximum": "30"})
    assert 'id="question-0-options-error">请至少填写两个选项' in answer.text
    assert 'id="title-error">请填写问卷标题' in answer.text
    assert Questionnaire.select().count() == 0


@pytest.mark.parametrize(
    ("do", "texts"),
    [
        ("add-text", ["您最需要的专题？", "每年几天合适？", ""]),
        ("question-1-up", ["每年几天合适？", "您最需要的专题？"]),
        ("question-0-remove", ["每年几天合适？"]),
        ("question-9-up", ["您最需要的专题？", "每年几天合适？"]),
        ("nonsense", ["您最需要的专题？", "每年几天合适？"]),
    ],
)
def test_questions_are_arranged_before_anything_is_saved(sign_in: SignIn, do: str, texts: list[str]) -> None:
    client = sign_in(make_account(AccountRoleKind.SECRETARIAT))

    page = client.post("/console/surveys/arrange", data=typed(do=do)).text

    assert re.findall(r'name="question-\d+-text" value="([^"]*)"', page) == texts
    assert Questionnaire.select().count() == 0


def test_opening_and_closing_by_button(sign_in: SignIn) -> None:
    client = sign_in(make_account(AccountRoleKind.SECRETARIAT))
    survey = make_questionnaire(is_open=False)

    client.post(f"/console/surveys/{survey.id}/open")
    assert Questionnaire.get().status is QuestionnaireStatus.OPEN
    assert client.get(f"/console/surveys/{survey.id}/edit").location == f"/console/surveys/{survey.id}"
    assert client.post(f"/console/surveys/{survey.id}/edit", data=typed(version="1")).status_code == 409
    client.post(f"/console/surveys/{survey.id}/close")

    assert Questionnaire.get().status is QuestionnaireStatus.CLOSED
    copied = client.post(f"/console/surveys/{survey.id}/copy")
    assert re.fullmatch(r"/console/surveys/\d+/edit", copied.location)


def test_results_show_counts_and_hide_small_units(sign_in: SignIn) -> None:
    client = sign_in(make_account(AccountRoleKind.SECRETARIAT))
    survey = make_questionnaire(single(), number(), free_text(is_required=False))
    large, rest, small = (
        make_unit(short_name="大校"),
        make_unit(short_name="中校"),
        make_unit(short_name="小校"),
    )
    for unit, size in ((large, 6), (rest, 5), (small, 2)):
        for no in range(size):
            answered(survey, unit, "1", str(no), "<b>多办</b>")

    page = client.get(f"/console/surveys/{survey.id}/results").text

    assert "13 人回答 · 平均 2.0，最小 0，最大 5" in page
    assert "&lt;b&gt;多办&lt;/b&gt;" in page
    assert re.search(r"小校<span class=\"float-end\">不单独显示", page)
    assert client.get(f"/console/surveys/{survey.id}/results?unit={small.id}").status_code == 403
    assert "6 人回答" in client.get(f"/console/surveys/{survey.id}/results?unit={large.id}").text
    question = sheet.of(survey.id).questions[2]
    assert client.get(f"/console/surveys/{survey.id}/results/{question.id}").text.count("多办") == 13


def test_too_few_anonymous_answers_show_nothing(sign_in: SignIn) -> None:
    client = sign_in(make_account(AccountRoleKind.SECRETARIAT))
    survey = make_questionnaire(single())
    answered(survey, make_unit(), "1")

    page = client.get(f"/console/surveys/{survey.id}/results").text

    assert "不足 5 份时不显示结果" in page
    assert "基层治理" not in page


def test_the_audience_is_counted_while_the_form_is_filled(sign_in: SignIn) -> None:
    client = sign_in(make_account(AccountRoleKind.SECRETARIAT))
    unit = make_unit()
    make_member(unit=unit), make_member()

    assert ">2<" in client.get("/console/surveys/audience?reach=everyone").text
    assert ">1<" in client.get(f"/console/surveys/audience?reach=some&units={unit.id}").text
    assert "请选择受众" in client.get("/console/surveys/audience?reach=some").text


def test_another_schools_questionnaire_is_not_found(sign_in: SignIn) -> None:
    survey = make_questionnaire(title="别校的问卷")
    client = sign_in(make_account(AccountRoleKind.SCHOOL_ADMIN))

    assert "别校的问卷" not in client.get("/console/surveys/").text
    for path in ("", "/edit", "/results", "/results/1"):
        assert client.get(f"/console/surveys/{survey.id}{path}").status_code == 404


def test_the_list_costs_the_same_with_one_row_and_with_three(sign_in: SignIn, count_statements: Any) -> None:
    client = sign_in(make_account(AccountRoleKind.SECRETARIAT))
    make_questionnaire()
    client.get("/console/surveys/")
    one = count_statements(lambda: client.get("/console/surveys/"))
    make_questionnaire(), make_questionnaire()

    assert count_statements(lambda: client.get("/console/surveys/")) == one


def test_a_scale_is_typed_shown_changed_and_counted(sign_in: SignIn) -> None:
    client = sign_in(make_account(AccountRoleKind.SECRETARIAT))
    asked = {
        "question-1-kind": "scale",
        "question-1-text": "您总体满意吗？",
        "question-1-maximum": "10",
        "question-1-low_words": "很不满意",
    }
    refused = client.post("/console/surveys/new", data=typed(**asked))
    assert refused.status_code == 422
    assert "请写明两端各是什么意思" in refused.text
    assert 'value="很不满意"' in refused.text

    client.post("/console/surveys/new", data=typed(**asked, **{"question-1-high_words": "非常满意"}))

    survey = Questionnaire.get()
    page = client.get(f"/console/surveys/{survey.id}").text
    assert "1 至 10：很不满意—非常满意" in page
    form = client.get(f"/console/surveys/{survey.id}/edit").text
    assert re.search(r'<option value="10" selected>1 至 10', form)
    assert 'name="question-1-high_words" value="非常满意"' in form


def test_results_tell_the_mean_of_a_scale_among_its_steps(sign_in: SignIn) -> None:
    client = sign_in(make_account(AccountRoleKind.SECRETARIAT))
    survey = make_questionnaire(scale())
    for given in ("5", "4", "4", "3", "1"):
        answered(survey, make_unit(), given)

    page = client.get(f"/console/surveys/{survey.id}/results").text

    assert "5 人回答 · 平均 3.4（1 至 5 分）" in page
    assert "5 非常满意" in page


def test_an_open_survey_offers_words_for_the_class_group(sign_in: SignIn) -> None:
    client = sign_in(make_account(AccountRoleKind.SECRETARIAT))
    open_one, draft = make_questionnaire(), make_questionnaire(is_open=False)

    shown = client.get(f"/console/surveys/{open_one.id}").text

    assert "【需求征集】2027年上半年需求征集" in shown
    assert 'data-copy="group-text"' in shown
    assert "data-copy" not in client.get(f"/console/surveys/{draft.id}").text
