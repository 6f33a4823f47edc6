"""The handlers by area. Importing this package registers every rule; their order is of no matter
except within one rank (router.py)."""

from bot.handlers import (
    activities,
    anything,
    bindings,
    check_ins,
    desk,
    e_journals,
    feedback,
    following,
    guide,
    mine,
    numbers,
    overview,
    reviews,
    search,
    sign_ups,
    surveys,
    topics,
)

__all__ = [
    "activities",
    "anything",
    "bindings",
    "check_ins",
    "desk",
    "e_journals",
    "feedback",
    "following",
    "guide",
    "mine",
    "numbers",
    "overview",
    "reviews",
    "search",
    "sign_ups",
    "surveys",
    "topics",
]
