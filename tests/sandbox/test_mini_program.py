"""The mini program's interfaces: its own tokens, login, phone numbers, codes, consents, content checks."""

from __future__ import annotations

import hashlib
import hmac
import io
import json
from collections.abc import Iterator
from typing import Any

import pytest
from PIL import Image

from sandbox.callback_crypto import Envelope, signature
from sandbox.options import Options
from sandbox.testing import Sandbox, running_sandbox

SEND = "/cgi-bin/message/subscribe/send"
DATA = {
    "thing1": {"value": "基层治理沙龙"},
    "time2": {"value": "2026年12月1日 14:00"},
    "thing3": {"value": "报告厅"},
    "thing4": {"value": "请提前到场"},
}


class MiniCallback:
    """Opens the JSON pushes as a product would."""

    def __init__(self) -> None:
        self.received: list[dict[str, Any]] = []

    def __call__(self, query: dict[str, str], body: bytes) -> tuple[int, bytes]:
        options = Options(mini="")
        told = json.loads(body)
        assert told["ToUserName"] == options.mini_original_id
        sealed = told["Encrypt"]
        expected = signature(options.mini_token, query["timestamp"], query["nonce"], sealed)
        assert query["msg_signature"] == expected
        self.received.append(json.loads(Envelope(options.mini_aes_key, options.mini_app_id).decrypt(sealed)))
        return 200, b"success"

    def events(self, name: str) -> list[dict[str, Any]]:
        return [event for event in self.received if event.get("Event") == name]


@pytest.fixture
def pushed() -> MiniCallback:
    return MiniCallback()


@pytest.fixture
def sandbox(pushed: MiniCallback) -> Iterator[Sandbox]:
    with running_sandbox(mini_callback=pushed, mini="") as running:
        yield running


def login(sandbox: Sandbox, code: str, **change: str) -> dict[str, Any]:
    options = sandbox.platform.options
    query = {
        "appid": options.mini_app_id,
        "secret": options.mini_app_secret,
        "js_code": code,
        "grant_type": "authorization_code",
        **change,
    }
    told: dict[str, Any] = sandbox.get("/sns/jscode2session", **query)
    return told


def subscribe(sandbox: Sandbox, mini_openid: str, **more: Any) -> dict[str, Any]:
    body = {"touser": mini_openid, "template_id": "SUB_ACTIVITY", "data": DATA, **more}
    told: dict[str, Any] = sandbox.mini_call(SEND, body)
    return told


def test_a_login_code_gives_the_same_person_another_openid(sandbox: Sandbox) -> None:
    openid = sandbox.add()

    told = login(sandbox, sandbox.mini_login(openid))

    assert told["openid"] == sandbox.mini_openid(openid) != openid
    assert told["unionid"] == sandbox.call("/cgi-bin/user/info", openid=openid)["unionid"]
    signed = hmac.new(told["session_key"].encode(), b"", hashlib.sha256).hexdigest()
    check = {"openid": told["openid"], "sig_method": "hmac_sha256"}
    assert sandbox.mini_call("/wxa/checksession", signature=signed, **check)["errcode"] == 0
    assert sandbox.mini_call("/wxa/checksession", signature="no", **check)["errcode"] == 87009
    sandbox.advance(4 * 86400)
    assert sandbox.mini_call("/wxa/checksession", signature=signed, **check)["errcode"] == 87007


def test_apps_without_a_common_account_share_no_unionid() -> None:
    with running_sandbox(open_platform=False, mini="") as sandbox:
        openid = sandbox.add()
        assert "unionid" not in login(sandbox, sandbox.mini_login(openid))
        assert "unionid" not in sandbox.call("/cgi-bin/user/info", openid=openid)


def test_login_codes_go_once_and_five_minutes(sandbox: Sandbox) -> None:
    openid = sandbox.add()
    code = sandbox.mini_login(openid)
    login(sandbox, code)
    assert login(sandbox, code)["errcode"] == 40163
    late = sandbox.mini_login(openid)
    sandbox.advance(301)

    assert login(sandbox, late)["errcode"] == 40029
    assert login(sandbox, "made up")["errcode"] == 40029
    assert login(sandbox, late, secret="no")["errcode"] == 40125
    assert login(sandbox, late, appid=sandbox.platform.options.app_id, secret="no")["errcode"] == 40125
    assert login(sandbox, late, grant_type="x")["errcode"] == 40002
    assert login(sandbox, "")["errcode"] == 41008
    sandbox.post(f"/_sandbox/people/{openid}/mini", {"refused": True})
    assert login(sandbox, sandbox.mini_login(openid))["errcode"] == 40226


