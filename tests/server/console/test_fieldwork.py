"""实施进度 and 半年调研 in the console, start to end."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

import clock
from models.accounts import AccountRoleKind
from models.fieldwork import SurveyReminder, SurveySeries, SurveyTarget
from models.messaging import Campaign
from models.surveys import Questionnaire, QuestionnaireStatus
from services.surveys import participation
from tests.factories import make_account, make_person, make_unit
from tests.factories.surveys import make_questionnaire
from tests.server.console.conftest import SignIn

pytestmark = pytest.mark.usefixtures("db", "noon")


def _local(days: int) -> str:
    return clock.to_local(clock.utc_now() + timedelta(days=days)).strftime("%Y-%m-%dT%H:%M")


def _series(model: Questionnaire, **values: Any) -> dict[str, Any]:
    return {
        "name": "学员需求征集", "model": model.id, "first_opens": "03-01", "second_opens": "",
        "open_days": "21", "first_reminder_days": "7", "second_reminder_days": "", "is_active": "1",
    } | values  # fmt: skip


def test_the_fieldwork_of_a_survey_from_invitation_to_extension(sign_in: SignIn) -> None:
    unit = make_unit()
    client = sign_in(make_account(AccountRoleKind.SECRETARIAT, member_unit=unit))
    made = make_questionnaire(member_unit=unit, closes_at=clock.utc_now() + timedelta(days=21))
    people = [make_person(member_unit=unit) for _ in range(6)]
    participation.completed(made, people[0].id)
    at = f"/console/surveys/{made.id}/fieldwork"

    invited = client.post(f"{at}/invite")
    assert invited.location == f"/console/campaigns/{Campaign.get().id}"
    again = client.post(f"{at}/invite")
    assert again.status_code == 409
    assert "已经有一个邀请推送" in again.text

    wrong = client.post(f"{at}/reminders", data={"remind_1": _local(7), "remind_2": _local(30)})
    assert wrong.status_code == 422
    assert "提醒应在截止前至少2小时" in wrong.text
    client.post(f"{at}/reminders", data={"remind_1": _local(7), "remind_2": _local(14)})
    assert SurveyReminder.select().count() == 2
    assert "现在没填完、也没说不参加的有 5 人" in client.get(f"{at}/reminders").text

    client.post(f"{at}/targets", data={f"unit_{unit.id}": "30", "role_instructor": ""})
    assert [(row.member_unit_id, row.wanted) for row in SurveyTarget.select()] == [(unit.id, 30)]
    assert client.post(f"{at}/targets", data={f"unit_{unit.id}": "many"}).status_code == 422

    client.post(f"{at}/pause")
    assert Questionnaire.get().status is QuestionnaireStatus.PAUSED
    assert "恢复填写" in client.get(f"{at}/").text
    client.post(f"{at}/resume")
    assert client.post(f"{at}/extend", data={"closes_at": _local(-1)}).status_code == 422
    client.post(f"{at}/extend", data={"closes_at": _local(30)})
    assert Questionnaire.get().closes_at == clock.utc_now() + timedelta(days=30)

    page = client.get(f"{at}/").text
    assert "少于5" in page  # one of an anonymous survey
    assert f"第1次：{'2026-11-30'}" in page or "待提醒" in page
    board = client.get(f"{at}/board").text
    assert "<html" not in board
    assert "单位按固定顺序排列，不排名" in board


def test_another_school_sees_no_fieldwork(sign_in: SignIn) -> None:
    made = make_questionnaire()
    client = sign_in(make_account(AccountRoleKind.SCHOOL_ADMIN, member_unit=make_unit()))

    for answer in (
        client.get(f"/console/surveys/{made.id}/fieldwork/"),
        client.get(f"/console/surveys/{made.id}/fieldwork/board"),
        client.post(f"/console/surveys/{made.id}/fieldwork/pause"),
    ):
        assert answer.status_code == 404


def test_a_half_yearly_survey_is_made_shown_and_changed(sign_in: SignIn) -> None:
    account = make_account(AccountRoleKind.SECRETARIAT)
    client = sign_in(account)
    model = make_questionnaire(is_open=False, member_unit=account.member_unit)

    refused = client.post("/console/survey-series/new", data=_series(model, first_opens="8月"))
    assert refused.status_code == 422
    assert "请按“月-日”填写1月至6月里的一天" in refused.text
    client.post("/console/survey-series/new", data=_series(model))
    made = SurveySeries.get()

    assert "学员需求征集" in client.get("/console/survey-series/").text
    assert "2027-03-01" in client.get(f"/console/survey-series/{made.id}").text
    opened = client.get(f"/console/survey-series/{made.id}/edit").text
    assert 'value="03-01"' in opened
    client.post(
        f"/console/survey-series/{made.id}/edit", data=_series(model, open_days="30") | {"version": "1"}
    )
    late = client.post(
        f"/console/survey-series/{made.id}/edit", data=_series(model, open_days="40") | {"version": "1"}
    )
    assert late.status_code == 409
    assert SurveySeries.get().open_days == 30
