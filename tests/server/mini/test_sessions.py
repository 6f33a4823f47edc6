"""Signing in through WeChat, binding, and what a token is good for."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

import pytest

import clock
import config
from models.api_tokens import ApiReply, MiniSession
from models.people import Consent, Follower
from models.sealing import keyed_hash
from sandbox.testing import Sandbox
from services import binding_requests, bindings, identities, mini_sessions
from services.mini_sessions import SignedOut
from tests.factories import make_follower, make_person, make_unit
from tests.server.mini.conftest import Phone

pytestmark = pytest.mark.usefixtures("noon")


def signed_in(phone: Phone, sandbox: Sandbox, openid: str) -> Phone:
    answer = phone.post("/sessions", {"code": sandbox.mini_login(openid), "device": "样例手机"})
    assert answer.status_code == 200, answer.text
    return Phone(phone.client, answer.json["token"])


def test_a_code_of_wechat_becomes_a_follower_and_a_token(phone, sandbox: Sandbox, caplog) -> None:
    caplog.set_level(logging.DEBUG)
    openid = sandbox.add()

    mine = signed_in(phone(), sandbox, openid)

    follower = Follower.get()
    assert (follower.app_id, follower.openid) == (config.settings().mini_app_id, sandbox.mini_openid(openid))
    assert not follower.is_following
    assert mine.get("/me").json["is_bound"] is False
    session = MiniSession.get()
    assert session.token_hash == keyed_hash(mine.token)
    told = "\n".join(record.getMessage() for record in caplog.records if record.name != "peewee")
    for secret in (mine.token, config.settings().mini_app_secret, sandbox.mini_openid(openid)):
        assert secret not in told


def test_the_same_sign_in_sent_twice_gives_the_same_token(phone, sandbox: Sandbox) -> None:
    code = sandbox.mini_login(sandbox.add())

    first, second = (phone().post("/sessions", {"code": code}, key="the-same-key") for _ in range(2))
    other = phone().post("/sessions", {"code": code}, key="another-key")

    assert first.json["token"] == second.json["token"]
    assert MiniSession.select().count() == 1
    assert (other.status_code, other.json["code"]) == (400, "sign_in_failed")


def test_a_wrong_code_is_told_in_words(phone, sandbox: Sandbox) -> None:
    answer = phone().post("/sessions", {"code": "no-such-code"})

    assert answer.status_code == 400
    assert answer.json == {
        "code": "sign_in_failed",
        "message": "微信登录没有完成，请退出小程序后重新进入",
        "details": {},
    }
    assert not MiniSession.select().exists()


def test_wechat_that_does_not_answer_is_503(phone, sandbox: Sandbox) -> None:
    code = sandbox.mini_login(sandbox.add())
    sandbox.fault(path="/sns/jscode2session", errcode=-1, count=1)

    answer = phone().post("/sessions", {"code": code})

    assert (answer.status_code, answer.json["code"]) == (503, "wechat_silent")


def test_a_member_of_the_account_is_known_by_the_unionid(phone, sandbox: Sandbox) -> None:
    openid = sandbox.add()
    person = make_person(name="方小庆")
    follower = make_follower(person=person, openid=openid)
    Consent.create(
        person=person, kind="privacy_notice", is_granted=True, given_at=clock.utc_now(), source="chat"
    )
    mine = signed_in(phone(), sandbox, openid)
    assert mine.get("/me").json["is_bound"] is False

    unionid = Follower.get(Follower.app_id == config.settings().mini_app_id).unionid
    identities.learn_unionid(follower, unionid)

    told = mine.get("/me").json
    assert (told["is_bound"], told["name"]) == (True, "方小庆")


def test_binding_by_phone_and_code_after_the_notice(phone, sandbox: Sandbox) -> None:
    person = make_person(name="方小庆", phone="13800000001", phone_hash=keyed_hash("13800000001"))
    [(_, code)] = bindings.issue_codes([person.id], actor=None)
    mine = signed_in(phone(), sandbox, sandbox.add())

    wrong = mine.post("/binding", {"phone": "13900000009", "invite_code": code})
    right = mine.post("/binding", {"phone": "138 0000 0001", "invite_code": code})
    agreed = mine.post("/binding/decision", {"agrees": True})

    assert (wrong.status_code, wrong.json["code"]) == (422, "binding_refused")
    assert "还可以再试 4 次" in wrong.json["message"]
    assert code not in wrong.text
    assert (right.json["state"], right.json["name"]) == ("notice", "方*庆")
    assert right.json["notice"]["lines"]
    assert agreed.json["state"] == "bound"
    assert mine.get("/me").json["name"] == "方小庆"
    assert Consent.get().source == "mini"
    assert mine.post("/binding/end").json["state"] == "none"
    assert mine.get("/activities").status_code == 403


def test_a_no_to_the_notice_binds_nobody(phone, sandbox: Sandbox) -> None:
    person = make_person(phone="13800000001", phone_hash=keyed_hash("13800000001"))
    [(_, code)] = bindings.issue_codes([person.id], actor=None)
    mine = signed_in(phone(), sandbox, sandbox.add())
    mine.post("/binding", {"phone": "13800000001", "invite_code": code})

    assert mine.post("/binding/decision", {"agrees": False}).json["state"] == "none"
    assert not Follower.select().where(Follower.person.is_null(False)).exists()


def test_a_token_slides_with_use_and_ends_when_it_is_told_to(noon: datetime, phone) -> None:
    mine = phone(make_person())
    MiniSession.update(expires_at=noon + timedelta(days=1)).execute()

    with clock.fixed(noon + timedelta(hours=2)):
        assert mine.get("/me").status_code == 200
    assert MiniSession.get().expires_at == noon + timedelta(hours=2) + mini_sessions.LIFE
    assert mine.delete("/sessions/current").json == {"done": True}
    assert (mine.get("/me").status_code, mine.get("/me").json["code"]) == (401, "signed_out")


def test_an_unused_token_ends_after_thirty_days(noon: datetime, phone, sandbox: Sandbox) -> None:
    mine = signed_in(phone(), sandbox, sandbox.add())

    with clock.fixed(noon + timedelta(days=30, seconds=1)), pytest.raises(SignedOut):
        mini_sessions.find(mine.token)


def test_sign_ins_are_listed_and_one_is_ended_from_another(phone, sandbox: Sandbox) -> None:
    openid = sandbox.add()
    old, new = (signed_in(phone(), sandbox, openid) for _ in range(2))
    stranger = phone(make_person())

    listed = new.get("/sessions").json["sessions"]
    assert [row["device"] for row in listed] == ["样例手机"] * 2
    [other] = [row["id"] for row in listed if not row["is_this"]]
    assert stranger.delete(f"/sessions/{other}").status_code == 404
    assert new.delete(f"/sessions/{other}").status_code == 200

    assert old.get("/me").status_code == 401
    assert new.get("/me").status_code == 200


def test_the_eleventh_phone_ends_the_oldest(phone, sandbox: Sandbox) -> None:
    openid = sandbox.add()
    phones = [signed_in(phone(), sandbox, openid) for _ in range(11)]

    assert phones[0].get("/me").status_code == 401
    assert [each.get("/me").status_code for each in phones[1:]] == [200] * 10


def test_old_sign_ins_and_replies_are_forgotten(noon: datetime, phone) -> None:
    mine = phone(make_person())
    mine.post("/binding/end")
    assert ApiReply.select().count() == 1

    with clock.fixed(noon + timedelta(days=8)):
        mini_sessions.forget_old()
    assert not ApiReply.select().exists()
    assert MiniSession.select().exists()
    with clock.fixed(noon + timedelta(days=500)):
        mini_sessions.forget_old()
    assert not MiniSession.select().exists()


def test_a_request_that_waits_in_chat_shows_on_the_phone(phone) -> None:
    unit = make_unit(short_name="乐余")
    chat = make_follower(unionid="u1")
    binding_requests.start(chat, unit, way="word")
    binding_requests.tell(chat, "李新", "4321")
    binding_requests.apply(chat)
    bindings.agree(chat)
    mine = phone(is_bound=False)
    Follower.update(unionid="u1").where(Follower.id == MiniSession.get().follower_id).execute()

    told = mine.get("/binding").json

    assert told["state"] == "waits"
    assert "已提交给乐余联络员" in told["words"]
    assert mine.get("/me").json["waiting"] == told["words"]


def test_a_units_code_with_name_and_digits_binds_on_the_phone(phone) -> None:
    unit = make_unit(name="乐余镇党校")
    person = make_person(
        name="张晓明", member_unit=unit, phone="13800005678", phone_hash=keyed_hash("13800005678")
    )
    mine = phone(is_bound=False)
    assert mine.get(f"/binding/units/{unit.id}").json["name"] == "乐余镇党校"
    assert mine.get("/binding/units/987654").status_code == 404

    told = mine.post("/binding/unit", {"unit_id": unit.id, "name": "张晓明", "digits": "5678"}).json
    assert (told["state"], told["name"]) == ("notice", "张*明")
    done = mine.post("/binding/decision", {"agrees": True}).json

    assert (done["state"], done["unit"]) == ("bound", "乐余镇党校")
    assert MiniSession.get().follower.person_id == person.id


def test_who_is_not_on_the_roster_asks_the_liaison_from_the_phone(phone) -> None:
    unit = make_unit(short_name="乐余")
    mine = phone(is_bound=False)

    wrong = mine.post("/binding/unit", {"unit_id": unit.id, "name": "李新", "digits": "4321"})
    assert (wrong.status_code, wrong.json["code"]) == (422, "binding_refused")
    assert "没有核对到" in wrong.json["message"]
    assert mine.post("/binding/apply").json["state"] == "notice"
    waits = mine.post("/binding/decision", {"agrees": True}).json
    assert waits["state"] == "waits"
    assert "已提交给乐余联络员" in waits["words"]
    assert mine.post("/binding/withdraw").json["state"] == "none"
