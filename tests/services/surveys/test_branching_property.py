"""Every kind and branch, by chat and page in any order: kept is what was meant last, of what is asked.

The model here is simple on purpose: what the member meant, question by question, and which
questions are asked by it. After every step it must be what is kept; no text is above a reply.
"""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st
from peewee import Database

import clock
from models.people import Follower
from models.surveys import Conversation, Questionnaire, ResponseStatus
from services.surveys import answers, chat_links, conversations, flow, pages, responses, sheet
from services.surveys.pages import Brought
from services.surveys.sheet import Asked
from tests.factories import make_member
from tests.factories.surveys import (
    day,
    free_text,
    if_chosen,
    make_questionnaire,
    number,
    ranking,
    scale,
    single,
    with_other,
)

LONG = "长" * 10_000 + "😊"
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["tap", "type", "type", "page", "word"]), st.integers(1, 10), st.integers(1, 3)
    ),
    min_size=2,
    max_size=30,
)
WORDS = ("上一题", "下一题", "选好了", "跳过", "进度", "重来", "？？", "😊", LONG)


def make() -> Questionnaire:
    table = {"matrix": 1, "matrix_text": "评价", "condition": if_chosen(1, 1)}
    return make_questionnaire(
        single("一？", options=("甲", "乙", "丙"), section="始"),
        number("二{{1}}？", minimum=0, maximum=99, condition=if_chosen(1, 1, 2)),
        scale("三？", **table),
        scale("四？", **table),
        ranking("五？", options=("子", "丑", "寅")),
        day("六？", minimum=20270101),
        with_other("七？"),
        free_text("八{{5}}？", condition={"all": [{"question": 2, "is": "more", "number": 15}]}),
        single("九？", options=("上", "中", "下"), condition=if_chosen(5, 1), is_required=False),
        free_text(
            "十？",
            is_required=False,
            condition={
                "any": [
                    {"question": 9, "is": "answered"},
                    {"question": 1, "is": "not_chosen", "options": [1]},
                ]
            },
        ),
    )


class Model:
    """What was meant, in words, by position; None: passed over."""

    def __init__(self) -> None:
        self.meant: dict[int, str | None] = {}

    def asked(self) -> list[int]:
        """The positions asked, by what is meant of those before them."""
        shown: list[int] = []

        def has(no: int) -> str:
            return (self.meant.get(no) or "") if no in shown else ""

        for no in range(1, 11):
            is_asked = {
                2: has(1) in ("甲", "乙") and bool(has(1)),
                3: has(1) == "甲",
                4: has(1) == "甲",
                8: has(2).isdecimal() and int(has(2)) > 15,
                9: bool(has(5)),
                10: bool(has(9)) or has(1) != "甲",
            }.get(no, True)
            if is_asked:
                shown.append(no)
        return shown

    def settle(self) -> None:
        shown = self.asked()
        self.meant = {no: words for no, words in self.meant.items() if no in shown}


def answer_of(no: int, value: int) -> tuple[str, str, tuple[str, ...]]:
    """What is typed, what it means, and the page's values by the number of the option (`#1`)."""
    options = {1: "甲乙丙", 7: "", 9: "上中下"}.get(no, "")
    if options:
        return str(value), options[value - 1], (f"#{value}",)
    if no == 2:
        return f"{value}0", f"{value}0", (f"{value}0",)
    if no in (3, 4):
        return f"打{'一二三'[value - 1]}分", str(value), (str(value),)
    if no == 5:
        order = [(1, 2, 3), (3, 1, 2), (2, 3, 1)][value - 1]
        words = "、".join("子丑寅"[each - 1] for each in order)
        return " ".join(map(str, order)), words, tuple(f"#{each}:{at}" for at, each in enumerate(order, 1))
    if no == 6:
        return f"2027年3月1{value}日", f"2027年3月1{value}日", (f"2027-03-1{value}",)
    if no == 7:
        words = ("数据治理", "应急管理", "食堂")[value - 1]
        return (
            (str(value) if value < 3 else f"其他：{words}"),
            words,
            (f"#{value}", *(["=食堂"] if value == 3 else [])),
        )
    return f"话{value}", f"话{value}", (f"话{value}",)


