"""How a named scenario is declared, and what all of them read out of a request."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from .. import phones
from ..endpoints import ENDPOINTS
from ..faults import CallFault, PushFault
from ..people import Person
from ..web import BadRequest

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


def person_in(platform: Any, body: dict[str, Any]) -> Person:
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


def count_in(body: dict[str, Any], name: str, default: int) -> int:
    value = body.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= MANY:
        raise BadRequest(f"{name} 要是 1 到 {MANY} 的整数")
    return value


def path_in(body: dict[str, Any], default: str) -> str:
    path = body.get("path", default)
    if not isinstance(path, str) or (path != "*" and path not in ENDPOINTS):
        raise BadRequest(f"没有 {path} 这个接口")
    return path


def fail_calls(platform: Any, fault: CallFault, why: str) -> None:
    fault.why = why
    platform.faults.calls.append(fault)


def fail_pushes(platform: Any, fault: PushFault, why: str) -> None:
    fault.why = why
    platform.faults.pushes.append(fault)


PUSHES, CALLS, ACCOUNT, PEOPLE = "推送", "接口", "账号", "收件人"
OPENID, TIMES, PATH = "哪个人；不填是第一个粉丝", "几次", "哪个接口"
