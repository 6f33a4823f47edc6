"""Followers (关注者): an openid follows, leaves, comes back, and opens windows by what it does.

The windows are those of contract §5; a tap on a menu never shortens the window of a message.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import clock
from models.base import db
from models.people import Follower, FollowPeriod, Person
from services import binding_requests

MESSAGE_WINDOW = timedelta(hours=48)
MESSAGE_WINDOW_SENDS = 5
TAP_WINDOW = timedelta(minutes=1)
TAP_WINDOW_SENDS = 3


def known(app_id: str, openid: str) -> Follower | None:
    """The follower with the person already joined; one statement."""
    return (
        Follower.select(Follower, Person)
        .left_outer_join(Person)
        .where(Follower.app_id == app_id, Follower.openid == openid)
        .first()
    )


def recognise(app_id: str, openid: str, *, at: datetime) -> Follower:
    """The follower, made when it is new: it followed before we were connected to the account."""
    found = known(app_id, openid)
    return found if found is not None else followed(app_id, openid, scene="unknown", at=at)


def followed(app_id: str, openid: str, *, scene: str = "", at: datetime) -> Follower:
    """Record a follow; a second report of the same follow changes nothing."""
    with db.atomic():
        new = {"app_id": app_id, "openid": openid, "is_following": False, "created_at": at}
        Follower.insert(**new).on_conflict_ignore().execute()
        follower = known(app_id, openid)
        if follower is None:  # another process deleted it between the two statements
            raise RuntimeError("follower vanished while it was recorded")
        if follower.is_following or _left_after(follower, at):
            return follower
        FollowPeriod.create(follower=follower, followed_at=at, scene=scene[:80])
        follower.is_following = True
        follower.window_until = at + TAP_WINDOW
        follower.window_left = TAP_WINDOW_SENDS
        follower.save(only=[Follower.is_following, Follower.window_until, Follower.window_left])
        return follower


def unfollowed(app_id: str, openid: str, *, at: datetime) -> Follower | None:
    """Record that the openid left; None when it was never known.

    The binding stays: the same openid comes back after a new follow. A late report
    of leaving, older than the present follow, changes nothing.
    """
    with db.atomic():
        follower = known(app_id, openid)
        if follower is None:
            return None
        ended = (
            FollowPeriod.update(unfollowed_at=at)
            .where(
                FollowPeriod.follower == follower,
                FollowPeriod.unfollowed_at.is_null(),
                FollowPeriod.followed_at <= at,
            )
            .execute()
        )
        if ended:
            follower.is_following = False
            follower.window_until = None
            follower.window_left = 0
            follower.pending_invite_code = None
            follower.save(
                only=[
                    Follower.is_following,
                    Follower.window_until,
                    Follower.window_left,
                    Follower.pending_invite_code,
                ]
            )
            binding_requests.left(follower)
        return follower


def seen(follower: Follower, *, at: datetime) -> None:
    """A message came: 48 hours and five window messages from `at` on. One statement.

    A message older than the last one seen changes nothing.
    """
    opened = {
        "last_message_at": at,
        "window_until": at + MESSAGE_WINDOW,
        "window_left": MESSAGE_WINDOW_SENDS,
    }
    is_newer = Follower.last_message_at.is_null() | (Follower.last_message_at <= at)
    if Follower.update(**opened).where(Follower.id == follower.id, is_newer).execute():
        follower.last_message_at = at
        follower.window_until = at + MESSAGE_WINDOW
        follower.window_left = MESSAGE_WINDOW_SENDS


def tapped(follower: Follower, *, at: datetime) -> None:
    """A menu (or a chat option) was tapped: one minute, three messages, unless more is open."""
    until = at + TAP_WINDOW
    is_more = Follower.window_until.is_null() | (Follower.window_until < until)
    opened = {"window_until": until, "window_left": TAP_WINDOW_SENDS}
    if Follower.update(**opened).where(Follower.id == follower.id, is_more).execute():
        follower.window_until = until
        follower.window_left = TAP_WINDOW_SENDS


def spend_window(follower_id: int) -> bool:
    """Take one window message; False when the window is shut or used up."""
    return bool(
        Follower.update(window_left=Follower.window_left - 1)
        .where(
            Follower.id == follower_id,
            Follower.is_following == True,  # noqa: E712 - SQL, not Python
            Follower.window_left > 0,
            Follower.window_until > clock.utc_now(),
        )
        .execute()
    )


def member_of(follower: Follower) -> Person | None:
    """The person behind a bound follower; None for a mere follower or an erased person."""
    person = follower.person
    return person if person is not None and person.erased_at is None else None


def _left_after(follower: Follower, at: datetime) -> bool:
    """A leave later than this follow is already known: the report of the follow is late."""
    return (
        FollowPeriod.select()
        .where(FollowPeriod.follower == follower, FollowPeriod.unfollowed_at > at)
        .exists()
    )
