"""What is held, taken along, taken back; leaving and being erased; forms kept over a sign-in."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from flask.testing import FlaskClient
from openpyxl import load_workbook

import clock
import config
from models.activities import SignUpStatus
from models.api_tokens import MiniSession
from models.bindings import KeptForm
from models.people import Consent, Follower, Person, Topic
from services import consents, member_links, opt_ins
from tests.factories import make_activity, make_follower, make_member, make_opt_in, make_sign_up
from tests.factories.check_ins import make_check_in
from tests.factories.surveys import make_questionnaire
from tests.server.pages.conftest import Enter, path_of
from tests.server.pages.test_sign_in import csrf

pytestmark = pytest.mark.usefixtures("noon")


def send(client: FlaskClient, page: str, to: str = "", **fields: Any) -> Any:
    return client.post(to or page, data={"csrf": csrf(client.get(page)), **fields})


def agreed_member() -> Follower:
    follower = make_member()
    consents.keep(follower.person, is_granted=True, source="chat", at=clock.utc_now())
    return follower


def test_the_page_and_both_files_hold_the_persons_own_data(enter: Enter) -> None:
    follower = agreed_member()
    make_sign_up(make_activity(title="红色讲坛"), follower.person)
    make_opt_in(follower.person, Topic.SALON)
    other = agreed_member()
    client = enter(follower)

    page, told = client.get("/m/data").text, json.loads(client.get("/m/data/export.json").data)
    sheet = load_workbook(BytesIO(client.get("/m/data/export.xlsx").data)).active
    cells = [tuple(row) for row in sheet.iter_rows(values_only=True)]

    assert "1 场活动" in page
    assert told["姓名"] == follower.person.name
    assert told["报名"] == [{"活动": "红色讲坛", "时间": "2026-11-25 12:00", "状态": "已报名"}]
    assert ("报名 1 · 活动", "红色讲坛") in cells
    assert other.person.name not in page + json.dumps(told, ensure_ascii=False)


def test_a_topic_is_taken_back_on_the_page(enter: Enter) -> None:
    follower = agreed_member()
    make_opt_in(follower.person, Topic.SALON)

    assert send(enter(follower), "/m/data", "/m/data/topics/salon/off").location == "/m/data"

    assert opt_ins.topics_of(follower.person) == set()


def test_sign_ins_of_the_mini_program_are_seen_and_ended(enter: Enter) -> None:
    follower, other = agreed_member(), agreed_member()
    mini_app = config.settings().mini_app_id
    rows = [
        make_session(make_follower(app_id=mini_app, person=each.person, is_following=False), device)
        for each, device in ((follower, "旧手机"), (other, "别人的手机"))
    ]
    rows.append(make_session(rows[0].follower, "新手机"))
    client = enter(follower)

    page = client.get("/m/data").text
    ended = send(client, "/m/data", f"/m/data/sessions/{rows[0].id}/end")
    foreign = send(client, "/m/data", f"/m/data/sessions/{rows[1].id}/end")
    left = client.get("/m/data").text

    assert "旧手机" in page
    assert "全部结束" in page
    assert "别人的手机" not in page
    assert (ended.status_code, foreign.status_code) == (302, 404)
    assert ("旧手机" in left, "新手机" in left) == (False, True)
    send(client, "/m/data", "/m/data/sessions/end")
    assert "目前没有手机登录着小程序" in client.get("/m/data").text
    assert MiniSession.get_by_id(rows[1].id).ended_at is None


def test_what_is_kept_of_a_place_is_said(enter: Enter) -> None:
    follower = agreed_member()
    make_check_in(make_activity(), follower.person, is_inside=True)
    make_sign_up(make_activity(), follower.person, SignUpStatus.LAPSED)
    client = enter(follower)

    told = json.loads(client.get("/m/data/export.json").data)

    assert told["签到"][0]["现场"] == "在"
    assert told["报名"][0]["状态"] == "未确认"
    assert "留下“在场内”或“在场外”" in client.get("/m/privacy").text


def make_session(follower: Follower, device: str) -> MiniSession:
    now = clock.utc_now()
    return MiniSession.create(
        follower=follower,
        token_hash=device,
        device=device,
        last_seen_at=now,
        expires_at=now + timedelta(days=9),
    )


def test_leaving_asks_first_says_what_happens_and_ends_the_sign_in(enter: Enter) -> None:
    follower = agreed_member()
    client = enter(follower)

    asked = client.get("/m/leave").text
    assert "已报名的活动仍然有效" in asked
    assert send(client, "/m/leave").status_code == 422
    assert Follower.get_by_id(follower.id).person_id is not None
    assert "已解除绑定" in send(client, "/m/leave", sure="1").text

    assert Follower.get_by_id(follower.id).person_id is None
    assert client.get("/m/me").status_code == 302
    assert not consents.is_in_force(follower.person)


def test_erasing_asks_first_and_leaves_no_name(enter: Enter) -> None:
    follower = agreed_member()
    client = enter(follower)

    assert "不能恢复" in client.get("/m/erase").text
    assert send(client, "/m/erase").status_code == 422
    assert "资料已注销" in send(client, "/m/erase", sure="1").text

    gone = Person.get_by_id(follower.person_id)
    assert (gone.name, gone.erased_at) == ("已注销", clock.utc_now())
    assert Consent.select().count() == 2  # the yes and its end stay as a proof


def test_what_was_typed_after_the_sign_in_had_ended_is_there_again(enter: Enter) -> None:
    follower, survey = agreed_member(), make_questionnaire(title="培训需求")
    page = f"/m/surveys/{survey.id}"
    client = enter(follower)
    shown = client.get(page)
    marks = {name: "" for name in _names(shown.text, "shown-")}
    text = next(iter(_names(shown.text, "answer-", kind="textarea")))
    clock.advance(timedelta(hours=3))

    sent = client.post(
        page, data={"csrf": csrf(shown), **marks, text: "希望多讲案例", "act": "submit", "keep": "1"}
    )
    assert "已替您保留1小时" in sent.text
    assert f'href="/m/sign-in?next={page}"' in sent.text
    again = client.get(path_of(member_links.make(follower.id, page)), follow_redirects=True)

    assert "希望多讲案例" in again.text
    assert "还没有提交" in again.text
    assert "希望多讲案例" not in client.get(page).text  # given once
    assert KeptForm.select().count() == 0
    # the page that was open all the while is still good
    assert (
        client.post(page, data={"csrf": csrf(shown), **marks, text: "再写", "act": "later"}).status_code
        == 302
    )


def test_what_was_kept_is_not_shown_to_another_member(enter: Enter) -> None:
    follower, other, survey = agreed_member(), agreed_member(), make_questionnaire(title="培训需求")
    page = f"/m/surveys/{survey.id}"
    client = enter(follower)
    shown = client.get(page)
    text = next(iter(_names(shown.text, "answer-", kind="textarea")))
    clock.advance(timedelta(hours=3))
    marks = {name: "" for name in _names(shown.text, "shown-")}
    client.post(page, data={"csrf": csrf(shown), **marks, text: "只是我的", "keep": "1"})

    theirs = client.get(path_of(member_links.make(other.id, page)), follow_redirects=True)

    assert "只是我的" not in theirs.text


def test_a_form_that_is_none_of_ours_is_not_kept(enter: Enter) -> None:
    client = enter(agreed_member())
    clock.advance(timedelta(hours=3))

    assert client.post("/m/topics", data={"csrf": "0" * 64, "topic": "salon"}).status_code == 401
    assert KeptForm.select().count() == 0


def test_home_leads_back_to_what_was_not_sent_and_a_mere_button_keeps_nothing(enter: Enter) -> None:
    follower, survey = agreed_member(), make_questionnaire()
    client, page = enter(follower), f"/m/surveys/{survey.id}"
    shown, topics = client.get(page), client.get("/m/topics")
    clock.advance(timedelta(hours=3))

    pressed = client.post("/m/topics", data={"csrf": csrf(topics), "topic": "salon", "wanted": "on"})
    assert 'href="/m/sign-in?next=/m/topics"' in pressed.text
    assert "已替您保留" not in pressed.text
    assert KeptForm.select().count() == 0
    client.post(page, data={"csrf": csrf(shown), "keep": "1", "act": "later"})
    home = client.get(path_of(member_links.make(follower.id)), follow_redirects=True).text

    assert f'href="{page}">回去继续' in home


def _names(page: str, start: str, kind: str = "input") -> list[str]:
    return re.findall(rf'<{kind}[^>]*name="({start}\d+)"', page)
