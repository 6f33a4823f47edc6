"""What goes wrong with messages and events on their way to the product."""

from __future__ import annotations

from typing import Any

from .. import phones
from ..apps import MINI
from ..faults import PushFault
from ..subscribe import list_event
from ..xml import element
from .registry import OPENID, PUSHES, STATES, TIMES, Did, count_in, fail_pushes, person_in, scenario


@scenario(
    "duplicate-push",
    "同一条消息推两次",
    "以同一个 MsgId 同时推两次，两次的回复应当相同，事情只做一遍",
    PUSHES,
    openid=OPENID,
    content="说什么",
)
async def duplicate_push(platform: Any, body: dict[str, Any]) -> Did:
    person = person_in(platform, body)
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
    person = person_in(platform, body)
    fail_pushes(platform, PushFault("message", "unheard", 1), "slow-reply")
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
    times = count_in(body, "times", 1)
    fail_pushes(platform, PushFault("TEMPLATESENDJOBFINISH", "early", times), "event-before-response")
    return [f"接下来 {times} 条模板消息的结果事件会先到"]


@scenario(
    "control-characters",
    "正文里有控制字符和 ]]>",
    "XML 里出现控制字符和 CDATA 的结束符，产品仍要答 success",
    PUSHES,
    openid=OPENID,
)
async def control_characters(platform: Any, body: dict[str, Any]) -> Did:
    person = person_in(platform, body)
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
    user = platform.mini.user_of(person_in(platform, body))
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
    person = person_in(platform, body)
    fields = element("NewField", "新字段") + f"<Nested>{element('Deep', 1)}</Nested>"
    xml = platform.pushes.event(person.openid, "sandbox_event_of_tomorrow", fields)
    outcome = await platform.pushes.push(person.openid, xml, "sandbox_event_of_tomorrow")
    return [f"推了 sandbox_event_of_tomorrow：{STATES[outcome.state]} {outcome.reason}".rstrip()]


async def _events(platform: Any, body: dict[str, Any], how: str, words: str) -> Did:
    times = count_in(body, "times", 10)
    name = str(body.get("push", "TEMPLATESENDJOBFINISH"))
    delay = float(count_in(body, "delay_ms", 60_000))
    fail_pushes(platform, PushFault(name, how, times, delay), f"events-{how}")
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
