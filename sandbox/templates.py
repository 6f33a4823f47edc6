"""Template messages (contract §6): the library, sending, the memory of client_msg_id."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from . import template_values
from .endpoints import Answer, Call, Rights, endpoint, ok, optional_text
from .errors import PlatformError
from .people import Person
from .xml import element

MEMORY = 600

LIBRARY = (
    (
        "TPL_LECTURE",
        "讲座订阅提醒",
        "讲座主题:{{thing1.DATA}}\n时间:{{time2.DATA}}\n地点:{{thing3.DATA}}\n主讲人:{{name4.DATA}}",
    ),
    ("TPL_SALON", "沙龙订阅提醒", "主题:{{thing1.DATA}}\n时间:{{time2.DATA}}\n地点:{{thing3.DATA}}"),
    ("TPL_SIGN_UP", "活动报名提醒", "活动名称:{{thing1.DATA}}\n时间:{{time2.DATA}}\n地点:{{thing3.DATA}}"),
    (
        "TPL_JOURNAL",
        "期刊更新提醒",
        "刊名:{{thing1.DATA}}\n期号:{{character_string2.DATA}}\n发布时间:{{time3.DATA}}",
    ),
)
ONE_TIME = {"ONE_NOTICE": "通知提醒"}
TEMPLATES_KEPT = 25
CATEGORY_LIBRARY = {  # template_id_short -> title, keyword -> type
    "43161": ("活动开始提醒", {"活动名称": "thing", "时间": "time", "地点": "thing", "主讲人": "name"}),
    "43162": ("报名结果提醒", {"活动名称": "thing", "报名结果": "phrase", "时间": "time", "地点": "thing"}),
    "43163": ("课程变更提醒", {"课程名称": "thing", "变更内容": "thing", "上课时间": "time"}),
    "43164": ("问卷提醒", {"问卷名称": "thing", "截止时间": "time"}),
}
INDUSTRIES = {39: ("教育", "培训"), 40: ("教育", "院校"), 1: ("IT科技", "互联网|电子商务")}


@dataclass(slots=True)
class Template:
    id: str
    title: str
    content: str
    rules: dict[str, Callable[[str], object]] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for line in self.content.split("\n"):
            for key in template_values.keys_of(line):
                self.rules[key] = template_values.rule_for(key)
                self.labels[key] = line.split(":")[0]


class Templates:
    """The account's own templates; ids of the one-time library are another library."""

    def __init__(self) -> None:
        self.by_id = {row[0]: Template(*row) for row in LIBRARY}
        self.one_time = dict(ONE_TIME)
        self.sent: dict[str, tuple[int, float]] = {}  # "openid client_msg_id" -> msgid, at
        self.industries = [39, 40]
        self.last_added = 0
        self.last_msgid = 3_900_000_000_000_000_000

    def find(self, template_id: Any) -> Template:
        found = self.by_id.get(template_id) if isinstance(template_id, str) else None
        if found is None:
            raise PlatformError(40037)
        return found

    def next_msgid(self) -> int:
        self.last_msgid += 1
        return self.last_msgid

    def earlier(self, key: str, now: float) -> int | None:
        """The msgid of the same client_msg_id within ten minutes."""
        known = self.sent.get(key)
        return known[0] if known and now - known[1] < MEMORY else None

    def remember(self, key: str, msgid: int, now: float) -> None:
        sent = self.sent
        sent.pop(key, None)
        sent[key] = (msgid, now)
        for oldest in list(_first(sent, 2)):  # two out for one in: it never grows past its use
            if now - sent[oldest][1] >= MEMORY:
                del sent[oldest]

    def dump(self) -> dict[str, Any]:
        library = [[t.id, t.title, t.content] for t in self.by_id.values()]
        return {
            "library": library,
            "one_time": self.one_time,
            "sent": self.sent,
            "last_msgid": self.last_msgid,
            "industries": self.industries,
            "last_added": self.last_added,
        }

    def load(self, kept: dict[str, Any]) -> None:
        self.by_id = {row[0]: Template(*row) for row in kept["library"]}
        self.one_time = kept["one_time"]
        self.sent = {key: (row[0], row[1]) for key, row in kept["sent"].items()}
        self.last_msgid = kept["last_msgid"]
        self.industries, self.last_added = kept["industries"], kept["last_added"]


def _first(rows: dict[str, Any], count: int) -> list[str]:
    keys = iter(rows)
    return [key for key, _ in zip(keys, range(count), strict=False)]


def checked_jump(platform: Any, body: dict[str, Any]) -> tuple[str, dict[str, str]]:
    """Where a tap on the card leads; the mini program wins over the url."""
    url = optional_text(body, "url", 40039)
    if len(url) > 1024 or (url and not url.startswith(("http://", "https://"))):
        raise PlatformError(40039)
    program = body.get("miniprogram")
    if not program:
        return url, {}
    if not isinstance(program, dict) or program.get("appid") != platform.options.mini_app_id:
        raise PlatformError(40166)
    path = optional_text(program, "pagepath", 40165)
    if len(path) > 1024 or "://" in path.partition("?")[0]:
        raise PlatformError(40165)
    return url, {"appid": program["appid"], "pagepath": path}


@endpoint("POST", "/cgi-bin/message/template/send", rights=Rights.SERVICE, daily=100_000)
def send(platform: Any, call: Call) -> Answer:
    body, people, templates = call.body, platform.people, platform.templates
    person = people.find(body.get("touser"))
    template = templates.find(body.get("template_id"))
    url, program = checked_jump(platform, body)
    values = template_values.check(template.rules, body.get("data"))
    own_id = optional_text(body, "client_msg_id")
    if not person.is_following:
        raise PlatformError(43004)
    if person.is_blacklisted:
        raise PlatformError(43019)
    now = platform.clock.now()
    key = f"{person.openid} {own_id}"
    if own_id:
        earlier = templates.earlier(key, now)
        if earlier is not None:
            return ok(msgid=earlier)
    msgid = templates.next_msgid()
    if own_id:
        templates.remember(key, msgid, now)
    _deliver(platform, person, template, values, {"url": url, "program": program, "msgid": str(msgid)}, now)
    return ok(msgid=msgid)


def _deliver(
    platform: Any,
    person: Person,
    template: Template,
    values: dict[str, str],
    jump: dict[str, Any],
    now: float,
) -> None:
    status = "failed:user block" if person.is_blocking else "success"
    if not person.is_blocking:
        rows = [[template.labels[key], value] for key, value in values.items()]
        content = f"template|{template.title}|" + "|".join(values.values())
        platform.deliver(person, "template", {"title": template.title, "rows": rows, **jump}, content, now)
    fields = element("MsgID", int(jump["msgid"])) + element("Status", status)
    platform.pushes.job_event(person.openid, "TEMPLATESENDJOBFINISH", fields)
