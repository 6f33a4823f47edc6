"""What a handler gets and what it gives back."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from models.inbound import InboundOutcome
from models.people import Follower, Person
from services import bindings, followers
from services.errors import NotAllowed
from services.inbound import Meeting
from wechat.inbound import Inbound
from wechat.replies import NewsArticle

ENDINGS = "。．.！!？?，,；;~～ "


class NotBound(NotAllowed):
    code, message = "not_bound", "请先绑定：发送“绑定 邀请码”。邀请码请向本单位联络员索取。"


@dataclass(frozen=True, slots=True)
class Reply:
    """What is said; `text` None: nothing. `kept` is what is stored where the text must not be.

    A card carries nothing else along: who has something to append asks `takes_along` first.
    """

    text: str | NewsArticle | None
    outcome: InboundOutcome = InboundOutcome.HANDLED
    kept: str | None = None
    keeps_raw: bool = True
    takes_more: bool = True  # a rider, or the offer to go on with a survey, may follow
    listed: str | None = None  # what the numbers in it mean: bot/lists.py
    ends_survey: bool = False  # the survey under way has just come to its end: no offer to go on


SILENCE = Reply(None)


@dataclass
class Context:
    """A message met. `said` is what was typed or spoken; `words` the same made easy to compare."""

    meeting: Meeting
    follower: Follower
    said: str = field(init=False)
    words: str = field(init=False)

    def __post_init__(self) -> None:
        self.said = said_in(self.message)
        self.words = plain_words(self.said)

    @property
    def message(self) -> Inbound:
        return self.meeting.message

    @property
    def at(self) -> datetime:
        return self.meeting.at

    @property
    def reader(self) -> Person | None:
        """The person with id and unit only, for lists; None for a mere follower. No statement."""
        return self.meeting.reader

    @property
    def takes_along(self) -> bool:
        """Whether something else wants to stand below the reply, which only a text can carry."""
        if self.follower.binding_request is not None:  # a liaison's decision may wait to be told
            return True
        return self.meeting.has_rider or self.meeting.survey_id is not None

    @cached_property
    def person(self) -> Person | None:
        return followers.member_of(self.follower)

    def known_reader(self) -> Person:
        """The reader. Raises NotBound."""
        if self.reader is None:
            raise self._not_bound()
        return self.reader

    def member(self) -> Person:
        """The bound person. Raises NotBound, whose words say how to bind, or what a binding waits for."""
        if self.person is None:
            raise self._not_bound()
        return self.person

    def _not_bound(self) -> NotBound:
        waits = bindings.under_way(self.follower)
        if waits is None or waits.step == "refused":  # a refusal is told below the reply, once
            return NotBound()
        how = "请回复“同意”或“不同意”。" if waits.step == "notice" else ""
        return NotBound(f"{waits.words}{how}")


def said_in(message: Inbound) -> str:
    """The text of a text message, or the words recognised in a voice message; "" for all else."""
    if message.msg_type == "text":
        return message.content.strip()
    if message.msg_type == "voice":
        return message.text("Recognition").strip().rstrip(ENDINGS)
    return ""


def plain_words(said: str) -> str:
    """Half-width, lower case, single spaces, without closing punctuation; “？” alone stays a word."""
    words = " ".join(unicodedata.normalize("NFKC", said).lower().split())
    return words.strip(ENDINGS) or words[:1]
