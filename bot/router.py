"""Which handler answers: rules from particular to general.

    @on.text("最新讲座", "讲座")
    def latest_lectures(ctx): ...

A handler returns the text (or a `Reply`), or None when the message is not for it after
all; then the next rule is tried. Rules of one kind are tried in the order they were written.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from typing import TypeVar

from bot.context import Context, Reply

Handler = Callable[[Context], "Reply | str | None"]
HandlerKind = TypeVar("HandlerKind", bound=Handler)
Applies = Callable[[Context], bool]
SHORT_SENTENCE = 15  # characters; above, a word inside it is no command


class Rank(IntEnum):
    """From particular to general."""

    EVENT = 0
    MENU_LINK = 1
    WAITING = 2
    DURING_SURVEY = 3
    TEXT = 4
    MATCHING = 5
    TEXT_START = 6
    KIND = 7
    TEXT_INSIDE = 8
    UNCLEAR_DURING_SURVEY = 9
    ANYTHING = 10


@dataclass(frozen=True, slots=True)
class Rule:
    rank: Rank
    applies: Applies
    handler: Handler
    act: str


class Router:
    def __init__(self) -> None:
        self.rules: list[Rule] = []

    def answer(self, ctx: Context) -> tuple[Reply, str]:
        """The first reply that a rule gives, and the act's name. Raises LookupError when none does."""
        for rule in self.rules:
            if not rule.applies(ctx):
                continue
            reply = rule.handler(ctx)
            if reply is not None:
                return (Reply(reply) if isinstance(reply, str) else reply), rule.act
        raise LookupError("no rule answers; the last one must answer everything")

    def event(self, *names: str) -> Callable[[HandlerKind], HandlerKind]:
        return self._rule(Rank.EVENT, lambda ctx: ctx.message.event in names)

    def followed(self, handler: HandlerKind) -> HandlerKind:
        return self.event("subscribe")(handler)

    def other_events(self, handler: HandlerKind) -> HandlerKind:
        return self._rule(Rank.KIND, lambda ctx: ctx.message.msg_type == "event")(handler)

    def click(self, key: str) -> Callable[[HandlerKind], HandlerKind]:
        """A tap on a menu button of type click."""
        return self._rule(
            Rank.EVENT, lambda ctx: ctx.message.event == "CLICK" and ctx.message.event_key == key
        )

    def other_clicks(self, handler: HandlerKind) -> HandlerKind:
        """A tap on a button that no rule knows: the phone still shows an older menu."""
        return self._rule(Rank.MATCHING, lambda ctx: ctx.message.event == "CLICK")(handler)

    def menu_link(self, prefix: str) -> Callable[[HandlerKind], HandlerKind]:
        """A tap on a link in chat whose menu id begins so."""
        return self._rule(Rank.MENU_LINK, lambda ctx: ctx.message.menu_id.startswith(prefix))

    def text(
        self, *words: str, starting: tuple[str, ...] = (), containing: tuple[str, ...] = ()
    ) -> Callable[[HandlerKind], HandlerKind]:
        """Exactly these words, or a message that starts with, or (when short) contains some."""
        exact = frozenset(words)

        def decorate(handler: HandlerKind) -> HandlerKind:
            if exact:
                self._rule(Rank.TEXT, lambda ctx: ctx.words in exact)(handler)
            if starting:
                self._rule(Rank.TEXT_START, lambda ctx: ctx.words.startswith(starting))(handler)
            if containing:
                self._rule(Rank.TEXT_INSIDE, lambda ctx: _contains(ctx.words, containing))(handler)
            return handler

        return decorate

    def matching(self, applies: Applies) -> Callable[[HandlerKind], HandlerKind]:
        """Words of a shape, such as a number; after whole words, before their beginnings."""
        return self._rule(Rank.MATCHING, lambda ctx: bool(ctx.said) and applies(ctx))

    def waiting(self, applies: Applies) -> Callable[[HandlerKind], HandlerKind]:
        """A message that something asked earlier waits for."""
        return self._rule(Rank.WAITING, lambda ctx: bool(ctx.said) and applies(ctx))

    def during_survey(self, handler: HandlerKind) -> HandlerKind:
        """Words while a survey's conversation is under way; None lets the other rules try."""
        return self._rule(
            Rank.DURING_SURVEY, lambda ctx: bool(ctx.said) and ctx.meeting.survey_id is not None
        )(handler)

    def picture_during_survey(self, handler: HandlerKind) -> HandlerKind:
        """A picture while a survey's conversation is under way; None where no question asks for one."""
        return self._rule(
            Rank.DURING_SURVEY,
            lambda ctx: ctx.message.msg_type == "image" and ctx.meeting.survey_id is not None,
        )(handler)

    def unclear_during_survey(self, handler: HandlerKind) -> HandlerKind:
        return self._rule(
            Rank.UNCLEAR_DURING_SURVEY,
            lambda ctx: ctx.message.msg_type != "event" and ctx.meeting.survey_id is not None,
        )(handler)

    def kind(self, *msg_types: str) -> Callable[[HandlerKind], HandlerKind]:
        """A message of these types without words in it."""
        return self._rule(Rank.KIND, lambda ctx: ctx.message.msg_type in msg_types and not ctx.said)

    def anything(self, handler: HandlerKind) -> HandlerKind:
        return self._rule(Rank.ANYTHING, lambda ctx: True)(handler)

    def _rule(self, rank: Rank, applies: Applies) -> Callable[[HandlerKind], HandlerKind]:
        def decorate(handler: HandlerKind) -> HandlerKind:
            act = f"{handler.__module__.rpartition('.')[2]}.{handler.__name__}"
            self.rules.append(Rule(rank, applies, handler, act))
            self.rules.sort(key=lambda rule: rule.rank)
            return handler

        return decorate


def _contains(words: str, containing: tuple[str, ...]) -> bool:
    return len(words) <= SHORT_SENTENCE and any(word in words for word in containing)


on = Router()
