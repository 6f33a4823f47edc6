"""Subscribe notifications of both apps: library, templates, consents, sending (contract §7)."""

from __future__ import annotations

from typing import Any

from . import template_values
from .apps import MINI, OFFICIAL
from .endpoints import BOTH, ONLY_MINI, Answer, Call, Rights, endpoint, list_in, ok, optional_text
from .errors import PlatformError
from .mini_codes import check_page
from .people import Person
from .pushes import JobEvent
from .templates import Template, checked_jump

CATEGORY = {"id": 616, "name": "教育"}
TEMPLATES_KEPT = 50
MEMORY = 600

# title -> [(name, rule, example)], by tid; kid is the place from 1
LIBRARY: dict[str, tuple[str, tuple[tuple[str, str, str], ...]]] = {
    "401": (
        "活动提醒",
        (
            ("活动名称", "thing", "基层治理沙龙"),
            ("活动时间", "time", "2026年12月1日 14:00"),
            ("活动地点", "thing", "报告厅"),
            ("备注", "thing", "请提前十分钟到场"),
        ),
    ),
    "402": (
        "签到提醒",
        (
            ("课程名称", "thing", "数据治理"),
            ("签到时间", "time", "2026年12月1日 08:30"),
            ("签到地点", "thing", "一号楼"),
            ("温馨提示", "thing", "签到码每五秒更换"),
        ),
    ),
    "403": (
        "报名结果通知",
        (
            ("活动名称", "thing", "村级治理讲座"),
            ("报名结果", "phrase", "报名成功"),
            ("活动时间", "time", "2026年12月1日 14:00"),
            ("备注", "thing", "候补转正"),
        ),
    ),
    "404": (
        "课程变更通知",
        (
            ("课程名称", "thing", "数据治理"),
            ("变更内容", "thing", "改到报告厅"),
            ("上课时间", "time", "2026年12月1日 14:00"),
        ),
    ),
    "405": (
        "审批结果通知",
        (
            ("申请事项", "thing", "请假半天"),
            ("审批结果", "phrase", "同意"),
            ("审批时间", "time", "2026年12月1日 09:00"),
            ("审批人", "name", "王老师"),
        ),
    ),
    "406": (
        "问卷填写提醒",
        (
            ("问卷名称", "thing", "需求征集"),
            ("截止时间", "time", "2026年12月1日 18:00"),
            ("备注", "thing", "三分钟"),
        ),
    ),
    "407": (
        "期刊更新提醒",
        (
            ("刊名", "thing", "电子期刊"),
            ("期号", "character_string", "2026-12"),
            ("更新时间", "time", "2026年12月1日 09:00"),
        ),
    ),
}
READY: dict[str, dict[str, tuple[str, tuple[int, ...]]]] = {
    MINI: {
        "SUB_ACTIVITY": ("401", (1, 2, 3, 4)),
        "SUB_CHECK_IN": ("402", (1, 2, 3, 4)),
        "SUB_SIGN_UP": ("403", (1, 2, 3, 4)),
        "SUB_CHANGE": ("404", (1, 2, 3)),
        "SUB_DECISION": ("405", (1, 2, 3, 4)),
        "SUB_SURVEY": ("406", (1, 2, 3)),
    },
    OFFICIAL: {"BIZ_ACTIVITY": ("401", (1, 2, 3)), "BIZ_JOURNAL": ("407", (1, 2, 3))},
}


def _made(template_id: str, tid: str, kids: tuple[int, ...]) -> Template:
    title, keywords = LIBRARY[tid]
    lines = [f"{keywords[kid - 1][0]}:{{{{{keywords[kid - 1][1]}{kid}.DATA}}}}" for kid in kids]
    return Template(template_id, title, "\n".join(lines))


class Subscriptions:
    """Each app's own templates; ids of template messages are another library."""

    def __init__(self) -> None:
        self.of: dict[str, dict[str, Template]] = {
            app: {number: _made(number, *made) for number, made in rows.items()}
            for app, rows in READY.items()
        }
        self.last = 0
        self.last_msgid = 1_980_000_000_000_000_000
        self.sent: dict[str, float] = {}  # "openid client_msg_id" of bizsend -> at

    def find(self, app: str, template_id: Any) -> Template:
        found = self.of[app].get(template_id) if isinstance(template_id, str) else None
        if found is None:
            raise PlatformError(40037)
        return found

    def dump(self) -> dict[str, Any]:
        return {
            "of": {app: [[t.id, t.title, t.content] for t in rows.values()] for app, rows in self.of.items()},
            "last": self.last,
            "last_msgid": self.last_msgid,
            "sent": self.sent,
        }

    def load(self, kept: dict[str, Any]) -> None:
        self.of = {app: {row[0]: Template(*row) for row in rows} for app, rows in kept["of"].items()}
        self.last, self.last_msgid, self.sent = kept["last"], kept["last_msgid"], kept["sent"]