def test_one_person_logs_in_a_hundred_times_a_minute(sandbox: Sandbox) -> None:
    sandbox.post("/_sandbox/clock", {"time": 1735689600, "rate": 0})
    openid = sandbox.add()
    codes = [sandbox.mini_login(openid) for _ in range(101)]

    errcodes = [login(sandbox, code).get("errcode", 0) for code in codes]

    assert errcodes == [0] * 100 + [45011]


def test_each_app_has_tokens_and_interfaces_of_its_own(sandbox: Sandbox) -> None:
    openid = sandbox.add()
    body = {"touser": openid, "template_id": "TPL_SALON", "data": {}}
    assert sandbox.mini_call("/cgi-bin/message/template/send", body)["errcode"] == 48001
    assert sandbox.call(SEND, {"touser": openid})["errcode"] == 48001

    sandbox.post("/_sandbox/apps/mini", {"kill_tokens": True})

    assert sandbox.mini_call("/wxa/checksession")["errcode"] == 40003


def test_a_phone_number_comes_by_a_code_of_its_own(sandbox: Sandbox) -> None:
    told = sandbox.post(
        "/_sandbox/people", {"people": [{"name": "方庆", "phone": "13800000000"}], "follow": "silently"}
    )
    openid = told["people"][0]["openid"]
    path = "/wxa/business/getuserphonenumber"
    code = sandbox.post(f"/_sandbox/people/{openid}/mini/phone")["code"]

    info = sandbox.mini_call(path, {"code": code})["phone_info"]

    assert info["phoneNumber"] == "13800000000"
    assert info["watermark"]["appid"] == sandbox.platform.options.mini_app_id
    assert sandbox.mini_call(path, {"code": code})["errcode"] == 40163
    assert sandbox.mini_call(path, {"code": sandbox.mini_login(openid)})["errcode"] == 40029


def test_codes_are_pictures_that_open_a_page(sandbox: Sandbox) -> None:
    path = "/wxa/getwxacodeunlimit"
    body = {"scene": "l=7&k=ab12", "page": "pages/checkin", "check_path": False}

    picture = sandbox.mini_call(path, {**body, "width": 280})

    assert Image.open(io.BytesIO(picture)).size == (280, 280)
    (opening,) = sandbox.platform.mini_codes.by_key.values()
    scanned = sandbox.act(sandbox.add(), "scan", text=f"weixin://dl/wxacode/{opening.key}")
    assert scanned["mini"] == {"page": "pages/checkin", "query": "scene=l%3D7%26k%3Dab12"}
    transparent = sandbox.mini_call(path, {**body, "is_hyaline": True})
    assert Image.open(io.BytesIO(transparent)).format == "PNG"


@pytest.mark.parametrize(
    ("change", "errcode"),
    [
        ({"scene": ""}, 40129),
        ({"scene": "x" * 33}, 40169),
        ({"scene": "有"}, 40129),
        ({"scene": "a%b"}, 40129),
        ({"scene": "scancode_time=1"}, 85096),
        ({"page": "/pages/checkin"}, 41030),
        ({"page": "pages/checkin?a=1"}, 41030),
        ({"width": 100}, 40097),
        ({"env_version": "beta"}, 40097),
    ],
)
def test_code_requests_are_checked(sandbox: Sandbox, change: dict[str, Any], errcode: int) -> None:
    assert sandbox.mini_call("/wxa/getwxacodeunlimit", {"scene": "a=1", **change})["errcode"] == errcode


def test_links_end_after_thirty_days(sandbox: Sandbox) -> None:
    openid = sandbox.add()
    body = {"path": "/pages/l", "query": "id=7", "expire_type": 1, "expire_interval": 30}
    link = sandbox.mini_call("/wxa/generate_urllink", body)["url_link"]
    scheme = {"jump_wxa": {"path": "/pages/l", "query": "id=7"}, "expire_type": 1, "expire_interval": 31}

    assert sandbox.act(openid, "scan", text=link)["mini"] == {"page": "pages/l", "query": "id=7"}
    assert sandbox.mini_call("/wxa/generatescheme", scheme)["errcode"] == 85401
    sandbox.advance(30 * 86400 + 1)
    assert sandbox.act(openid, "scan", text=link)["kind"] == "dead"


