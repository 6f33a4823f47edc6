"""Whatever a member taps, types, repeats or takes back: what is kept is what was meant last."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st
from peewee import Database

import clock
from models.people import Follower
from models.surveys import Conversation, Questionnaire, ResponseStatus
from services.surveys import answers, chat_links, conversations, responses, sheet
from services.surveys.sheet import Asked, Sheet
from tests.factories import make_member
from tests.factories.surveys import free_text, make_questionnaire, multiple, number, scale, single

STEPS = st.one_of(
    st.tuples(st.just("tap"), st.integers(1, 6), st.integers(1, 4)),
    *(st.tuples(st.just("type"), st.integers(1, 4), st.integers(1, 4)) for _ in range(2)),
    st.tuples(st.sampled_from(["back", "next", "done", "skip", "again", "noise"]), st.just(0), st.just(0)),
)


class Member:
    """What a member means, kept beside what the product keeps."""

    def __init__(self, follower: Follower, survey: Questionnaire, questions: Sheet) -> None:
        self.follower, self.survey, self.sheet = follower, survey, questions
        self.meant: dict[int, object] = {}
        self.is_completed = False
        self.last_tap = ""

    def present(self) -> Asked | None:
        row = Conversation.get_or_none(Conversation.follower == self.follower)
        return self.sheet.question(row.question_id) if row is not None else None

    def tap(self, no: int, option: int) -> None:
        asked = self.sheet.questions[no - 1]
        if asked.steps:
            self._tap(chat_links.menu_id(self.survey.id, asked.id, option))
            self.meant[no] = option
            return
        if not asked.choices:
            return
        choice = asked.choices[option - 1]
        self.last_tap = chat_links.menu_id(self.survey.id, asked.id, choice.id)
        self._tap(self.last_tap)
        if asked.most == 1:
            self.meant[no] = {option}
            return
        chosen = set(self.meant.get(no) or ())
        if option not in chosen and len(chosen) < asked.most:
            self.meant[no] = chosen | {option}
        elif option in chosen and not (self.is_completed and len(chosen) <= asked.least):
            self.meant[no] = chosen - {option}

    def type(self, one: int, two: int) -> None:
        asked = self.present()
        if asked is None:
            return
        if asked.kind == "text":
            said, meant = f"建议{one}{two}", f"建议{one}{two}"
        elif asked.steps:
            said, meant = f"打{'一二三四'[one - 1]}分", one
        elif asked.kind == "number":
            said, meant = f"{one}{two}", one * 10 + two
        elif asked.most > 1:
            said, meant = f"{one} {two}", {one, two}
        else:
            said, meant = str(one), {one}
        self.say(said)
        self.meant[asked.no] = meant

    def skip(self) -> None:
        asked = self.present()
        self.say("跳过")
        if asked is not None and not asked.is_required:
            self.meant[asked.no] = None

    def noise(self) -> None:
        """Words that answer nothing, except where any words are an answer."""
        asked = self.present()
        self.say("？？")
        if asked is not None and asked.kind == "text":
            self.meant[asked.no] = "？？"

    def say(self, words: str) -> None:
        conversations.typed(self.follower, self.follower.person, words, words, at=clock.utc_now())
        self._look()

    def again(self) -> None:
        """The last single choice tapped once more changes nothing; a repeated message never comes here."""
        asked_no = next(
            (no for no, each in enumerate(self.sheet.questions, 1) if each.most == 1 and each.choices), 1
        )
        chosen = self.meant.get(asked_no)
        if isinstance(chosen, set) and chosen:
            self.tap(asked_no, next(iter(chosen)))

    def _tap(self, menu_id: str) -> None:
        conversations.tapped(self.follower, self.follower.person, menu_id, at=clock.utc_now())
        self._look()

    def _look(self) -> None:
        response = responses.of_person(self.survey, self.follower.person_id)
        self.is_completed = response is not None and response.status == ResponseStatus.COMPLETED

    def kept(self) -> dict[int, object]:
        response = responses.of_person(self.survey, self.follower.person_id)
        assert response is not None
        held, found = answers.given(response), {}
        for asked in self.sheet.questions:
            numbers = {choice.no for choice in asked.choices if choice.id in held.chosen.get(asked.id, ())}
            value = numbers or held.numbers.get(asked.id) or held.texts.get(asked.id)
            if value or asked.id in held.passed:
                found[asked.no] = value or None
        return found


@pytest.mark.usefixtures("noon")
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(STEPS, min_size=1, max_size=30))
def test_what_is_kept_is_what_was_meant_last(db: Database, steps: list[tuple[str, int, int]]) -> None:
    with db.atomic() as transaction:
        survey = make_questionnaire(
            single(options=("甲", "乙", "丙", "丁")),
            multiple(maximum=3),
            number(minimum=0, maximum=99),
            free_text(is_required=False),
            single("再选？", options=("子", "丑", "寅", "卯")),
            scale(is_required=False),
        )
        follower = make_member()
        member = Member(follower, survey, sheet.of(survey.id))
        conversations.start(follower, follower.person, at=clock.utc_now())
        for name, one, two in steps:
            if name == "tap":
                member.tap(one, two)
            elif name == "type":
                member.type(one, two)
            elif name in ("skip", "again"):
                getattr(member, name)()
            elif name == "noise":
                member.noise()
            else:
                member.say({"back": "上一题", "next": "下一题", "done": "选好了"}[name])
        meant = {no: value for no, value in member.meant.items() if value or value is None}
        assert member.kept() == meant
        event(f"completed: {member.is_completed}")
        complete = {1, 2, 3, 4, 5, 6} <= set(meant)
        assert member.is_completed or not complete or member.present() is not None
        transaction.rollback()