# the library --------------------------------------------------------------------------


@endpoint("GET", "/wxaapi/newtmpl/getcategory", rights=Rights.SERVICE, apps=BOTH)
def categories(platform: Any, call: Call) -> Answer:
    return ok(data=[CATEGORY])


@endpoint("GET", "/wxaapi/newtmpl/getpubtemplatetitles", rights=Rights.SERVICE, apps=BOTH)
def titles(platform: Any, call: Call) -> Answer:
    start, limit = call.query.get("start", "0"), call.query.get("limit", "30")
    if not (start.isdecimal() and limit.isdecimal() and 1 <= int(limit) <= 30) or len(start) > 9:
        raise PlatformError(40097)
    wanted = call.query.get("ids", "").split(",")
    rows = [
        {"tid": int(tid), "title": title, "type": 2, "categoryId": str(CATEGORY["id"])}
        for tid, (title, _) in LIBRARY.items()
        if str(CATEGORY["id"]) in wanted
    ]
    return ok(count=len(rows), data=rows[int(start) : int(start) + int(limit)])


@endpoint("GET", "/wxaapi/newtmpl/getpubtemplatekeywords", rights=Rights.SERVICE, apps=BOTH)
def keywords(platform: Any, call: Call) -> Answer:
    known = LIBRARY.get(call.query.get("tid", ""))
    if known is None:
        raise PlatformError(40037)
    return ok(
        count=len(known[1]),
        data=[
            {"kid": number, "name": name, "example": example, "rule": rule}
            for number, (name, rule, example) in enumerate(known[1], 1)
        ],
    )


@endpoint("POST", "/wxaapi/newtmpl/addtemplate", rights=Rights.SERVICE, apps=BOTH)
def add_template(platform: Any, call: Call) -> Answer:
    tid = str(call.body.get("tid", ""))
    known = LIBRARY.get(tid)
    if known is None:
        raise PlatformError(40037)
    kids = list_in(call.body, "kidList", 40246)
    is_whole = all(isinstance(kid, int) and not isinstance(kid, bool) for kid in kids)
    if not is_whole or not 2 <= len(kids) <= 5 or len(set(kids)) != len(kids):
        raise PlatformError(40246)
    if not all(1 <= kid <= len(known[1]) for kid in kids):
        raise PlatformError(40246)
    if len(optional_text(call.body, "sceneDesc")) > 15:
        raise PlatformError(40035, "sceneDesc")
    kept: Subscriptions = platform.subscriptions
    if len(kept.of[call.app.kind]) >= TEMPLATES_KEPT:
        raise PlatformError(45026)
    kept.last += 1
    number = f"{'M' if call.app.kind == MINI else 'N'}{kept.last}_sandbox"
    kept.of[call.app.kind][number] = _made(number, tid, tuple(kids))
    return ok(priTmplId=number)


@endpoint("POST", "/wxaapi/newtmpl/deltemplate", rights=Rights.SERVICE, apps=BOTH)
def delete_template(platform: Any, call: Call) -> Answer:
    template = platform.subscriptions.find(call.app.kind, call.body.get("priTmplId"))
    del platform.subscriptions.of[call.app.kind][template.id]
    return ok()


@endpoint("GET", "/wxaapi/newtmpl/gettemplate", rights=Rights.SERVICE, apps=BOTH)
def own_templates(platform: Any, call: Call) -> Answer:
    rows = platform.subscriptions.of[call.app.kind].values()
    return ok(
        data=[
            {
                "priTmplId": template.id,
                "title": template.title,
                "content": template.content + "\n",
                "example": "",
                "type": 2,
            }
            for template in rows
        ]
    )


# sending --------------------------------------------------------------------------------


def _card(template: Template, values: dict[str, str], **more: Any) -> dict[str, Any]:
    rows = [[template.labels[key], value] for key, value in values.items()]
    return {"title": template.title, "rows": rows, **more}


