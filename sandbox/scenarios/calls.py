"""What goes wrong with calls: lost, slow, refused, over their quota."""

from __future__ import annotations

from typing import Any

from ..endpoints import ENDPOINTS
from ..faults import CallFault
from ..web import BadRequest
from .registry import CALLS, MASS, PATH, TEMPLATE, TIMES, Did, count_in, fail_calls, path_in, scenario


@scenario(
    "duplicate-clientmsgid",
    "第一次群发就答 45065",
    "群发其实做成了，平台却答 clientmsgid exist；按成功处理，不能再发",
    CALLS,
)
async def duplicate_clientmsgid(platform: Any, body: dict[str, Any]) -> Did:
    for path in (MASS, "/cgi-bin/message/mass/send"):
        fail_calls(platform, CallFault(path, 1, errcode=45065, is_done=True), "duplicate-clientmsgid")
    return ["下一次群发会做成，但答 45065 和它的 msg_id"]


@scenario(
    "drop-before",
    "连接断在处理之前",
    "请求没有被处理，连接断开",
    CALLS,
    path=PATH,
    times=TIMES,
    skip="先放过几次",
)
async def drop_before(platform: Any, body: dict[str, Any]) -> Did:
    return _dropped(platform, body, "before", "不会被处理，连接断开")


@scenario(
    "drop-after",
    "连接断在处理之后",
    "事情做成了，答复没有回来；只有带幂等键的可以重试",
    CALLS,
    path=PATH,
    times=TIMES,
    skip="先放过几次",
)
async def drop_after(platform: Any, body: dict[str, Any]) -> Did:
    return _dropped(platform, body, "after", "会做成，但答复回不来")


def _dropped(platform: Any, body: dict[str, Any], drop: str, words: str) -> Did:
    path, times = path_in(body, TEMPLATE), count_in(body, "times", 1)
    skip = int(body.get("skip", 0)) if str(body.get("skip", 0)).isdecimal() else 0
    fail_calls(platform, CallFault(path, times, drop=drop, skip=skip), f"drop-{drop}")
    return [f"{path} 放过 {skip} 次后，{times} 次{words}"]


@scenario("system-busy", "系统繁忙", "接口答 -1，过一会儿就好", CALLS, path=PATH, times=TIMES)
async def system_busy(platform: Any, body: dict[str, Any]) -> Did:
    path, times = path_in(body, TEMPLATE), count_in(body, "times", 3)
    fail_calls(platform, CallFault(path, times, errcode=-1), "system-busy")
    return [f"{path} 接下来 {times} 次答 -1"]


@scenario(
    "slow-platform", "平台很慢", "每次调用多等一会儿", CALLS, path=PATH, times=TIMES, delay_ms="多等多少毫秒"
)
async def slow_platform(platform: Any, body: dict[str, Any]) -> Did:
    path, times, delay = path_in(body, "*"), count_in(body, "times", 100), count_in(body, "delay_ms", 3000)
    fail_calls(platform, CallFault(path, times, delay_ms=float(delay)), "slow-platform")
    return [f"{path} 接下来 {times} 次各多等 {delay} 毫秒"]


@scenario(
    "rate-limited",
    "每分钟的上限到了",
    "同一分钟内多出的调用被拒，下一分钟就好",
    CALLS,
    path=PATH,
    limit="每分钟几次",
)
async def rate_limited(platform: Any, body: dict[str, Any]) -> Did:
    path, limit = path_in(body, TEMPLATE), count_in(body, "limit", 10)
    platform.apps.limits.minute[path] = limit
    return [f"{path} 每分钟只许 {limit} 次，多了答 {ENDPOINTS[path].minute_error}"]


@scenario(
    "quota-mid-campaign",
    "群发到一半 45009",
    "今天的额度还剩几次；用完答 45009，北京时间零点恢复",
    CALLS,
    path=PATH,
    left="还剩几次",
)
async def quota_mid_campaign(platform: Any, body: dict[str, Any]) -> Did:
    path, left = path_in(body, TEMPLATE), int(body.get("left", 3))
    daily = ENDPOINTS[path].daily
    if daily is None:
        raise BadRequest(f"{path} 没有每天的上限")
    for app in platform.apps.both:
        told = app.quotas.told(path, daily, platform.clock.day())
        app.quotas.used[path] = max(told["daily_limit"] - left, 0)
    return [f"{path} 今天还剩 {left} 次，之后答 45009，北京时间零点恢复"]


@scenario("data-not-ready", "统计数据整个上午没有好", "昨天的统计到中午十二点前都答 61503", CALLS)
async def data_not_ready(platform: Any, body: dict[str, Any]) -> Did:
    platform.datacube.ready_hour = 12
    return ["昨天的统计在北京时间 12:00 之前答 61503"]


@scenario("publish-refused", "发布没有通过", "下一次发布提交成功，审核不通过，草稿还在", CALLS)
async def publish_refused(platform: Any, body: dict[str, Any]) -> Did:
    platform.publishing.next_status = 4
    return ["下一次 freepublish/submit 的结果是 4（审核不通过）"]


@scenario(
    "mass-refused", "群发被管理员拒绝", "群发保护：管理员拒绝，事件的 Status 是 err(40001)，没有人收到", CALLS
)
async def mass_refused(platform: Any, body: dict[str, Any]) -> Did:
    platform.mass.next_status = "err(40001)"
    return ["下一次群发的结果事件是 err(40001)，没有人收到"]
