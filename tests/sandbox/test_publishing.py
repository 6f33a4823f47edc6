"""Publishing, temporary media, the draft box's pages, figures of past days."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote
from urllib.request import HTTPCookieProcessor, Request, build_opener, urlopen

import orjson

from sandbox.testing import Sandbox
from tests.sandbox.conftest import Callback

PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)


def upload(sandbox: Sandbox, path: str, name: str, data: bytes = PNG, **query: str) -> dict[str, Any]:
    body = (
        b'--b\r\nContent-Disposition: form-data; name="media"; filename="' + name.encode() + b'"\r\n'
        b"Content-Type: application/octet-stream\r\n\r\n" + data + b"\r\n--b--\r\n"
    )
    address = f"{sandbox.url}{path}?access_token={sandbox.token()}" + "".join(
        f"&{key}={value}" for key, value in query.items()
    )
    headers = {"Content-Type": "multipart/form-data; boundary=b"}
    with urlopen(Request(address, body, headers)) as answer:
        told: dict[str, Any] = orjson.loads(answer.read())
    return told


def draft(sandbox: Sandbox, title: str = "第三期") -> str:
    cover = upload(sandbox, "/cgi-bin/material/add_material", "a.png", type="image")["media_id"]
    article = {"title": title, "content": "<p>正文</p>", "thumb_media_id": cover}
    return str(sandbox.call("/cgi-bin/draft/add", {"articles": [article]})["media_id"])


def test_a_published_draft_becomes_a_lasting_page(sandbox: Sandbox, callback: Callback) -> None:
    media_id = draft(sandbox)
    submitted = sandbox.call("/cgi-bin/freepublish/submit", {"media_id": media_id})
    sandbox.settle()

    told = sandbox.call("/cgi-bin/freepublish/get", {"publish_id": submitted["publish_id"]})

    assert told["publish_status"] == 0
    (event,) = callback.events("PUBLISHJOBFINISH")
    assert event["PublishEventInfo"]["article_id"] == [told["article_id"]]
    assert sandbox.call("/cgi-bin/draft/get", {"media_id": media_id})["errcode"] == 40007
    with urlopen(told["article_detail"]["item"][0]["article_url"]) as page:
        assert "正文" in page.read().decode()
    listed = sandbox.call("/cgi-bin/freepublish/batchget", {"offset": 0, "count": 20, "no_content": 1})
    assert "content" not in listed["item"][0]["content"]["news_item"][0]

    gone = {"article_id": told["article_id"]}
    assert sandbox.call("/cgi-bin/freepublish/getarticle", gone)["news_item"][0]["title"] == "第三期"
    assert sandbox.call("/cgi-bin/freepublish/delete", gone)["errcode"] == 0
    assert sandbox.call("/cgi-bin/freepublish/getarticle", gone)["errcode"] == 53600


def test_a_refused_publication_leaves_the_draft(sandbox: Sandbox) -> None:
    media_id = draft(sandbox)
    sandbox.post("/_sandbox/scenarios/publish-refused")

    number = sandbox.call("/cgi-bin/freepublish/submit", {"media_id": media_id})["publish_id"]

    told = sandbox.call("/cgi-bin/freepublish/get", {"publish_id": number})
    assert (told["publish_status"], told["fail_idx"]) == (4, [1])
    assert sandbox.call("/cgi-bin/draft/count")["total_count"] == 1
    page = sandbox.call("/cgi-bin/draft/batchget", {"offset": 0, "count": 20})
    assert page["item"][0]["media_id"] == media_id
    assert sandbox.call("/cgi-bin/draft/batchget", {"offset": 0, "count": 21})["errcode"] == 40035


def test_a_published_article_can_be_sent_to_one_person(sandbox: Sandbox) -> None:
    openid = sandbox.add()
    sandbox.say(openid, "期刊")
    number = sandbox.call("/cgi-bin/freepublish/submit", {"media_id": draft(sandbox)})["publish_id"]
    article = sandbox.call("/cgi-bin/freepublish/get", {"publish_id": number})["article_id"]

    body = {"touser": openid, "msgtype": "mpnewsarticle", "mpnewsarticle": {"article_id": article}}

    assert sandbox.call("/cgi-bin/message/custom/send", body)["errcode"] == 0
    assert sandbox.chat(openid)[-1]["body"]["articles"][0]["title"] == "第三期"


def test_temporary_media_live_three_days(sandbox: Sandbox) -> None:
    openid = sandbox.add()
    sandbox.say(openid, "你好")
    made = upload(sandbox, "/cgi-bin/media/upload", "a.png", type="image")
    body = {"touser": openid, "msgtype": "image", "image": {"media_id": made["media_id"]}}
    send = "/cgi-bin/message/custom/send"

    assert sandbox.call("/cgi-bin/media/get", media_id=made["media_id"]) == PNG
    assert sandbox.call(send, body)["errcode"] == 0
    sandbox.advance(3 * 86400)
    sandbox.say(openid, "还在")
    assert sandbox.call("/cgi-bin/media/get", media_id=made["media_id"])["errcode"] == 40007
    assert sandbox.call(send, body)["errcode"] == 40007


def test_temporary_media_are_checked(sandbox: Sandbox) -> None:
    path = "/cgi-bin/media/upload"
    assert upload(sandbox, path, "a.bmp", type="image")["errcode"] == 40005
    assert upload(sandbox, path, "a.png", type="film")["errcode"] == 40004
    assert upload(sandbox, path, "a.jpg", bytes(65 * 1024), type="thumb")["errcode"] == 40012
    assert "thumb_media_id" in upload(sandbox, path, "a.jpg", type="thumb")


def test_the_library_is_listed_and_what_is_in_use_stays(sandbox: Sandbox) -> None:
    made = upload(sandbox, "/cgi-bin/material/add_material", "a.png", type="image")["media_id"]
    button = [{"type": "media_id", "name": "图", "media_id": made}]
    sandbox.call("/cgi-bin/menu/create", {"button": button})
    remove = "/cgi-bin/material/del_material"

    listed = sandbox.call("/cgi-bin/material/batchget_material", {"type": "image", "offset": 0, "count": 20})
    assert [row["media_id"] for row in listed["item"]] == [made]
    assert sandbox.call("/cgi-bin/material/get_material", {"media_id": made}) == PNG
    assert sandbox.call(remove, {"media_id": made})["errcode"] == 48005
    sandbox.call("/cgi-bin/menu/delete")
    assert sandbox.call(remove, {"media_id": made})["errcode"] == 0


def test_figures_count_what_happened(sandbox: Sandbox) -> None:
    sandbox.post("/_sandbox/clock", {"time": 1735704000, "rate": 0})  # 12:00 in Shanghai on 1 January 2025
    openid = sandbox.add(follow=True)
    sandbox.add("乙", follow=True)
    sandbox.act(openid, "unfollow")
    sandbox.act(openid, "follow", scene="lecture_7")
    for words in ("一", "二"):
        sandbox.say(openid, words)
    sandbox.advance(86400)
    body = {"begin_date": "2025-01-01", "end_date": "2025-01-01"}

    summary = sandbox.call("/datacube/getusersummary", body)["list"]
    assert {row["user_source"]: row["new_user"] for row in summary} == {0: 0, 1: 2, 30: 1}
    assert summary[-1]["cancel_user"] == 1
    assert sandbox.call("/datacube/getusercumulate", body)["list"][0]["cumulate_user"] == 2
    (said,) = sandbox.call("/datacube/getupstreammsg", body)["list"]
    assert (said["msg_user"], said["msg_count"]) == (1, 2)
    (calls,) = sandbox.call("/datacube/getinterfacesummary", body)["list"]
    assert (calls["callback_count"], calls["fail_count"]) == (6, 0)
    wrong = {"begin_date": "2025-01-01", "end_date": "2025-01-02"}
    assert sandbox.call("/datacube/getusersummary", wrong)["errcode"] == 61501
    assert sandbox.call("/datacube/getusersummary", {**body, "end_date": "1月1日"})["errcode"] == 61500


def journal(sandbox: Sandbox, *openids: str) -> str:
    """The address of an article that was sent to these people."""
    cover = upload(sandbox, "/cgi-bin/material/add_material", "a.png", type="image")["media_id"]
    article = {"title": "第三期", "content": "<p>正文</p>", "thumb_media_id": cover}
    draft = sandbox.call("/cgi-bin/draft/add", {"articles": [article]})["media_id"]
    body = {"touser": list(openids), "msgtype": "mpnews", "mpnews": {"media_id": draft}, "clientmsgid": "j"}
    assert sandbox.call("/cgi-bin/message/mass/send", body)["errcode"] == 0
    return str(sandbox.chat(openids[0])[-1]["body"]["articles"][0]["url"])


def test_figures_know_hours_readers_and_shares(sandbox: Sandbox) -> None:
    sandbox.post("/_sandbox/clock", {"time": 1735704000, "rate": 0})  # 12:00 in Shanghai on 1 January 2025
    first, second = sandbox.add("甲"), sandbox.add("乙")
    url = journal(sandbox, first, second)
    for openid in (first, first, second):
        phone = build_opener(HTTPCookieProcessor())
        with phone.open(f"{sandbox.url}/_sandbox/open?phone={openid}&url={quote(url, safe='')}") as page:
            assert "正文" in page.read().decode()
    sandbox.say(first, "一")
    sandbox.advance(3600)
    sandbox.say(second, "二")
    assert sandbox.act(second, "share", url=url, scene=2)["state"] == "done"
    assert "passed on" in sandbox.act(second, "share", url="https://m.example.org")["error"]
    sandbox.advance(86400)

    def told(name: str) -> list[dict[str, Any]]:
        body = {"begin_date": "2025-01-01", "end_date": "2025-01-01"}
        rows: list[dict[str, Any]] = sandbox.call(f"/datacube/{name}", body)["list"]
        return rows

    (read,) = told("getuserreadhour")
    assert (read["ref_hour"], read["int_page_read_user"], read["int_page_read_count"]) == (1200, 2, 3)
    assert [row["user_source"] for row in told("getuserread")] == [99999999, 0]
    (shared,) = told("getusersharehour")
    assert (shared["ref_hour"], shared["share_scene"], shared["share_user"]) == (1300, 2, 1)
    assert [(row["share_scene"], row["share_count"]) for row in told("getusershare")] == [(2, 1)]
    assert told("getarticleshare")[0]["detail"]["share_user"] == 1
    assert told("getarticlesummary")[0]["share_count"] == 1
    assert [(row["ref_hour"], row["msg_user"]) for row in told("getupstreammsghour")] == [
        (1200, 1),
        (1300, 1),
    ]
    assert [row["ref_hour"] for row in told("getinterfacesummaryhour")] == [1200, 1300]
    (month,) = told("getupstreammsgmonth")
    assert (month["msg_user"], month["msg_count"]) == (2, 2)
    assert told("getupstreammsgweek") == []  # 1 January 2025 is no Monday


def test_a_post_of_pictures_needs_pictures_of_the_library(sandbox: Sandbox) -> None:
    cover = upload(sandbox, "/cgi-bin/material/add_material", "a.png", type="image")["media_id"]

    def add(*pictures: str) -> dict[str, Any]:
        images = [{"image_media_id": picture} for picture in pictures]
        article = {"article_type": "newspic", "title": "图", "image_info": {"image_list": images}}
        told: dict[str, Any] = sandbox.call("/cgi-bin/draft/add", {"articles": [article]})
        return told

    made = add(cover, cover)
    (article,) = sandbox.call("/cgi-bin/draft/get", {"media_id": made["media_id"]})["news_item"]
    assert article["image_info"] == {"image_list": [{"image_media_id": cover}] * 2}
    assert add()["errcode"] == add(*[cover] * 21)["errcode"] == 40035
    assert add("T1_sandbox")["errcode"] == 40007


def test_limits_are_told_and_opened_ten_times_a_month(sandbox: Sandbox) -> None:
    sandbox.post("/_sandbox/limits", {"/cgi-bin/user/get": 1})
    sandbox.call("/cgi-bin/user/get")
    assert sandbox.call("/cgi-bin/user/get")["errcode"] == 45009

    asked = {"cgi_path": "/cgi-bin/user/get"}
    assert sandbox.call("/cgi-bin/openapi/quota/get", asked)["quota"]["remain"] == 0
    assert sandbox.call("/cgi-bin/openapi/quota/clear", asked)["errcode"] == 0
    assert "errcode" not in sandbox.call("/cgi-bin/user/get")
    options = sandbox.platform.options
    for _ in range(9):
        told = sandbox.post(
            "/cgi-bin/clear_quota/v2", {"appid": options.app_id, "appsecret": options.app_secret}
        )
        assert told["errcode"] == 0
    assert sandbox.call("/cgi-bin/clear_quota", {"appid": options.app_id})["errcode"] == 48006


def test_the_callback_can_be_checked_and_tickets_are_kept(sandbox: Sandbox) -> None:
    check = "/cgi-bin/callback/check"
    assert set(sandbox.call(check, {"action": "all", "check_operator": "DEFAULT"})) == {"dns", "ping"}
    assert sandbox.call(check, {"action": "x"})["errcode"] == 40202
    assert sandbox.call(check, {"action": "dns", "check_operator": "x"})["errcode"] == 40203
    assert sandbox.mini_call(check, {"action": "dns", "check_operator": "CAP"})["errcode"] == 40201
    first = sandbox.call("/cgi-bin/ticket/getticket", type="jsapi")["ticket"]
    assert sandbox.call("/cgi-bin/ticket/getticket", type="jsapi")["ticket"] == first