@endpoint("POST", "/cgi-bin/message/subscribe/send", daily=10_000_000, apps=ONLY_MINI)
def send(platform: Any, call: Call) -> Answer:
    """The mini program's message: one consent each."""
    body = call.body
    user = platform.mini.find(body.get("touser"))
    template = platform.subscriptions.find(MINI, body.get("template_id"))
    page = optional_text(body, "page", 41030)
    if page:
        check_page(platform, page.partition("?")[0])
    if body.get("miniprogram_state", "formal") not in ("formal", "trial", "developer"):
        raise PlatformError(40035, "miniprogram_state")
    if body.get("lang", "zh_CN") not in ("zh_CN", "en_US", "zh_HK", "zh_TW"):
        raise PlatformError(40035, "lang")
    values = template_values.check(template.rules, body.get("data"))
    if user.consents.get(template.id, 0) < 1:
        raise PlatformError(43101)
    user.consents[template.id] -= 1
    person = platform.people.find(user.owner)
    opens = {"appid": call.app.app_id, "pagepath": page} if page else {}
    card = _card(template, values, url="", program=opens, mark=platform.options.mini_name)
    msgid = _delivered(platform, person, template, values, card)
    _report(platform, MINI, user.openid, template.id, msgid)
    return ok(msgid=msgid)


@endpoint("POST", "/cgi-bin/message/subscribe/bizsend", rights=Rights.SERVICE, daily=100_000)
def biz_send(platform: Any, call: Call) -> Answer:
    """The official account's message; what became of it is told by the event alone."""
    if not platform.options.bizsend:
        raise PlatformError(45103)
    body = call.body
    person = platform.people.find(body.get("touser"))
    template = platform.subscriptions.find(OFFICIAL, body.get("template_id"))
    url, program = checked_jump(platform, {"url": body.get("page"), "miniprogram": body.get("miniprogram")})
    values = template_values.check(template.rules, body.get("data"))
    own_id, now = optional_text(body, "client_msg_id"), platform.clock.now()
    sent = platform.subscriptions.sent
    key = f"{person.openid} {own_id}"
    if own_id and now - sent.get(key, -MEMORY) < MEMORY:
        return ok()
    consent = f"{template.id}|biz"
    if person.consents.get(consent, 0) < 1:
        raise PlatformError(43101)
    person.consents[consent] -= 1
    if own_id:
        sent[key] = now
    card = _card(template, values, url=url, program=program, mark=platform.options.account_name)
    msgid = _delivered(platform, person, template, values, card)
    _report(platform, OFFICIAL, person.openid, template.id, msgid)
    return ok()


def _delivered(
    platform: Any, person: Person, template: Template, values: dict[str, str], card: dict[str, Any]
) -> int:
    content = f"subscribe|{template.title}|" + "|".join(values.values())
    platform.deliver(person, "template", card, content, platform.clock.now())
    platform.subscriptions.last_msgid += 1
    number: int = platform.subscriptions.last_msgid
    return number


def _report(platform: Any, app: str, openid: str, template_id: str, msgid: int) -> None:
    row = {"TemplateId": template_id, "MsgID": str(msgid), "ErrorCode": "0", "ErrorStatus": "success"}
    name = "subscribe_msg_sent_event"
    platform.pushes.later(JobEvent(openid, name, list_event(platform, app, openid, name, [row]), app))


WRAPPERS = {
    "subscribe_msg_popup_event": "SubscribeMsgPopupEvent",
    "subscribe_msg_change_event": "SubscribeMsgChangeEvent",
    "subscribe_msg_sent_event": "SubscribeMsgSentEvent",
}


def list_event(platform: Any, app: str, openid: str, name: str, rows: list[dict[str, str]]) -> str:
    """A subscribe event. In JSON `List` stands at the top, an object when it is one (contract §1.6)."""
    callback = platform.pushes.callback_of(app)
    fields = {
        "ToUserName": callback.original_id,
        "FromUserName": openid,
        "CreateTime": int(platform.clock.now()),
        "MsgType": "event",
        "Event": name,
    }
    if callback.is_json:
        fields["CreateTime"] = str(fields["CreateTime"])
        return str(callback.written({**fields, "List": rows[0] if len(rows) == 1 else rows}))
    return str(callback.written({**fields, WRAPPERS[name]: {"List": rows}}))


def check_ids(platform: Any, app: str, body: dict[str, Any]) -> list[str]:
    """The template ids of a consent dialog: at most three of the app's own. Raises 40037."""
    numbers = list_in(body, "template_ids", 40037)
    if not 1 <= len(numbers) <= 3:
        raise PlatformError(40037)
    return [platform.subscriptions.find(app, number).id for number in numbers]
