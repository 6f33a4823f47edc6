"""One person answering a survey in chat: what they mean is drawn by a seed, how they say it too."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from .phone_routes import menu_link
from .survey_reading import BACK, DONE, THANKS, Question, read

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

Say = Callable[[str, str | None], Awaitable[dict[str, Any]]]
Meaning = list[str] | int | str


@dataclass(slots=True)
class Answering:
    """`meant` is the truth: question text -> option texts, number or text."""

    openid: str
    seed: str
    say: Say
    start: str | dict[str, str]
    meant: dict[str, Meaning] = field(default_factory=dict)
    state: str = "waiting"
    reason: str = ""
    steps: int = 0
    repeats: int = 0
    went_back: int = 0
    unequal: int = 0

    _chosen: dict[str, list[int]] = field(default_factory=dict)
    _dice: random.Random = field(init=False, repr=False)

    async def run(self, begin: Callable[[], Awaitable[dict[str, Any]]]) -> None:
        """From the first word to the thanks. Ends in done or stuck, with the reason."""
        self._dice = random.Random(f"{self.seed} {self.openid}")
        self.state = "answering"
        try:
            await self._answer_all(await begin())
        finally:
            del self._dice, self._chosen  # a few kilobytes each, of thousands of people

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
            self._chosen.clear()  # whoever goes back thinks again
            return await self._tapped(back) if self._dice.random() < 0.7 else await self._said(BACK)
        if question.kind in ("数字", "评分"):
            return await self._number(question)
        if question.kind == "文字":
            meant = self._dice.choice(REMARKS)
            self.meant[question.text] = meant
            return await self._said(meant)
        return await self._choice(question)

    async def _number(self, question: Question) -> dict[str, Any]:
        low, high = question.range()
        meant = self._dice.randint(low, min(high, low + 40))
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
        numbers = self._chosen.get(question.text)
        if numbers is None:
            numbers = self._chosen[question.text] = self._decide(question)
        options = [option for option in question.options if option.number in numbers]
        self.meant[question.text] = [option.text for option in options]
        if question.kind == "多选":
            return await self._several(question, numbers)
        option = options[0]
        way = self._dice.random()
        if way < 0.5 and option.href:
            return await self._tapped(option.href)
        return await self._said(option.text if way > 0.85 else self._written(str(option.number)))

    def _decide(self, question: Question) -> list[int]:
        """Options meant, the earlier ones more often: results must show a difference."""
        low, high = question.limits()
        count = 1 if question.kind == "单选" else self._dice.randint(low, max(low, min(high, low + 2)))
        left = [option.number for option in question.options]
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
