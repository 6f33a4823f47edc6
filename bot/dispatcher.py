"""A message in, a reply text out: met, routed and kept by `services/inbound.py`.

The reply takes along what rides on it: a notice that waits for this follower's next
message and, during a survey, the offer to go on; never above 2,048 bytes. A survey's own
questions take nothing along.
"""

from __future__ import annotations

import logging
import traceback

from peewee import OperationalError

from bot import handlers
from bot.context import Context, Reply
from bot.router import on
from models.base import db
from services import binding_requests, inbound, staff_replies
from services.errors import DomainError
from services.inbound import Answered, Meeting
from services.messaging import riders
from services.surveys import chat_text, conversations
from wechat.inbound import Inbound
from wechat.replies import TEXT_REPLY_BYTES, NewsArticle
from wechat.texts import cut_to_bytes, escape

__all__ = ["answer", "handlers"]

log = logging.getLogger(__name__)

GAP = "\n——\n"
NEWS_BYTES = 1000  # a decision with its reason, at the longest


def answer(message: Inbound) -> str | NewsArticle | None:
    """The reply to a message or event, text or a card; None when nothing is to be said (`success`).

    A repeat gets the first reply again. Raises peewee's OperationalError when the
    database does not answer; then nothing was kept.
    """
    return inbound.once(message, _act, again=conversations.say_again)


def _act(meeting: Meeting) -> Answered:
    if meeting.follower is None:  # somebody never known leaves
        return Answered(None, "following.unknown_left")
    ctx = Context(meeting, meeting.follower)
    try:
        reply, act = on.answer(ctx)
    except DomainError as refusal:
        # each act is a transaction of its own: what was done before the refusal stays
        reply, act = Reply(escape(refusal.message)), f"refused.{refusal.code}"
    text = reply.text
    if isinstance(text, str):
        more = _more(ctx, reply, text) if reply.takes_more else ""
        text = cut_to_bytes(text + more, TEXT_REPLY_BYTES)
    return Answered(text, act, reply.outcome, reply.kept, reply.keeps_raw, reply.listed)


def _more(ctx: Context, reply: Reply, said: str) -> str:
    """What is appended to a reply; "" when there is nothing or no room."""
    room = TEXT_REPLY_BYTES - len(said.encode("utf-8", "replace"))
    offer = lines = ""
    if ctx.meeting.survey_id is not None and not reply.ends_survey:
        offer = GAP + chat_text.offer_to_go_on(ctx.meeting.survey_id)
        offer = offer if len(offer.encode()) <= room else ""
    budget = room - len(offer.encode()) - len(GAP.encode())
    if ctx.follower.binding_request is not None and budget > NEWS_BYTES:
        lines = escape(binding_requests.news(ctx.follower))
    if not lines and ctx.meeting.has_rider and budget > 0:
        lines = _riders(ctx, budget)
    return (GAP + lines if lines else "") + offer


def _riders(ctx: Context, budget: int) -> str:
    """What rides along, answers of our staff first; a fault in it never undoes what the member did."""
    try:
        with db.atomic():
            answers = staff_replies.offer(ctx.follower, budget_bytes=budget, at=ctx.at)
            left = budget - len(answers.encode()) - 1
            notices = riders.offer(ctx.follower, budget_bytes=left, at=ctx.at) if left > 0 else ""
            return "\n".join(filter(None, (answers, notices)))
    except OperationalError:
        raise
    except Exception as error:
        # not the error's own text: it may hold a row's values
        where = "".join(traceback.format_tb(error.__traceback__))
        log.error("riders of follower %s failed: %s\n%s", ctx.follower.id, type(error).__name__, where)
        return ""
