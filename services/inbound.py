"""What comes in, once: the dedupe key, the raw message, the act and the reply in one short transaction.

    reply = inbound.once(message, act, again=say_again)

`act` is called with the `Meeting` and returns what is `Answered`. A repeat of the message
never reaches it: the first reply is given again. Of two repeats at once one inserts the
dedupe key; the other waits on the unique index, undoes what it did and reads the reply of
the first. Nothing is kept of a message that was killed half-way, so WeChat's retry does it all.

The follower is met and the message kept by two statements written out (inbound_sql.py).
"""

from __future__ import annotations

import hashlib
import json
import logging
import traceback
from collections.abc import Callable, Sequence
from dataclasses import astuple, dataclass
from datetime import date, datetime
from typing import Any

from peewee import BooleanField, DateTimeField, Field, OperationalError

import clock
import config
from models.alliance import MemberUnit
from models.base import Savepoint, db
from models.inbound import InboundMessage, InboundOutcome
from models.people import Follower, Person
from models.sealing import seal, unseal
from services import followers, inbound_sql
from services.prepared import Prepared, given
from wechat.inbound import Inbound
from wechat.replies import NewsArticle

log = logging.getLogger(__name__)

SORRY = "抱歉，这一条没有办成，请稍后再发一次。若仍不行，请联系本单位联络员。"
SEALED_BYTES = 64 * 1024
SURVEY_ACTS = "surveys."  # the acts of bot/handlers/surveys.py
CARD_MARK = "\x1d"  # before a card, where a reply is stored
ACT = Savepoint("act")
TAP_EVENTS = frozenset({"CLICK", "scancode_push", "scancode_waitmsg"})


@dataclass(frozen=True, slots=True)
class Meeting:
    """The follower a message came from, and what is going on with them.

    `follower` is None only for the leave of somebody never known. `has_rider`: a notice or an answer
    of our staff waits for this message. `survey_id` is the
    questionnaire whose conversation is under way (not paused). `reader` is the person with
    their unit, id and validity only: enough to list what is open to them.
    """

    message: Inbound
    follower: Follower | None
    at: datetime
    has_rider: bool = False
    survey_id: int | None = None
    survey_is_anonymous: bool = False
    reader: Person | None = None

    def keeps_raw(self, answered: Answered) -> bool:
        """False wherever the message may answer a question that was promised to be anonymous."""
        failed_tap = answered.outcome == InboundOutcome.FAILED and self.message.menu_id.startswith("s")
        return answered.keeps_raw and not self.survey_is_anonymous and not failed_tap


@dataclass(frozen=True, slots=True)
class Answered:
    """What became of a message. `text` None: nothing is said; `kept`: what is stored in its stead;
    `listed`: what the numbers in it mean (JSON of bot/lists.py), until the next list."""

    text: str | NewsArticle | None
    act: str
    outcome: InboundOutcome = InboundOutcome.HANDLED
    kept: str | None = None
    keeps_raw: bool = True
    listed: str | None = None


class _Repeat(Exception):
    """The message was here before; whatever this transaction did is undone."""


def once(
    message: Inbound, act: Callable[[Meeting], Answered], *, again: Callable[[Follower, str], str | None]
) -> str | NewsArticle | None:
    """The reply to a message, acted on exactly once; None when nothing is to be said.

    An error of the act undoes the act alone: the message stays with its key, and the
    member gets a kind sentence. `again(follower, kept)` makes the text anew where not the
    text itself was kept. Raises peewee's OperationalError when the database does not
    answer; then nothing is kept and WeChat's retry does it all.
    """
    try:
        with db.atomic():
            meeting = _meet(message)
            answered = _guarded(meeting, act)
            _keep(meeting, answered)
            return answered.text
    except _Repeat:
        return _first_reply(message, again)


