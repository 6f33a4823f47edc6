"""Variables (变量) in the sentence of a campaign: {活动名称}, {时间}, {姓名} …

What stands for the content is the same for everybody and follows it when it changes. What stands
for a person is written only by channels that speak to one person; a mass send says the common
words instead, so that nobody's name ever enters it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import clock
from models.activities import Activity
from models.alliance import MemberUnit
from models.messaging import Campaign, Channel, ContentKind
from models.notices import Notice
from models.people import Follower, Person
from models.publishing import EJournalIssue
from models.surveys import Questionnaire

MOST_PERSONAL = 3  # the chat text keeps room for so many
LONGEST = 20
# The only channels whose text is made for one person. A rider tells the headline alone.
PERSONAL_CHANNELS = {Channel.WINDOW_MESSAGE, Channel.TEMPLATE_MESSAGE, Channel.ONE_TIME_SUBSCRIPTION}
WEEKDAYS = "一二三四五六日"

_TOKEN = re.compile(r"[{｛]\s*([^{}｛｝\s]{1,12})\s*[}｝]")
_BRACE = re.compile(r"[{}｛｝]")


def day_and_time(at: datetime) -> str:
    """11月30日（周一）19:00, in the alliance's zone."""
    local = clock.to_local(at)
    return f"{local.month}月{local.day}日（周{WEEKDAYS[local.weekday()]}）{local:%H:%M}"


@dataclass(frozen=True, slots=True)
class Variable:
    """One name between braces. `value` reads the content; without it the person is meant."""

    name: str
    meaning: str
    kinds: frozenset[ContentKind]
    value: Callable[[Any], str] | None = None
    common: str = ""
    example: str = ""

    @property
    def is_personal(self) -> bool:
        return self.value is None


@dataclass(frozen=True, slots=True)
class PersonWords:
    """What is written for one recipient."""

    name: str
    unit: str

    def values(self) -> Mapping[str, str]:
        return {"姓名": self.name[:LONGEST], "单位": self.unit[:LONGEST]}


_ACTIVITY = frozenset({ContentKind.ACTIVITY})
_ISSUE = frozenset({ContentKind.E_JOURNAL_ISSUE})
_SURVEY = frozenset({ContentKind.QUESTIONNAIRE})
_NOTICE = frozenset({ContentKind.NOTICE})
_ALL = _ACTIVITY | _ISSUE | _SURVEY | _NOTICE

VARIABLES = (
    Variable("姓名", "收信人的姓名；群发里写“各位同志”", _ALL, common="各位同志", example="李样例"),
    Variable("单位", "收信人的单位；群发里写“各成员单位”", _ALL, common="各成员单位", example="乐余镇党校"),
    Variable("活动名称", "活动的标题", _ACTIVITY, lambda row: row.title),
    Variable("时间", "活动的开始时间", _ACTIVITY, lambda row: day_and_time(row.starts_at)),
    Variable("地点", "活动的地点", _ACTIVITY, lambda row: row.place),
    Variable("主讲人", "活动的主讲人", _ACTIVITY, lambda row: row.speaker),
    Variable("系列", "活动的系列", _ACTIVITY, lambda row: row.series.name),
    Variable(
        "报名截止",
        "报名截止的时间；没有设的为开始时间",
        _ACTIVITY,
        lambda row: day_and_time(row.sign_up_closes_at or row.starts_at),
    ),
    Variable("刊名", "期刊的刊名", _ISSUE, lambda row: row.e_journal.name),
    Variable("期号", "期刊的期号", _ISSUE, lambda row: row.issue_no),
    Variable("问卷名称", "问卷的标题", _SURVEY, lambda row: row.title),
    Variable(
        "截止时间",
        "问卷的截止时间",
        _SURVEY,
        lambda row: day_and_time(row.closes_at) if row.closes_at else "",
    ),
    Variable("通知标题", "通知的标题", _NOTICE, lambda row: row.title),
)
BY_NAME = {each.name: each for each in VARIABLES}
KIND_OF: dict[type, ContentKind] = {
    Activity: ContentKind.ACTIVITY,
    EJournalIssue: ContentKind.E_JOURNAL_ISSUE,
    Questionnaire: ContentKind.QUESTIONNAIRE,
    Notice: ContentKind.NOTICE,
}


def words_of(follower_ids: Sequence[int]) -> dict[int, PersonWords]:
    """What is written for each of these followers; who is nobody's member is left out."""
    rows: Any = (
        Follower.select(Follower.id, Person.name, MemberUnit.short_name)
        .join(Person)
        .join(MemberUnit)
        .where(Follower.id.in_(list(follower_ids)))
        .tuples()
    )
    return {follower_id: PersonWords(name, unit) for follower_id, name, unit in rows}


def of_kind(kind: ContentKind | None) -> list[Variable]:
    """What may stand in a sentence about this kind of content, in the order of the menu."""
    return [each for each in VARIABLES if kind is None or kind in each.kinds]


def is_personal(text: str) -> bool:
    """Whether the sentence says something of the recipient."""
    return any(
        (found := BY_NAME.get(name)) is not None and found.is_personal for name in _TOKEN.findall(text)
    )


def filled(text: str, content: Any, words: PersonWords | None = None) -> str:
    """The sentence with its variables said; without `words` what is common stands for the person.

    A name that is unknown stays as it was typed: `problems` has refused it before.
    """
    person = words.values() if words is not None else {}

    def said(hit: re.Match[str]) -> str:
        found = BY_NAME.get(hit.group(1))
        if found is None:
            return hit.group()
        if found.value is None:
            return person.get(found.name, found.common)
        return found.value(content) if KIND_OF.get(type(content)) in found.kinds else hit.group()

    return _TOKEN.sub(said, text)


def problems(text: str, content: Any) -> list[str]:
    """What is wrong with the variables of a sentence about this content, each with how to mend it."""
    kind = KIND_OF.get(type(content))
    names = _TOKEN.findall(text)
    told = []
    for name in dict.fromkeys(names):
        found = BY_NAME.get(name)
        usable = "、".join(f"{{{each.name}}}" for each in of_kind(kind))
        if found is None:
            told.append(f"没有变量{{{name}}}，可用：{usable}")
        elif kind is not None and kind not in found.kinds:
            told.append(f"这类内容没有{{{name}}}，可用：{usable}")
        elif found.value is not None and kind is not None and not found.value(content):
            told.append(f"{{{name}}}还没有内容，请先补全，或从简介里去掉")
    if sum(BY_NAME[name].is_personal for name in names if name in BY_NAME) > MOST_PERSONAL:
        told.append(f"姓名、单位最多写 {MOST_PERSONAL} 处")
    if _BRACE.search(_TOKEN.sub("", text)):
        told.append("花括号没有成对，变量应像 {时间} 这样写")
    return told


def problems_of(campaign: Campaign, content: Any) -> str:
    """The problems of a campaign's sentence in one line; "" when there are none."""
    return "；".join(problems(campaign.summary, content))
