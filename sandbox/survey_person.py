"""One person answering a survey in chat: what they mean is drawn by a seed, how they say it too."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from .phone_routes import menu_link
from .survey_reading import BACK, DONE, MORE, THANKS, Question, read

GOES_BACK = 0.12
MOST_STEPS = 150
PATIENCE = 4  # the same question again this often: the person gives up

REMARKS = (
    "希望多安排现场教学，尤其是基层治理的案例",
    "建议课前发资料，课后能回看",
    "班次时间请避开月底，谢谢！",
    "没有别的意见，都挺好的",
    "想听数据治理 & 数字化转型方面的课",
    "多请一线的同志来讲，少念稿子<真心话>",
    "村里路远，最好能送课上门😊",
)
FULL_WIDTH = str.maketrans("0123456789", "０１２３４５６７８９")

OTHER_WORDS = ("食堂管理", "村务公开", "会议记录怎么写")
DATE_WAYS = ("{y}年{m}月{d}日", "{y}-{m:02}-{d:02}", "{y}{m:02}{d:02}", "{y}.{m}.{d}")

Say = Callable[[str, str | None], Awaitable[dict[str, Any]]]
Meaning = list[str] | int | str


@dataclass(slots=True)
class Answering:
    """`meant` is the truth: question text -> option texts, number or text."""

    openid: str
    seed: str
    say: Say
    start: str | dict[str, str]
    show: Callable[[], Awaitable[dict[str, Any]]] | None = None  # sends a picture
    rethinks: bool = True  # whoever goes back may answer otherwise
    meant: dict[str, Meaning] = field(default_factory=dict)
    state: str = "waiting"
    reason: str = ""
    steps: int = 0
    repeats: int = 0
    went_back: int = 0
    unequal: int = 0

    _chosen: dict[str, list[int]] = field(default_factory=dict)
    _days: dict[str, tuple[int, int, int]] = field(default_factory=dict)
    _turned: set[str] = field(default_factory=set)  # lists of which a further page was looked at
    _dice: random.Random = field(init=False, repr=False)

    async def run(self, begin: Callable[[], Awaitable[dict[str, Any]]]) -> None:
        """From the first word to the thanks. Ends in done or stuck, with the reason."""
        self._dice = random.Random(f"{self.seed} {self.openid}")
        self.state = "answering"
        try:
            await self._answer_all(await begin())
        finally:
            del (
                self._dice,
                self._chosen,
                self._days,
                self._turned,
            )  # a few kilobytes each, of thousands of people

    async def _answer_all(self, told: dict[str, Any]) -> None:
        asked_before = ""
        while self.steps < MOST_STEPS:
            text = self._text(told)
            if text is None:
                return
            if THANKS in text:
                self.state = "done"
                return
            question = read(text)
            if question is None:
                self._stop(f"no question in: {text[:200]}")
                return
            self.repeats = self.repeats + 1 if question.text == asked_before else 0
            if self.repeats > PATIENCE + 2 * len(question.options):
                self._stop(f"the same question again and again: {text[:200]}")
                return
            asked_before = question.text
            told = await self._answer(question)
        self._stop("too many steps")

    def _text(self, told: dict[str, Any]) -> str | None:
        """The reply's text; stops when there is none."""
        repeat = told.get("repeat")
        if repeat and not repeat["same"]:
            self.unequal += 1
        reply = told.get("reply")
        if not reply or reply.get("kind") != "text":
            self._stop(f"no text came back: {told.get('state')} {told.get('reason', '')}")
            return None
        return str(reply["text"])

    def _stop(self, reason: str) -> None:
        self.state, self.reason = "stuck", reason

    async def _said(self, content: str, menu_id: str | None = None) -> dict[str, Any]:
        self.steps += 1
        return await self.say(content, menu_id)

    async def _tapped(self, href: str) -> dict[str, Any]:
        return await self._said(*menu_link(href))

    async def _answer(self, question: Question) -> dict[str, Any]:
        back = question.links.get(BACK)
        if back and self.repeats == 0 and self.went_back < 2 and self._dice.random() < GOES_BACK:
            self.went_back += 1
            if self.rethinks:
                self._chosen.clear()  # whoever goes back thinks again
            return await self._tapped(back) if self._dice.random() < 0.7 else await self._said(BACK)
        if question.kind in ("数字", "评分"):
            return await self._number(question)
        if question.kind == "文字":
            meant = self._dice.choice(REMARKS)
            self.meant[question.text] = meant
            return await self._said(meant)
        if question.kind == "日期":
            return await self._day(question)
        if question.kind == "图片":
            return await self._picture(question)
        more = question.links.get(MORE)
        if more and question.text not in self._turned and question.text not in self._chosen:
            self._turned.add(question.text)
            if self._dice.random() < 0.5:
                return await self._tapped(more)
        return await (self._ranking(question) if question.kind == "排序" else self._choice(question))

    async def _day(self, question: Question) -> dict[str, Any]:
        """A day within the year after the earliest one told, in one of the ways people write it."""
        if question.text not in self._days or self.rethinks:
            told = question.days()
            year = int(told[0][:4]) + 1 if told else 2027
            self._days[question.text] = (year, self._dice.randint(1, 12), self._dice.randint(1, 28))
        y, m, d = self._days[question.text]
        self.meant[question.text] = y * 10_000 + m * 100 + d
        return await self._said(self._written(self._dice.choice(DATE_WAYS).format(y=y, m=m, d=d)))

    async def _picture(self, question: Question) -> dict[str, Any]:
        if self.show is None:
            self._stop("a picture is asked for and this person has none")
            return {"state": "stuck", "reply": None, "reason": self.reason}
        self.meant[question.text] = "［图片］"
        self.steps += 1
        return await self.show()

    async def _ranking(self, question: Question) -> dict[str, Any]:
        """All places at once, or tap after tap: what stands at a wrong place is taken away first."""
        order = self._chosen.get(question.text)
        if order is None:
            numbers = [option.number for option in question.options]
            order = self._chosen[question.text] = self._dice.sample(numbers, question.places())
        words = {option.number: option.text for option in question.options}
        self.meant[question.text] = [f"第{place}位 {words[no]}" for place, no in enumerate(order, 1)]
        by_number = {option.number: option for option in question.options}
        placed = sorted((option for option in question.options if option.place), key=lambda o: o.place)
        by_link = all(option.href for option in question.options)
        is_right = [option.number for option in placed] == order[: len(placed)]
        if by_link and is_right and len(placed) < len(order) and (placed or self._dice.random() < 0.5):
            return await self._tapped(by_number[order[len(placed)]].href)
        return await self._said(self._written(" ".join(str(number) for number in order)))

    async def _number(self, question: Question) -> dict[str, Any]:
        low, high = question.range()
        meant = self._dice.randint(low, min(high, low + 40))
        before = self.meant.get(question.text)
        if not self.rethinks and isinstance(before, int):
            meant = before
        self.meant[question.text] = meant
        written = str(meant)
        step = question.step(meant)
        if step and self._dice.random() < 0.5:
            return await self._tapped(step)
        return await self._said(written.translate(FULL_WIDTH) if self._dice.random() < 0.3 else written)

    async def _choice(self, question: Question) -> dict[str, Any]:
        if not question.options:
            self._stop("a choice without options")
            return {"state": "stuck", "reply": None, "reason": self.reason}
        if question.words_wanted:
            return await self._words(question)
        numbers = self._chosen.get(question.text)
        full = {option.number for option in question.options if option.is_full and not option.is_chosen}
        if numbers is None or full & set(numbers):
            numbers = self._chosen[question.text] = self._decide(question)
        options = [option for option in question.options if option.number in numbers]
        if not options and MORE in question.links:  # decided on a further page, and back on the first one
            return await self._tapped(question.links[MORE])
        words = self._other_words(question)
        self.meant[question.text] = [
            f"{option.text}：{words}" if option.text == "其他" else option.text for option in options
        ]
        if question.kind == "多选":
            return await self._several(question, numbers)
        option = options[0]
        if option.text == "其他" and self._dice.random() < 0.3:
            return await self._said(f"其他：{words}")
        way = self._dice.random()
        if way < 0.5 and option.href:
            return await self._tapped(option.href)
        return await self._said(option.text if way > 0.85 else self._written(str(option.number)))

    def _other_words(self, question: Question) -> str:
        """What this person means by “其他” of a question, always the same."""
        return OTHER_WORDS[sum(map(ord, self.openid + question.text)) % len(OTHER_WORDS)]

    async def _words(self, question: Question) -> dict[str, Any]:
        return await self._said(self._other_words(question))

    def _decide(self, question: Question) -> list[int]:
        """Options meant, the earlier ones more often: results must show a difference."""
        low, high = question.limits()
        count = 1 if question.kind == "单选" else self._dice.randint(low, max(low, min(high, low + 2)))
        left = [option.number for option in question.options if not option.is_full]
        chosen = []
        for _ in range(min(count, len(left))):
            at = min(int(self._dice.expovariate(1.0) * len(left) / 2.5), len(left) - 1)
            chosen.append(left.pop(at))
        return sorted(chosen)

    async def _several(self, question: Question, numbers: list[int]) -> dict[str, Any]:
        """Look at the marks: tap what differs, untick first; with all as meant, say so."""
        wrong = [option for option in question.options if option.is_chosen != (option.number in numbers)]
        wrong.sort(key=lambda option: not option.is_chosen)
        if not wrong:
            done = question.links.get(DONE)
            return await self._tapped(done) if done and self._dice.random() < 0.8 else await self._said(DONE)
        has_begun = any(option.is_chosen for option in question.options)
        by_link = all(option.href for option in wrong)
        if by_link and (has_begun or self._dice.random() < 0.5):
            return await self._tapped(wrong[0].href)
        between = self._dice.choice([" ", "、", "，", ","])
        return await self._said(self._written(between.join(str(number) for number in numbers)))

    def _written(self, digits: str) -> str:
        return digits.translate(FULL_WIDTH) if self._dice.random() < 0.25 else digits