def keep_unparsed(body: bytes) -> None:
    """Keep what was signed by WeChat and cannot be read, sealed, once."""
    now = clock.utc_now()
    (
        InboundMessage.insert(
            dedupe_key=f"unparsed|{hashlib.sha256(body).hexdigest()}",
            kind="unparsed",
            outcome=InboundOutcome.UNPARSED,
            raw=body[:SEALED_BYTES].decode("utf-8", "replace"),
            received_at=now,
            created_at=now,
        )
        .on_conflict_ignore()
        .execute()
    )


def forget_raw(before: datetime) -> int:
    """Drop raw messages, replies and lists received before a moment (kept 30 days); how many."""
    holds_text = (
        InboundMessage.raw.is_null(False)
        | InboundMessage.reply.is_null(False)
        | InboundMessage.listed.is_null(False)
    )
    return int(
        InboundMessage.update(raw=None, reply=None, listed=None)
        .where(InboundMessage.received_at < before, holds_text)
        .execute()
    )


def last_listed(follower: Follower, *, after: datetime) -> str | None:
    """What the numbers of the last list shown to the follower mean; None when none was since `after`."""
    rows = _LAST_LISTED.rows(follower=follower.id, after=after)
    return unseal(bytes(rows[0][0])).decode() if rows else None


_LAST_LISTED = Prepared(
    lambda: (
        InboundMessage.select(InboundMessage.listed)
        .where(
            InboundMessage.follower == given("follower"),
            InboundMessage.received_at > given("after"),
            InboundMessage.listed.is_null(False),
        )
        .order_by(InboundMessage.id.desc())
        .limit(1)
    )
)


def reply_of(kept: str) -> str | NewsArticle:
    """A stored reply as it was said: text, or a card. Turns of an anonymous survey stay a note."""
    return NewsArticle(*json.loads(kept[len(CARD_MARK) :])) if kept.startswith(CARD_MARK) else kept


def forget_turns(before: datetime) -> int:
    """Drop the messages before a moment that were turns in a survey and whose raw text was not kept
    (anonymous, or older than raw messages are): when and how often somebody tapped would tell, beside
    the answers, what they chose. A repeat comes within seconds; how many were dropped."""
    return int(
        InboundMessage.delete()
        .where(
            InboundMessage.received_at < before,
            InboundMessage.raw.is_null(),
            InboundMessage.act.startswith(SURVEY_ACTS),
        )
        .execute()
    )


def _guarded(meeting: Meeting, act: Callable[[Meeting], Answered]) -> Answered:
    try:
        with ACT:
            return act(meeting)
    except OperationalError:
        raise  # the database itself: keep nothing, let WeChat try again
    except Exception as error:
        # Not the error's own text: a database puts the row's values into it.
        where = "".join(traceback.format_tb(error.__traceback__))
        log.error("message of follower %s failed: %s\n%s", _id_of(meeting), type(error).__name__, where)
        return Answered(SORRY, "failed", InboundOutcome.FAILED)


def _meet(message: Inbound) -> Meeting:
    """The follower, with the window opened by what they did; one statement where they are known.

    Raises _Repeat when the message was kept before.
    """
    app_id = config.settings().wechat_app_id
    at = min(clock.from_timestamp(message.create_time), clock.utc_now())
    name, opening = _opening(message, at)
    row = _look(message, app_id, name, opening)
    if message.event == "unsubscribe":
        return Meeting(message, _follower(row) if row else None, at)
    if row is None or message.event == "subscribe" or (name != "look" and not row[_FOLLOWING_AT]):
        followers.followed(app_id, message.openid, scene=message.event_key, at=at)
        row = _look(message, app_id, name, opening)
        if row is None:
            raise LookupError("the follower vanished while it was met")
    has_rider, survey_id, is_anonymous, unit_id, valid_from, valid_to, _ = row[len(_FIELDS) :]
    reader = _reader(row[_PERSON_AT], unit_id, valid_from, valid_to) if unit_id else None
    return Meeting(message, _follower(row), at, bool(has_rider), survey_id, bool(is_anonymous), reader)


