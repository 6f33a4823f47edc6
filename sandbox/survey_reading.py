"""A survey question as a person reads it in a chat bubble: nothing but the text is known."""

from __future__ import annotations

import html
import re
import sys
from dataclasses import dataclass, field

HEAD = re.compile(r"^【(\d+)/(\d+)】(.+)（([^（）]+)）\s*$")
LINK = re.compile(r"<a\s[^>]*?href=\"(weixin://bizmsgmenu\?[^\"]*)\"[^>]*>(.*?)</a>")
OPTION = re.compile(r"^[　\s]*(\d{1,2})\s*[.．、]\s*(.+?)\s*$")
CHOSEN = re.compile(r"[✓✔√☑]")
RANGE = re.compile(r"(-?\d+)\s*(?:至|到|[-~～–—])\s*(-?\d+)")
THANKS = "感谢您的回答"
DONE, BACK, NEXT = "选好了", "上一题", "下一题"
KINDS = ("单选", "多选", "评分", "排序", "数字", "日期", "文字", "图片")
MORE = "更多选项"
FULL = "（已满）"
HELP = "说明："
PLACE = re.compile(r"\s*✓\s*第(\d{1,2})位\s*")
WORDS_WANTED = re.compile(r"请直接回复“(.+?)”指什么")
WORDS_GIVEN = re.compile(r"[✓✔√☑]\s*已选：.*$")
DAYS = re.compile(r"(\d{4})年(\d{1,2})月(\d{1,2})日")


@dataclass(slots=True)
class Option:
    number: int
    text: str
    href: str
    is_chosen: bool
    place: int = 0  # in a ranking
    is_full: bool = False


@dataclass(slots=True)
class Question:
    number: int
    count: int
    text: str
    kind: str
    options: list[Option] = field(default_factory=list)
    links: dict[str, str] = field(default_factory=dict)  # words of the other links -> href
    hint: str = ""

    def limits(self) -> tuple[int, int]:
        """How many options may be chosen, as the hint says."""
        count = len(self.options)
        between = re.search(r"选\s*(\d+)\s*(?:至|到)\s*(\d+)\s*项", self.hint)
        if between:
            return int(between.group(1)), min(int(between.group(2)), count)
        at_least = re.search(r"至少选\s*(\d+)\s*项", self.hint)
        if at_least:
            return int(at_least.group(1)), count
        exactly = re.search(r"选\s*(\d+)\s*项", self.hint)
        return (int(exactly.group(1)), int(exactly.group(1))) if exactly else (1, count)

    @property
    def words_wanted(self) -> str:
        """The option whose words are asked for now; "" where none is."""
        told = WORDS_WANTED.search(self.hint)
        return told.group(1) if told else ""

    def places(self) -> int:
        """How many places a ranking has."""
        told = re.search(r"前\s*(\d+)\s*位", self.hint)
        return int(told.group(1)) if told else len(self.options)

    def days(self) -> list[str]:
        """The days that the hint of a date question names, as YYYYMMDD: the earliest, the latest."""
        found = DAYS.findall(self.hint.partition("；")[0])
        return [f"{int(year):04}{int(month):02}{int(day):02}" for year, month, day in found]

    def step(self, number: int) -> str:
        """The link of one step of a scale; "" where the steps are no links."""
        return next((href for words, href in self.links.items() if words.split()[0] == str(number)), "")

    def range(self) -> tuple[int, int]:
        """Least and greatest number of a number question; 0 to 20 when nothing is said."""
        told = RANGE.search(self.hint)
        if told:
            return int(told.group(1)), int(told.group(2))
        least = re.search(r"不小于\s*(-?\d+)", self.hint)
        most = re.search(r"不大于\s*(-?\d+)", self.hint)
        low = int(least.group(1)) if least else min(0, int(most.group(1)) if most else 0)
        return low, int(most.group(1)) if most else low + 20


def read(text: str) -> Question | None:
    """The question in a reply; None when there is none."""
    lines = text.split("\n")
    for at, line in enumerate(lines):
        head = HEAD.match(html.unescape(line))
        if head and head.group(4) in KINDS:
            number, count, words, kind = head.groups()
            question = Question(int(number), int(count), sys.intern(words.strip()), kind)
            _read_rest(question, lines[at + 1 :])
            return question
    return None


def _read_rest(question: Question, lines: list[str]) -> None:
    hints = []
    for line in lines:
        if line.startswith(HELP):
            continue
        found = LINK.findall(line)
        links = [(href.replace("&amp;", "&"), html.unescape(words).strip()) for href, words in found]
        bare = html.unescape(LINK.sub(lambda link: link.group(2), line))
        is_chosen = bool(CHOSEN.search(bare))
        place = PLACE.search(bare)
        plain = WORDS_GIVEN.sub(" ", PLACE.sub(" ", bare))
        option = OPTION.match(re.sub(r"\s*[✓✔√☑]\s*(已选)?\s*", " ", plain))
        if option and question.kind in ("单选", "多选", "排序") and len(links) <= 1:
            href, text = links[0][0] if links else "", option.group(2)
            words = sys.intern(text.removesuffix(FULL))  # kept as what thousands of people meant
            at = int(place.group(1)) if place else 0
            question.options.append(
                Option(int(option.group(1)), words, href, is_chosen, at, text.endswith(FULL))
            )
            continue
        for href, words in links:
            question.links[words] = href
        if not links:
            hints.append(bare)
    question.hint = "\n".join(hints)
