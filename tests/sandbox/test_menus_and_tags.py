"""Conditional menus and who sees which; tags and the black list."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.testing import Sandbox

BUTTON = [{"type": "click", "name": "最新", "key": "LATEST"}]
MINE = [{"type": "click", "name": "讲师", "key": "FACULTY"}]


def tag(sandbox: Sandbox, name: str, *openids: str) -> int:
    number = int(sandbox.call("/cgi-bin/tags/create", {"tag": {"name": name}})["tag"]["id"])
    if openids:
        body = {"openid_list": list(openids), "tagid": number}
        assert sandbox.call("/cgi-bin/tags/members/batchtagging", body)["errcode"] == 0
    return number


def conditional(sandbox: Sandbox, button: list[dict[str, Any]], **rule: Any) -> dict[str, Any]:
    told: dict[str, Any] = sandbox.call("/cgi-bin/menu/addconditional", {"button": button, "matchrule": rule})
    return told


def key_of(sandbox: Sandbox, openid: str) -> str:
    return str(sandbox.call("/cgi-bin/menu/trymatch", {"user_id": openid})["button"][0]["key"])


def test_the_newest_menu_that_fits_is_shown(sandbox: Sandbox) -> None:
    teacher, other = sandbox.add("甲"), sandbox.add("乙")
    number = tag(sandbox, "讲师", teacher)
    sandbox.call("/cgi-bin/menu/create", {"button": BUTTON})
    conditional(sandbox, [{**BUTTON[0], "key": "ANDROID"}], client_platform_type="2")
    newest = conditional(sandbox, MINE, tag_id=str(number))["menuid"]

    assert [key_of(sandbox, openid) for openid in (teacher, other)] == ["FACULTY", "ANDROID"]
    assert sandbox.person(teacher)["menu"][0]["key"] == "FACULTY"
    assert sandbox.call("/cgi-bin/menu/delconditional", {"menuid": newest})["errcode"] == 0
    assert key_of(sandbox, teacher) == "ANDROID"
    assert sandbox.call("/cgi-bin/menu/delconditional", {"menuid": newest})["errcode"] == 65301
    told = sandbox.call("/cgi-bin/menu/get")
    assert [row["matchrule"] for row in told["conditionalmenu"]] == [{"client_platform_type": "2"}]
    sandbox.call("/cgi-bin/menu/delete")
    assert sandbox.call("/cgi-bin/menu/trymatch", {"user_id": teacher})["errcode"] == 65303


def test_conditional_menus_are_checked(sandbox: Sandbox) -> None:
    assert conditional(sandbox, BUTTON, client_platform_type="1")["errcode"] == 65303
    sandbox.call("/cgi-bin/menu/create", {"button": BUTTON})

    assert conditional(sandbox, BUTTON)["errcode"] == 65304
    assert conditional(sandbox, [], client_platform_type="1")["errcode"] == 65307
    assert conditional(sandbox, BUTTON, sex="1")["errcode"] == 65320
    assert conditional(sandbox, BUTTON, tag_id="101")["errcode"] == 40152
    assert conditional(sandbox, BUTTON, client_platform_type="4")["errcode"] == 40035
    assert sandbox.call("/cgi-bin/menu/trymatch", {"user_id": "oNobody"})["errcode"] == 65302


def test_menus_lead_to_few_outside_domains_and_to_the_linked_program(sandbox: Sandbox) -> None:
    view = [
        {"type": "view", "name": f"站{number}", "url": f"https://w{number}.example.org"}
        for number in range(4)
    ]
    program = {"type": "miniprogram", "name": "签到", "url": "https://a.example.org", "pagepath": "pages/a"}
    create = "/cgi-bin/menu/create"

    assert sandbox.call(create, {"button": [{"name": "站", "sub_button": view}]})["errcode"] == 65316
    assert sandbox.call(create, {"button": [{**program, "appid": "wxOther"}]})["errcode"] == 45064
    own = {**program, "appid": sandbox.platform.options.mini_app_id}
    assert sandbox.call(create, {"button": [own]})["errcode"] == 0
    told = sandbox.act(sandbox.add(), "menu", key="签到")
    assert told["mini"] == {"page": "pages/a", "query": ""}


def test_tags_are_counted_renamed_and_taken_away(sandbox: Sandbox) -> None:
    openid = sandbox.add()
    number = tag(sandbox, "讲师", openid)

    assert sandbox.call("/cgi-bin/tags/update", {"tag": {"id": number, "name": "教员"}})["errcode"] == 0
    assert sandbox.call("/cgi-bin/tags/get")["tags"] == [{"id": number, "name": "教员", "count": 1}]
    assert sandbox.call("/cgi-bin/tags/getidlist", {"openid": openid})["tagid_list"] == [number]
    members = sandbox.call("/cgi-bin/user/tag/get", {"tagid": number, "next_openid": ""})
    assert members["data"]["openid"] == [openid]
    body = {"openid_list": [openid], "tagid": number}
    assert sandbox.call("/cgi-bin/tags/members/batchuntagging", body)["errcode"] == 0
    assert sandbox.call("/cgi-bin/tags/getidlist", {"openid": openid})["tagid_list"] == []
    assert sandbox.call("/cgi-bin/tags/delete", {"tag": {"id": number}})["errcode"] == 0


@pytest.mark.parametrize(
    ("path", "body", "errcode"),
    [
        ("create", {"tag": {"name": "星" * 31}}, 45158),
        ("create", {"tag": {"name": " "}}, 45157),
        ("update", {"tag": {"id": 2, "name": "x"}}, 45058),
        ("delete", {"tag": {"id": 999}}, 45159),
        ("members/batchtagging", {"openid_list": ["o"] * 51, "tagid": 101}, 40032),
        ("members/batchtagging", {"openid_list": ["o"], "tagid": 101}, 45159),
        ("members/batchblacklist", {"openid_list": ["o"] * 21}, 40032),
    ],
)
def test_tags_are_checked(sandbox: Sandbox, path: str, body: dict[str, Any], errcode: int) -> None:
    assert sandbox.call(f"/cgi-bin/tags/{path}", body)["errcode"] == errcode


def test_a_person_has_twenty_tags_and_an_account_a_hundred(sandbox: Sandbox) -> None:
    openid = sandbox.add()
    for number in range(20):
        tag(sandbox, f"组{number}", openid)
    one_more = {"openid_list": [openid], "tagid": tag(sandbox, "多一个")}
    assert sandbox.call("/cgi-bin/tags/members/batchtagging", one_more)["errcode"] == 45059
    for number in range(79):
        tag(sandbox, f"空{number}")
    assert sandbox.call("/cgi-bin/tags/create", {"tag": {"name": "太多"}})["errcode"] == 45056


def test_who_is_on_the_black_list_gets_nothing(sandbox: Sandbox) -> None:
    openid = sandbox.add()
    members = "/cgi-bin/tags/members"
    sandbox.say(openid, "你好")
    sandbox.call(f"{members}/batchblacklist", {"openid_list": [openid]})

    body = {"touser": openid, "msgtype": "text", "text": {"content": "您好"}}
    assert sandbox.call("/cgi-bin/message/custom/send", body)["errcode"] == 43019
    assert sandbox.call(f"{members}/getblacklist", {})["data"]["openid"] == [openid]
    sandbox.call(f"{members}/batchunblacklist", {"openid_list": [openid]})
    assert sandbox.call("/cgi-bin/message/custom/send", body)["errcode"] == 0