def _look(message: Inbound, app_id: str, name: str, opening: tuple[object, ...]) -> Sequence[Any] | None:
    who = (app_id, message.openid)
    parameters = (message.dedupe_key, *who) if name == "look" else (*opening, *who, message.dedupe_key)
    # All rows are fetched: SQLite does not commit under an unread cursor.
    row = next(iter(db.execute_sql(inbound_sql.statements(db.param)[name], parameters).fetchall()), None)
    if row is not None and row[-1]:
        raise _Repeat
    return row


def _opening(message: Inbound, at: datetime) -> tuple[str, tuple[object, ...]]:
    """Which statement reads the follower, and the window this message opens (contract §5)."""
    if message.menu_id or message.event in TAP_EVENTS:
        until = at + followers.TAP_WINDOW
        return "tap", (until, until, until, followers.TAP_WINDOW_SENDS)
    if message.msg_type != "event":
        until = at + followers.MESSAGE_WINDOW
        return "message", (at, until, at, followers.MESSAGE_WINDOW_SENDS, at, at)
    return "look", ()


_FIELDS = inbound_sql.FOLLOWER_FIELDS
_NAMES = [field.name for field in _FIELDS]  # by name: a field's == makes SQL and is always true
_FOLLOWING_AT = _NAMES.index("is_following")
_PERSON_AT = _NAMES.index("person")


def _follower(row: Sequence[Any]) -> Follower:
    # set at once and clean: a field at a time costs five times as much
    follower = Follower(__no_default__=True)
    follower.__data__ = {
        name: value if value is None or read is None else read(value)
        for (name, read), value in zip(_READ, row, strict=False)
    }
    return follower


def _reading(field: Field) -> Callable[[Any], Any] | None:
    """What makes a stored value one of the model's; None where it is one as it comes."""
    if isinstance(field, DateTimeField):  # SQLite gives text; peewee would try its formats one by one
        return lambda value: datetime.fromisoformat(value) if isinstance(value, str) else value
    return bool if isinstance(field, BooleanField) else None


_READ = [(field.name, _reading(field)) for field in _FIELDS]


def _reader(person_id: int, unit_id: int, valid_from: Any, valid_to: Any) -> Person:
    unit = MemberUnit(__no_default__=True, id=unit_id, valid_from=_day(valid_from), valid_to=_day(valid_to))
    return Person(__no_default__=True, id=person_id, member_unit=unit)


def _day(value: Any) -> Any:
    return date.fromisoformat(value) if isinstance(value, str) else value


def _keep(meeting: Meeting, answered: Answered) -> None:
    """Insert the message; raises _Repeat when its key is there already (or comes meanwhile)."""
    message, now = meeting.message, clock.utc_now()
    raw = seal(message.raw) if meeting.keeps_raw(answered) else None
    said = _stored(answered.text) if answered.kept is None else answered.kept
    listed = answered.listed
    cursor = db.execute_sql(
        inbound_sql.statements(db.param)["keep"],
        (
            now,
            message.dedupe_key,
            _id_of(meeting),
            _kind(message),
            answered.act[:60],
            answered.outcome.value,
            raw,
            None if said is None else seal(said.encode("utf-8", "replace")),
            None if listed is None else seal(listed.encode("utf-8", "replace")),
            now,
        ),
    )
    if cursor.rowcount == 0:
        raise _Repeat


def _stored(text: str | NewsArticle | None) -> str | None:
    if isinstance(text, NewsArticle):
        return CARD_MARK + json.dumps(astuple(text), ensure_ascii=False)
    return text


def _first_reply(message: Inbound, again: Callable[[Follower, str], str | None]) -> str | NewsArticle | None:
    first = InboundMessage.get(InboundMessage.dedupe_key == message.dedupe_key)
    reply, follower = first.reply, first.follower
    if reply is None or follower is None or reply.startswith(CARD_MARK):
        return reply if reply is None else reply_of(reply)
    return again(follower, reply)


def _kind(message: Inbound) -> str:
    return (f"event:{message.event}" if message.msg_type == "event" else message.msg_type)[:40]


def _id_of(meeting: Meeting) -> int | None:
    return meeting.follower.id if meeting.follower is not None else None
