"""Named scenarios: each trap of the platform that must be replayable, started by one call.

`POST /_sandbox/scenarios/<name>` prepares it or plays it at once and answers what was done, as
sentences; `DELETE /_sandbox/scenarios` ends what is still to come.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from . import phones
from .apps import MINI
from .endpoints import ENDPOINTS
from .faults import CallFault, PushFault
from .people import Person
from .subscribe import list_event
from .web import BadRequest, Missing, Request, route
from .xml import element

TEMPLATE = "/cgi-bin/message/template/send"
CUSTOM = "/cgi-bin/message/custom/send"
MASS = "/cgi-bin/message/mass/sendall"
MANY = 1_000_000

STATES = {
    "replied": "有回复",
    "empty": "收下了，没有回复",
    "malformed": "回复不合格",
    "failed": "没有收下",
    "unsent": "没有推送（产品地址没有设）",
    "missing": "被情景丢掉了",
}

Did = list[str]
Play = Callable[[Any, dict[str, Any]], Awaitable[Did]]


@dataclass(frozen=True, slots=True)
class Scenario:
    """`fields` are what it may be told besides, each with its meaning."""

    name: str
    title: str
    about: str
    group: str
    fields: dict[str, str]
    play: Play


SCENARIOS: dict[str, Scenario] = {}


def scenario(name: str, title: str, about: str, group: str, **fields: str) -> Callable[[Play], Play]:
    def declare(play: Play) -> Play:
        SCENARIOS[name] = Scenario(name, title, about, group, fields, play)
        return play

    return declare


def _person(platform: Any, body: dict[str, Any]) -> Person:
    """Who is meant: by openid, else the first follower, else somebody new who follows."""
    openid = body.get("openid")
    if openid:
        person: Person | None = platform.people.by_openid.get(openid)
        if person is None:
            raise BadRequest(f"没有 openid 为 {openid} 的人")
        return person
    for person in platform.people.by_openid.values():
        if person.is_following:
            return person
    made: Person = platform.people.add("情景里的人")
    phones.start_following(platform, made)
    return made


def _count(body: dict[str, Any], name: str, default: int) -> int:
    value = body.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= MANY:
        raise BadRequest(f"{name} 要是 1 到 {MANY} 的整数")
    return value


def _path(body: dict[str, Any], default: str) -> str:
    path = body.get("path", default)
    if not isinstance(path, str) or (path != "*" and path not in ENDPOINTS):
        raise BadRequest(f"没有 {path} 这个接口")
    return path


def _call(platform: Any, fault: CallFault, why: str) -> None:
    fault.why = why
    platform.faults.calls.append(fault)


def _push(platform: Any, fault: PushFault, why: str) -> None:
    fault.why = why
    platform.faults.pushes.append(fault)


PUSHES, CALLS, ACCOUNT, PEOPLE = "推送", "接口", "账号", "收件人"
OPENID, TIMES, PATH = "哪个人；不填是第一个粉丝", "几次", "哪个接口"


# pushes -------------------------------------------------------------------------------


@scenario(
    "duplicate-push",
    "同一条消息推两次",
    "以同一个 MsgId 同时推两次，两次的回复应当相同，事情只做一遍",
    PUSHES,
    openid=OPENID,
    content="说什么",
)
async def duplicate_push(platform: Any, body: dict[str, Any]) -> Did:
    person = _person(platform, body)
    told = await phones.text(platform, person, str(body.get("content", "帮助")), None, True)
    repeat = told.get("repeat", {})
    return [
        f"{person.name}的消息推了两次：{STATES[told['state']]}；{STATES[repeat.get('state', 'unsent')]}",
        "两次回复相同" if repeat.get("same") else "两次回复不同",
    ]


@scenario(
    "slow-reply",
    "产品的回复慢过五秒",
    "产品做完了，但平台已经断开，没有听见；同一条消息再推来",
    PUSHES,
    openid=OPENID,
    content="说什么",
)
async def slow_reply(platform: Any, body: dict[str, Any]) -> Did:
    person = _person(platform, body)
    _push(platform, PushFault("message", "unheard", 1), "slow-reply")
    told = await phones.text(platform, person, str(body.get("content", "帮助")))
    return [f"第一次的回复没有听见，重推之后：{STATES[told['state']]}"]


@scenario(
    "event-before-response",
    "事件先于接口返回",
    "模板消息的结果事件先推到，发送接口才返回",
    PUSHES,
    times=TIMES,
)
async def event_before_response(platform: Any, body: dict[str, Any]) -> Did:
    times = _count(body, "times", 1)
    _push(platform, PushFault("TEMPLATESENDJOBFINISH", "early", times), "event-before-response")
    return [f"接下来 {times} 条模板消息的结果事件会先到"]


@scenario(
    "control-characters",
    "正文里有控制字符和 ]]>",
    "XML 里出现控制字符和 CDATA 的结束符，产品仍要答 success",
    PUSHES,
    openid=OPENID,
)
async def control_characters(platform: Any, body: dict[str, Any]) -> Did:
    person = _person(platform, body)
    told = await phones.text(platform, person, "报名\x00\x08\x1f]]><Content>越界</Content>&lt;结束\u2028😀")
    return [f"{person.name}说了一句带控制字符的话：{STATES[told['state']]} {told['reason']}".rstrip()]


@scenario(
    "list-as-array",
    "订阅事件的 List 是数组",
    "一次答两个模板，List 是数组；只答一个时是对象",
    PUSHES,
    openid=OPENID,
)
async def list_as_array(platform: Any, body: dict[str, Any]) -> Did:
    user = platform.mini.user_of(_person(platform, body))
    rows = [
        {"TemplateId": number, "SubscribeStatusString": "accept", "PopupScene": "0"}
        for number in list(platform.subscriptions.of[MINI])[:2]
    ]
    for row in rows:
        number = row["TemplateId"]
        user.consents[number] = user.consents.get(number, 0) + 1
    name = "subscribe_msg_popup_event"
    text = list_event(platform, MINI, user.openid, name, rows)
    outcome = await platform.pushes.push(user.openid, text, name, MINI)
    return [f"推了一个有 {len(rows)} 项的 List：{STATES[outcome.state]} {outcome.reason}".rstrip()]


@scenario(
    "unknown-event",
    "没见过的事件",
    "平台新加的事件和字段，产品应当答 success 而不出错",
    PUSHES,
    openid=OPENID,
)
async def unknown_event(platform: Any, body: dict[str, Any]) -> Did:
    person = _person(platform, body)
    fields = element("NewField", "新字段") + f"<Nested>{element('Deep', 1)}</Nested>"
    xml = platform.pushes.event(person.openid, "sandbox_event_of_tomorrow", fields)
    outcome = await platform.pushes.push(person.openid, xml, "sandbox_event_of_tomorrow")
    return [f"推了 sandbox_event_of_tomorrow：{STATES[outcome.state]} {outcome.reason}".rstrip()]


async def _events(platform: Any, body: dict[str, Any], how: str, words: str) -> Did:
    times = _count(body, "times", 10)
    name = str(body.get("push", "TEMPLATESENDJOBFINISH"))
    delay = float(_count(body, "delay_ms", 60_000))
    _push(platform, PushFault(name, how, times, delay), f"events-{how}")
    return [f"接下来 {times} 个 {name} {words}"]


def _declare_events() -> None:
    told = {
        "late": ("结果事件迟到", "会迟到"),
        "doubled": ("结果事件推两次", "会推两次"),
        "missing": ("结果事件丢失", "不会来"),
        "shuffled": ("结果事件乱序", "先后会打乱"),
    }
    for how, (title, words) in told.items():

        async def play(platform: Any, body: dict[str, Any], how: str = how, words: str = words) -> Did:
            return await _events(platform, body, how, words)

        about = "发送是成功的，只是事件" + words
        scenario(f"events-{how}", title, about, PUSHES, times=TIMES, push="哪种事件")(play)


_declare_events()


# calls ----------------------------------------------------------------------------------


@scenario(
    "duplicate-clientmsgid",
    "第一次群发就答 45065",
    "群发其实做成了，平台却答 clientmsgid exist；按成功处理，不能再发",
    CALLS,
)
async def duplicate_clientmsgid(platform: Any, body: dict[str, Any]) -> Did:
    for path in (MASS, "/cgi-bin/message/mass/send"):
        _call(platform, CallFault(path, 1, errcode=45065, is_done=True), "duplicate-clientmsgid")
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
    path, times = _path(body, TEMPLATE), _count(body, "times", 1)
    skip = int(body.get("skip", 0)) if str(body.get("skip", 0)).isdecimal() else 0
    _call(platform, CallFault(path, times, drop=drop, skip=skip), f"drop-{drop}")
    return [f"{path} 放过 {skip} 次后，{times} 次{words}"]


@scenario("system-busy", "系统繁忙", "接口答 -1，过一会儿就好", CALLS, path=PATH, times=TIMES)
async def system_busy(platform: Any, body: dict[str, Any]) -> Did:
    path, times = _path(body, TEMPLATE), _count(body, "times", 3)
    _call(platform, CallFault(path, times, errcode=-1), "system-busy")
    return [f"{path} 接下来 {times} 次答 -1"]


@scenario(
    "slow-platform", "平台很慢", "每次调用多等一会儿", CALLS, path=PATH, times=TIMES, delay_ms="多等多少毫秒"
)
async def slow_platform(platform: Any, body: dict[str, Any]) -> Did:
    path, times, delay = _path(body, "*"), _count(body, "times", 100), _count(body, "delay_ms", 3000)
    _call(platform, CallFault(path, times, delay_ms=float(delay)), "slow-platform")
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
    path, limit = _path(body, TEMPLATE), _count(body, "limit", 10)
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
    path, left = _path(body, TEMPLATE), int(body.get("left", 3))
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


# the account --------------------------------------------------------------------------


@scenario(
    "token-killed",
    "令牌被别的程序换掉",
    "所有 access_token 立刻作废，再用答 40001",
    ACCOUNT,
    app="official 或 mini；不填是两个",
)
async def token_killed(platform: Any, body: dict[str, Any]) -> Did:
    wanted = body.get("app")
    apps = [app for app in platform.apps.both if wanted in (None, "", app.kind)]
    killed = sum(app.credentials.kill_all(platform.clock.now()) for app in apps)
    return [f"{killed} 个令牌作废了，再用答 40001"]


@scenario("ip-not-listed", "出口地址不在白名单", "换取令牌答 40164；已有的令牌照常可用", ACCOUNT)
async def ip_not_listed(platform: Any, body: dict[str, Any]) -> Did:
    platform.apps.ip_list = ["203.0.113.9"]
    return ["只有 203.0.113.9 可以换取令牌，别处答 40164"]


@scenario("secret-frozen", "密钥被冻结", "换取令牌答 40243", ACCOUNT)
async def secret_frozen(platform: Any, body: dict[str, Any]) -> Did:
    for app in platform.apps.both:
        app.is_frozen = True
    return ["两个账号的密钥都冻结了，换取令牌答 40243"]


@scenario("account-punished", "接口被封禁", "发送接口答 48004，一直到情景结束", ACCOUNT, path=PATH)
async def account_punished(platform: Any, body: dict[str, Any]) -> Did:
    path = _path(body, TEMPLATE)
    _call(platform, CallFault(path, MANY, errcode=48004), "account-punished")
    return [f"{path} 一直答 48004"]


# recipients -----------------------------------------------------------------------------


@scenario(
    "consent-used-up",
    "订阅次数用完",
    "再发订阅消息或一次性订阅答 43101",
    PEOPLE,
    openid="哪个人；不填是所有人",
)
async def consent_used_up(platform: Any, body: dict[str, Any]) -> Did:
    chosen = [_person(platform, body)] if body.get("openid") else list(platform.people.by_openid.values())
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
    person = _person(platform, body)
    person.windows.clear()
    person.open_window("click", platform.clock.now())
    fault = CallFault(CUSTOM, 1, openid=person.openid, advance_seconds=61)
    _call(platform, fault, "window-passes")
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
    path, place = _path(body, TEMPLATE), _count(body, "n", 3)
    _call(platform, CallFault(path, 1, skip=place - 1, unfollows=True), "nth-unfollowed")
    return [f"{path} 的第 {place} 个收件人会在发送前悄悄取消关注"]


@scenario("minor-protected", "未成年人保护", "发给这个人答 70000", PEOPLE, openid=OPENID)
async def minor_protected(platform: Any, body: dict[str, Any]) -> Did:
    person = _person(platform, body)
    _call(platform, CallFault(CUSTOM, MANY, errcode=70000, openid=person.openid), "minor-protected")
    return [f"给{person.name}发客服消息答 70000"]


@scenario(
    "sent-too-often", "给这个人发得太频繁", "模板消息发给这个人答 43117", PEOPLE, openid=OPENID, times=TIMES
)
async def sent_too_often(platform: Any, body: dict[str, Any]) -> Did:
    person, times = _person(platform, body), _count(body, "times", MANY)
    _call(platform, CallFault(TEMPLATE, times, errcode=43117, openid=person.openid), "sent-too-often")
    return [f"给{person.name}发模板消息答 43117"]


# asking -----------------------------------------------------------------------------------


@route("GET", "/_sandbox/scenarios")
async def index(platform: Any, request: Request) -> Any:
    return {
        "scenarios": [
            {
                "name": one.name,
                "title": one.title,
                "about": one.about,
                "group": one.group,
                "fields": one.fields,
            }
            for one in SCENARIOS.values()
        ],
        "running": platform.faults.told(),
        "clock": platform.clock.told(),
    }


@route("POST", "/_sandbox/scenarios/{name}")
async def start(platform: Any, request: Request) -> Any:
    one = SCENARIOS.get(request.arguments["name"])
    if one is None:
        raise Missing(f"没有情景 {request.arguments['name']}；GET /_sandbox/scenarios 列出全部")
    unknown = set(request.body) - set(one.fields) - {"openid", "delay_ms"}
    if unknown:
        raise BadRequest(f"{one.name} 不认识 {'、'.join(sorted(unknown))}")
    return {"scenario": one.name, "did": await one.play(platform, request.body)}


@route("DELETE", "/_sandbox/scenarios")
async def end(platform: Any, request: Request) -> Any:
    """Nothing goes wrong any more: faults, limits of the minute, frozen secrets, the address list."""
    platform.faults.clear()
    platform.apps.limits.minute.clear()
    platform.apps.ip_list = [word for word in platform.options.ip_list.split(",") if word.strip()]
    for app in platform.apps.both:
        app.is_frozen = False
    platform.datacube.ready_hour = 8
    platform.publishing.next_status, platform.mass.next_status = 0, ""
    return {"state": "done"}
