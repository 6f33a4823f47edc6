"""Chat turns and page posts in any order, two pages open: what is kept is what was meant last."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st
from peewee import Database

import clock
from models.surveys import Conversation
from services.surveys import conversations, pages, sheet
from services.surveys.pages import Brought
from services.surveys.sheet import Asked
from tests.factories import make_member
from tests.factories.surveys import free_text, make_questionnaire, multiple, number, scale, single
from tests.services.surveys.test_conversation_property import STEPS, Member

PAGE_STEPS = st.one_of(
    st.tuples(st.just("load"), st.integers(0, 1), st.just(0), st.just(0)),
    st.tuples(st.just("fill"), st.integers(0, 1), st.integers(1, 6), st.integers(1, 4)),
    st.tuples(st.just("fill"), st.integers(0, 1), st.integers(1, 6), st.integers(1, 4)),
    st.tuples(st.sampled_from(["save", "submit"]), st.integers(0, 1), st.just(0), st.just(0)),
)
CHAT_STEPS = STEPS.map(lambda step: ("chat", *step))


class Tab:
    """A page as it was loaded, and what the member wrote on it since."""

    def __init__(self, member: Member) -> None:
        self.member = member
        filling = pages.filling(member.survey.id, member.follower.person)
        self.fields = {field.asked.no: field for field in filling.fields}
        self.written: dict[int, tuple[tuple[str, ...], object]] = {}

    def fill(self, no: int, value: int) -> None:
        asked = self.member.sheet.questions[no - 1]
        values, meant = self._answer(asked, value)
        if values == self.fields[no].values:
            self.written.pop(no, None)  # as it was shown: nothing meant
        else:
            self.written[no] = (values, meant)

    def send(self, *, submits: bool) -> None:
        member = self.member
        brought = {
            field.asked.id: Brought(self.written[no][0] if no in self.written else field.values, field.mark)
            for no, field in self.fields.items()
        }
        was_completed = member.is_completed
        saved = pages.save(
            member.survey.id, member.follower, member.follower.person, brought, submits=submits
        )
        for no, (_, meant) in self.written.items():
            member.meant[no] = meant
        is_full = all(member.meant.get(no) for no in (1, 2, 3))
        member.is_completed = was_completed or (submits and is_full)
        assert saved.is_completed == member.is_completed
        assert bool(saved.wrong) == (submits and not is_full)
        if submits and is_full:
            for no in (4, 5, 6):
                member.meant.setdefault(no, None)

    @staticmethod
    def _answer(asked: Asked, value: int) -> tuple[tuple[str, ...], object]:
        if asked.most > 1:
            wanted = {value, value % 4 + 1}
            return tuple(str(each.id) for each in asked.choices if each.no in wanted), wanted
        if (asked.choices or asked.steps) and not asked.is_required and value == 4:
            return (pages.PASSED_OVER,), None
        if asked.steps:
            return (str(value),), value
        if asked.choices:
            return (str(asked.choices[value - 1].id),), {value}
        return (str(value + 50),), value + 50 if asked.kind == "number" else str(value + 50)


@pytest.mark.usefixtures("noon")
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.one_of(CHAT_STEPS, PAGE_STEPS), min_size=2, max_size=40))
def test_what_is_kept_is_what_was_meant_last(db: Database, steps: list[tuple[Any, ...]]) -> None:
    with db.atomic() as transaction:
        survey = make_questionnaire(
            single(options=("甲", "乙", "丙", "丁")),
            multiple(maximum=3),
            number(minimum=0, maximum=99),
            free_text(is_required=False),
            single("再选？", options=("子", "丑", "寅", "卯"), is_required=False),
            scale(is_required=False),
        )
        follower = make_member()
        member = Member(follower, survey, sheet.of(survey.id))
        conversations.start(follower, follower.person, at=clock.utc_now())
        tabs = [Tab(member), Tab(member)]
        for step in steps:
            _take(member, tabs, step)
        meant = {no: value for no, value in member.meant.items() if value or value is None}
        assert member.kept() == meant
        event(f"completed: {member.is_completed}")
        _check_chat_agrees(member)
        transaction.rollback()


def _take(member: Member, tabs: list[Tab], step: tuple[Any, ...]) -> None:
    what, one, two, three = step
    if what == "load":
        tabs[one] = Tab(member)
    elif what == "fill":
        tabs[one].fill(two, three)
    elif what in ("save", "submit"):
        tabs[one].send(submits=what == "submit")
        tabs[one] = Tab(member)
    elif one == "tap":
        member.tap(two, three)
    elif one == "type":
        member.type(two, three)
    elif one in ("skip", "again", "noise"):
        getattr(member, one)()
    else:
        member.say({"back": "上一题", "next": "下一题", "done": "选好了"}[one])


def _check_chat_agrees(member: Member) -> None:
    """需求征集 in chat says it is completed, or asks a question that waits for an answer."""
    going_on = Conversation.get_or_none(Conversation.follower == member.follower)
    said = conversations.start(member.follower, member.follower.person, at=clock.utc_now()).text
    missing = [no for no in range(1, 7) if no not in member.kept()]
    if going_on is None and member.is_completed:
        assert said.startswith("您已完成")
    elif going_on is not None and going_on.question_id is None and missing:
        assert f"【{missing[0]}/6】" in said
