"""What happens to the people a message is for."""

from __future__ import annotations

from typing import Any

from ..faults import CallFault
from .registry import (
    CUSTOM,
    MANY,
    OPENID,
    PATH,
    PEOPLE,
    TEMPLATE,
    TIMES,
    Did,
    count_in,
    fail_calls,
    path_in,
    person_in,
    scenario,
)


@scenario(
    "consent-used-up",
    "订阅次数用完",
    "再发订阅消息或一次性订阅答 43101",
    PEOPLE,
    openid="哪个人；不填是所有人",
)
async def consent_used_up(platform: Any, body: dict[str, Any]) -> Did:
    chosen = [person_in(platform, body)] if body.get("openid") else list(platform.people.by_openid.values())
    for person in chosen:
        person.consents.clear()
        user = platform.mini.by_owner.get(person.openid)
        if user is not None:
            user.consents.clear()
    return [f"{len(chosen)} 个人的订阅次数都用完了"]


@scenario(
    "window-passes",
    "一分钟窗口在两次发送之间过去",
    "第一条客服消息发出后时钟走 61 秒，第二条答 45015",
    PEOPLE,
    openid=OPENID,
)
async def window_passes(platform: Any, body: dict[str, Any]) -> Did:
    person = person_in(platform, body)
    person.windows.clear()
    person.open_window("click", platform.clock.now())
    fault = CallFault(CUSTOM, 1, openid=person.openid, advance_seconds=61)
    fail_calls(platform, fault, "window-passes")
    return [f"{person.name}开了一分钟窗口；下一条客服消息之后时钟走 61 秒"]


@scenario(
    "nth-unfollowed",
    "第 N 个收件人已取消关注",
    "发到第 N 个人时他刚好取消了关注，没有事件，答 43004",
    PEOPLE,
    n="第几个",
    path=PATH,
)
async def nth_unfollowed(platform: Any, body: dict[str, Any]) -> Did:
    path, place = path_in(body, TEMPLATE), count_in(body, "n", 3)
    fail_calls(platform, CallFault(path, 1, skip=place - 1, unfollows=True), "nth-unfollowed")
    return [f"{path} 的第 {place} 个收件人会在发送前悄悄取消关注"]


@scenario("minor-protected", "未成年人保护", "发给这个人答 70000", PEOPLE, openid=OPENID)
async def minor_protected(platform: Any, body: dict[str, Any]) -> Did:
    person = person_in(platform, body)
    fail_calls(platform, CallFault(CUSTOM, MANY, errcode=70000, openid=person.openid), "minor-protected")
    return [f"给{person.name}发客服消息答 70000"]


@scenario(
    "sent-too-often", "给这个人发得太频繁", "模板消息发给这个人答 43117", PEOPLE, openid=OPENID, times=TIMES
)
async def sent_too_often(platform: Any, body: dict[str, Any]) -> Did:
    person, times = person_in(platform, body), count_in(body, "times", MANY)
    fail_calls(platform, CallFault(TEMPLATE, times, errcode=43117, openid=person.openid), "sent-too-often")
    return [f"给{person.name}发模板消息答 43117"]