class Trier:
    def __init__(self, follower: Follower, survey: Questionnaire) -> None:
        self.follower, self.survey, self.model = follower, survey, Model()
        self.whole = sheet.of(survey.id)
        self.said = conversations.start(follower, follower.person, at=clock.utc_now()).text

    def present(self) -> Asked | None:
        row = Conversation.get_or_none(Conversation.follower == self.follower)
        return self.whole.question(row.question_id) if row is not None else None

    def say(self, words: str) -> None:
        told = conversations.typed(self.follower, self.follower.person, words, words, at=clock.utc_now())
        self.said = told.text if told is not None else ""

    def tap(self, no: int, value: int) -> None:
        asked = self.whole.questions[no - 1]
        if asked.kind == "ranking" or (no == 7 and value == 3) or not (asked.choices or asked.steps):
            return
        what = value if asked.steps else asked.choices[value - 1].id
        tapped = chat_links.menu_id(self.survey.id, asked.id, what)
        self.said = conversations.tapped(self.follower, self.follower.person, tapped, at=clock.utc_now()).text
        if no in self.model.asked():
            self.model.meant[no] = answer_of(no, value)[1]

    def type(self, value: int) -> None:
        asked = self.present()
        if asked is not None:
            typed, meant, _ = answer_of(asked.position, value)
            self.say(typed)
            self.model.meant[asked.position] = meant

    def word(self, words: str) -> None:
        asked = self.present()
        self.say(words)
        if asked is None:
            return
        if words == "跳过" and not asked.is_required:
            self.model.meant[asked.position] = None
        elif asked.kind == "text" and words not in WORDS[:6]:
            self.model.meant[asked.position] = words[:500]

    def page(self, no: int, value: int) -> None:
        asked = self.whole.questions[no - 1]
        filling = pages.filling(self.survey.id, self.follower.person)
        shown = next(field for field in filling.fields if field.asked.id == asked.id)
        _, meant, values = answer_of(no, value)
        ids = {f"#{choice.no}": str(choice.id) for choice in asked.choices}
        brought = tuple(
            ids[each.partition(":")[0]] + each.partition(":")[1] + each.partition(":")[2]
            if each[0] == "#"
            else each
            for each in values
        )
        pages.save(
            self.survey.id,
            self.follower,
            self.follower.person,
            {asked.id: Brought(brought, shown.mark)},
            submits=False,
        )
        if no in self.model.asked():
            self.model.meant[no] = meant

    def check(self) -> None:
        self.model.settle()
        response = responses.of_person(self.survey, self.follower.person_id)
        assert response is not None
        held = answers.given(response)
        kept: dict[int, Any] = {}
        for asked in self.whole.questions:
            if held.rows(asked):
                words = flow.answer_words(asked, held).partition("（")[0]
                kept[asked.position] = words or None
        assert kept == self.model.meant
        seen = flow.shown(self.whole, held)
        assert [asked.position for asked in seen.questions] == self.model.asked()
        is_complete = set(self.model.asked()) == set(self.model.meant)
        if response.status == ResponseStatus.COMPLETED:
            assert is_complete  # never completed while something that is asked waits
        assert len(self.said.encode()) <= 2048


@pytest.mark.usefixtures("noon")
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_what_is_kept_is_what_was_meant_last_of_what_is_asked(
    db: Database, steps: list[tuple[str, int, int]]
) -> None:
    with db.atomic() as transaction:
        trier = Trier(make_member(), make())
        for what, no, value in steps:
            if what == "tap":
                trier.tap(no, value)
            elif what == "type":
                trier.type(value)
            elif what == "page":
                trier.page(no, value)
            else:
                trier.word(WORDS[(no * 3 + value) % len(WORDS)])
            trier.check()
        event(f"asked: {len(trier.model.asked())}")
        transaction.rollback()
