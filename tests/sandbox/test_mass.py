"""Drafts and mass sends: lists, the month's four, the memory of clientmsgid, the report."""

from __future__ import annotations

from typing import Any
from urllib.request import Request, urlopen

import orjson

from sandbox.testing import Sandbox, running_sandbox
from tests.sandbox.conftest import Callback

MASS = "/cgi-bin/message/mass/send"


def upload(sandbox: Sandbox, path: str, name: str, data: bytes) -> dict[str, Any]:
    head = f'--B\r\nContent-Disposition: form-data; name="media"; filename="{name}"\r\n\r\n'.encode()
    mark = "&" if "?" in path else "?"
    request = Request(
        f"{sandbox.url}{path}{mark}access_token={sandbox.token()}",
        head + data + b"\r\n--B--\r\n",
        {"Content-Type": "multipart/form-data; boundary=B"},
    )
    with urlopen(request, timeout=10) as answer:
        told: dict[str, Any] = orjson.loads(answer.read())
    return told


def article(sandbox: Sandbox, **more: Any) -> dict[str, Any]:
    thumb = upload(sandbox, "/cgi-bin/material/add_material?type=thumb", "a.jpg", b"jpg")["media_id"]
    return {"title": "第3期", "content": "<p>正文</p>", "thumb_media_id": thumb, **more}


def draft(sandbox: Sandbox, **more: Any) -> str:
    told = sandbox.call("/cgi-bin/draft/add", {"articles": [article(sandbox, **more)]})
    return str(told["media_id"])


def mass_text(sandbox: Sandbox, openids: list[str], text: str, **more: Any) -> dict[str, Any]:
    body = {"touser": openids, "msgtype": "text", "text": {"content": text}, **more}
    told: dict[str, Any] = sandbox.call(MASS, body)
    return told


def test_lists_hold_2_to_10000(sandbox: Sandbox) -> None:
    openid = sandbox.add()
    assert mass_text(sandbox, [openid], "通知")["errcode"] == 40130
    assert mass_text(sandbox, [f"o{n}" for n in range(10_001)], "通知")["errcode"] == 40032


def test_the_fifth_of_a_month_is_filtered_in_silence(sandbox: Sandbox, callback: Callback) -> None:
    one, two = sandbox.add("甲"), sandbox.add("乙")
    sandbox.post("/_sandbox/clock", {"time": 1735689600, "rate": 0})  # 1 January in Shanghai
    sandbox.post("/_sandbox/crowd", {"members": [{"openid": two, "mass_used": 3}]})

    codes = [mass_text(sandbox, [one, two], f"通知{n}")["errcode"] for n in range(2)]
    sandbox.settle()

    assert codes == [0, 0]
    assert [len(sandbox.chat(openid)) for openid in (one, two)] == [2, 1]
    reports = callback.events("MASSSENDJOBFINISH")
    counts = [[report[name] for name in ("TotalCount", "FilterCount", "SentCount")] for report in reports]
    assert counts == [["2", "2", "2"], ["2", "1", "1"]]
    sandbox.advance(31 * 86400)
    mass_text(sandbox, [one, two], "二月")
    assert len(sandbox.chat(two)) == 2


def test_who_blocks_is_filtered_and_who_left_is_an_error(sandbox: Sandbox, callback: Callback) -> None:
    one, two, gone = sandbox.add("甲"), sandbox.add("乙"), sandbox.add("丙", follow=False)
    sandbox.act(two, "block")

    told = mass_text(sandbox, [one, two, gone, "oNobody"], "通知")
    sandbox.settle()

    (report,) = callback.events("MASSSENDJOBFINISH")
    assert report["MsgID"] == str(told["msg_id"])
    names = ("TotalCount", "FilterCount", "SentCount", "ErrorCount")
    assert [report[name] for name in names] == ["4", "3", "1", "2"]
    assert (
        sandbox.call("/cgi-bin/message/mass/get", {"msg_id": str(told["msg_id"])})["msg_status"]
        == "SEND_SUCCESS"
    )