def test_each_accept_is_one_message(sandbox: Sandbox, pushed: MiniCallback) -> None:
    openid = sandbox.add()
    mini_openid = sandbox.mini_openid(openid)
    assert subscribe(sandbox, mini_openid)["errcode"] == 43101
    sandbox.mini_consent(openid, "SUB_ACTIVITY")
    sandbox.mini_consent(openid, "SUB_ACTIVITY")

    told = [subscribe(sandbox, mini_openid, page="pages/l?id=7") for _ in range(3)]
    sandbox.settle()

    assert [row["errcode"] for row in told] == [0, 0, 43101]
    first = pushed.events("subscribe_msg_popup_event")[0]
    assert first["List"] == {
        "TemplateId": "SUB_ACTIVITY",
        "SubscribeStatusString": "accept",
        "PopupScene": "0",
    }
    assert isinstance(first["CreateTime"], str)
    sent = pushed.events("subscribe_msg_sent_event")
    assert {event["List"]["MsgID"] for event in sent} == {str(row["msgid"]) for row in told[:2]}
    card = sandbox.chat(openid)[-1]["body"]
    assert (card["program"]["pagepath"], card["rows"][0]) == ("pages/l?id=7", ["活动名称", "基层治理沙龙"])


def test_two_answers_come_as_a_list_and_a_refusal_gives_nothing(
    sandbox: Sandbox, pushed: MiniCallback
) -> None:
    openid = sandbox.add()
    body = {"template_ids": ["SUB_ACTIVITY", "SUB_SURVEY"], "answers": {"SUB_SURVEY": "accept"}}

    told = sandbox.post(f"/_sandbox/people/{openid}/mini/consents", body)

    assert told["consents"] == {"SUB_SURVEY": 1}
    assert [row["SubscribeStatusString"] for row in pushed.received[0]["List"]] == ["reject", "accept"]


def test_turning_it_off_in_the_settings_takes_the_consents(sandbox: Sandbox, pushed: MiniCallback) -> None:
    openid = sandbox.add()
    sandbox.mini_consent(openid, "SUB_ACTIVITY")

    body = {"template_id": "SUB_ACTIVITY", "answer": "reject"}
    sandbox.post(f"/_sandbox/people/{openid}/mini/settings", body)

    assert subscribe(sandbox, sandbox.mini_openid(openid))["errcode"] == 43101
    assert pushed.events("subscribe_msg_change_event")[0]["List"]["TemplateId"] == "SUB_ACTIVITY"


def test_bad_messages_spend_no_consent(sandbox: Sandbox) -> None:
    openid = sandbox.add()
    mini_openid = sandbox.mini_openid(openid)
    sandbox.mini_consent(openid, "SUB_ACTIVITY")

    assert subscribe(sandbox, openid)["errcode"] == 40003
    assert subscribe(sandbox, mini_openid, template_id="TPL_SALON")["errcode"] == 40037
    assert subscribe(sandbox, mini_openid, page="/pages/l")["errcode"] == 41030
    assert subscribe(sandbox, mini_openid, data={**DATA, "thing1": {"value": "字" * 21}})["errcode"] == 47003
    assert subscribe(sandbox, mini_openid, miniprogram_state="x")["errcode"] == 40035

    assert subscribe(sandbox, mini_openid)["errcode"] == 0


def test_templates_are_taken_from_the_library(sandbox: Sandbox) -> None:
    newtmpl = "/wxaapi/newtmpl"
    assert sandbox.mini_call(f"{newtmpl}/getcategory")["data"][0]["name"] == "教育"
    titles = sandbox.mini_call(f"{newtmpl}/getpubtemplatetitles", ids="616", start="0", limit="2")
    assert [row["tid"] for row in titles["data"]] == [401, 402]
    words = sandbox.mini_call(f"{newtmpl}/getpubtemplatekeywords", tid="401")["data"]
    assert words[1]["rule"] == "time"
    body = {"tid": "401", "kidList": [2, 1], "sceneDesc": "讲座提醒"}

    number = sandbox.mini_call(f"{newtmpl}/addtemplate", body)["priTmplId"]

    rows = sandbox.mini_call(f"{newtmpl}/gettemplate")["data"]
    (made,) = [row for row in rows if row["priTmplId"] == number]
    assert made["content"] == "活动时间:{{time2.DATA}}\n活动名称:{{thing1.DATA}}\n"
    assert sandbox.mini_call(f"{newtmpl}/deltemplate", {"priTmplId": number})["errcode"] == 0
    assert sandbox.mini_call(f"{newtmpl}/deltemplate", {"priTmplId": number})["errcode"] == 40037
    assert sandbox.mini_call(f"{newtmpl}/addtemplate", {**body, "kidList": [1]})["errcode"] == 40246