def test_the_same_clientmsgid_gives_45065_with_the_first_msg_id_for_a_day(sandbox: Sandbox) -> None:
    people = [sandbox.add("甲"), sandbox.add("乙")]
    first = mass_text(sandbox, people, "通知", clientmsgid="n9")
    again = mass_text(sandbox, people, "别的", clientmsgid="n9")
    assert (again["errcode"], again["msg_id"]) == (45065, first["msg_id"])
    assert len(sandbox.chat(people[0])) == 1
    assert mass_text(sandbox, people, "通知", clientmsgid="x" * 33)["errcode"] == 45067

    sandbox.advance(86401)

    assert mass_text(sandbox, people, "别的", clientmsgid="n9")["errcode"] == 0


def test_without_an_id_the_same_content_to_the_same_people_is_refused(sandbox: Sandbox) -> None:
    people = [sandbox.add("甲"), sandbox.add("乙")]

    codes = [mass_text(sandbox, people, text)["errcode"] for text in ("通知", "通知", "另一则")]

    assert codes == [0, 45065, 0]


def test_a_sent_draft_leaves_the_box_and_its_page_stays_until_deleted(sandbox: Sandbox) -> None:
    people = [sandbox.add("甲"), sandbox.add("乙")]
    media_id = draft(
        sandbox, content='<p>正文<script>alert(1)</script><img src="http://elsewhere.example/a.png"></p>'
    )
    body = {"touser": people, "msgtype": "mpnews", "mpnews": {"media_id": media_id}}
    assert sandbox.call("/cgi-bin/draft/count")["total_count"] == 1

    told = sandbox.call(MASS, body)

    assert told["msg_data_id"]
    assert sandbox.call("/cgi-bin/draft/get", {"media_id": media_id})["errcode"] == 40007
    url = sandbox.chat(people[0])[0]["body"]["articles"][0]["url"]
    page = urlopen(url, timeout=10).read().decode()
    assert "正文" in page
    assert "alert" not in page
    assert "elsewhere" not in page
    sandbox.call("/cgi-bin/message/mass/delete", {"msg_id": told["msg_id"]})
    assert "该内容已被发布者删除" in urlopen(url, timeout=10).read().decode()
    assert len(sandbox.chat(people[0])) == 1


def test_drafts_are_checked(sandbox: Sandbox) -> None:
    def code(**more: Any) -> int:
        return int(
            sandbox.call("/cgi-bin/draft/add", {"articles": [article(sandbox, **more)]}).get("errcode", 0)
        )

    assert code() == 0
    assert code(title="题" * 33) == 45003
    assert code(digest="摘" * 121) == 45004
    assert code(content="文" * 20_000) == 45166
    assert code(thumb_media_id="P999") == 40007
    assert upload(sandbox, "/cgi-bin/media/uploadimg", "a.gif", b"gif")["errcode"] == 40005
    assert upload(sandbox, "/cgi-bin/media/uploadimg", "a.png", b"x" * (1024 * 1024 + 1))["errcode"] == 40009


def test_a_subscription_account_sends_once_a_day_and_never_by_list() -> None:
    with running_sandbox(kind="subscription") as sandbox:
        sandbox.post("/_sandbox/clock", {"time": 1735689600, "rate": 0})
        people = [sandbox.add("甲"), sandbox.add("乙")]
        tag = sandbox.call("/cgi-bin/tags/create", {"tag": {"name": "讲座"}})["tag"]["id"]
        sandbox.call("/cgi-bin/tags/members/batchtagging", {"openid_list": [people[0]], "tagid": tag})

        def send_all(text: str, **chosen: Any) -> int:
            body = {"filter": chosen, "msgtype": "text", "text": {"content": text}}
            return int(sandbox.call("/cgi-bin/message/mass/sendall", body)["errcode"])

        assert mass_text(sandbox, people, "通知")["errcode"] == 48001
        assert send_all("一", is_to_all=False, tag_id=999) == 40152
        assert send_all("一", is_to_all=False, tag_id=tag) == 0
        assert send_all("二", is_to_all=True) == 45028
        assert [len(sandbox.chat(openid)) for openid in people] == [1, 0]
        sandbox.advance(86400)
        assert send_all("二", is_to_all=True) == 0