def test_the_account_sends_notifications_too(sandbox: Sandbox) -> None:
    openid = sandbox.add(follow=False)
    data = {key: DATA[key] for key in ("thing1", "time2", "thing3")}
    body = {"touser": openid, "template_id": "BIZ_ACTIVITY", "data": data, "page": "https://m.example.org"}
    path = "/cgi-bin/message/subscribe/bizsend"
    assert sandbox.call(path, body)["errcode"] == 43101

    consent = {"template_ids": ["BIZ_ACTIVITY"], "answers": {"BIZ_ACTIVITY": "accept"}}
    sandbox.post(f"/_sandbox/people/{openid}/consents", consent)

    assert sandbox.call(path, body) == {"errcode": 0, "errmsg": "ok"}
    assert sandbox.call(path, body)["errcode"] == 43101


def test_its_customer_service_answers_within_its_windows(sandbox: Sandbox, pushed: MiniCallback) -> None:
    openid = sandbox.add()
    user = sandbox.mini_openid(openid)
    body = {"touser": user, "msgtype": "text", "text": {"content": "您好"}}

    def send() -> int:
        return int(sandbox.mini_call("/cgi-bin/message/custom/send", body)["errcode"])

    assert send() == 45015
    assert sandbox.act(openid, "mini/contact", session_from="讲座")["state"] == "empty"
    assert [send() for _ in range(3)] == [0, 0, 45047]
    sandbox.act(openid, "mini/say", content="在吗")
    assert [send() for _ in range(6)] == [0] * 5 + [45047]
    sandbox.advance(48 * 3600)
    sandbox.act(openid, "mini/say", card={"title": "讲座", "page": "pages/l"})
    assert send() == 0

    (entered,) = pushed.events("user_enter_tempsession")
    assert entered["SessionFrom"] == "讲座"
    messages = [one for one in pushed.received if "MsgId" in one]
    assert [one["MsgType"] for one in messages] == ["text", "miniprogrampage"]
    assert messages[0]["Content"] == "在吗"
    assert messages[1]["PagePath"] == "pages/l"


def test_texts_are_judged_for_people_active_lately(sandbox: Sandbox) -> None:
    openid = sandbox.add()
    mini_openid = sandbox.mini_openid(openid)
    body = {"content": "这堂课很好", "version": 2, "scene": 2, "openid": mini_openid}
    path = "/wxa/msg_sec_check"
    assert sandbox.mini_call(path, body)["errcode"] == 61010
    sandbox.mini_login(openid)

    assert sandbox.mini_call(path, body)["result"] == {"suggest": "pass", "label": 100}
    risky = sandbox.mini_call(path, {**body, "content": "沙盒违规辱骂"})
    assert risky["result"] == {"suggest": "risky", "label": 20003}
    assert sandbox.mini_call(path, {**body, "content": "x" * 2501})["errcode"] == 45002
    assert sandbox.mini_call(path, {**body, "version": 1})["errcode"] == 40097
    sandbox.post("/_sandbox/limits", {"per_minute": {path: 1}})
    assert [sandbox.mini_call(path, body)["errcode"] for _ in range(2)][1] == 44991


def test_pictures_are_judged_later(sandbox: Sandbox, pushed: MiniCallback) -> None:
    openid = sandbox.add()
    sandbox.mini_login(openid)
    body = {"media_type": 2, "version": 2, "scene": 2, "openid": sandbox.mini_openid(openid)}

    for address in ("https://x.example.org/a.jpg", "https://x.example.org/sandbox-risky.jpg", "ftp://x"):
        sandbox.mini_call("/wxa/media_check_async", {**body, "media_url": address})
    sandbox.settle()

    told = {event["trace_id"]: event for event in pushed.events("wxa_media_check")}
    verdicts = [(event["errcode"], event["result"].get("suggest")) for event in told.values()]
    assert sorted(verdicts, key=str) == [(-1008, None), (0, "pass"), (0, "risky")]


def test_only_listed_addresses_mint_tokens(sandbox: Sandbox) -> None:
    sandbox.post("/_sandbox/network", {"ip_list": ["10.0.0.9"]})
    options = sandbox.platform.options
    query = {"grant_type": "client_credential", "appid": options.app_id, "secret": options.app_secret}

    told = sandbox.get("/cgi-bin/token", **query)

    assert (told["errcode"], "127.0.0.1" in told["errmsg"]) == (40164, True)
    sandbox.post("/_sandbox/network", {"ip_list": []})
    sandbox.post("/_sandbox/apps/official", {"frozen": True})
    assert sandbox.get("/cgi-bin/token", **query)["errcode"] == 40243
