"""The SQL of a message's hot path: two statements, written out.

Building them anew with the query builder costs more than executing them (320 of 406 µs
measured), and every message needs both. They are made of our own names and constants only.
"""

# ruff: noqa: S608

from __future__ import annotations

from functools import cache

from models.people import Follower

FOLLOWER_FIELDS = list(Follower._meta.sorted_fields)


@cache
def statements(param: str) -> dict[str, str]:
    """The statements by name, with the engine's placeholder.

    look, message, tap: read the follower with what is going on with them, the latter two open
    the window of a message or of a tap. keep: insert the message unless its key is there.
    """
    names = ", ".join(f"follower.{field.column_name}" for field in FOLLOWER_FIELDS)
    conversation = (
        "FROM conversation JOIN questionnaire ON questionnaire.id = conversation.questionnaire_id"
        " WHERE conversation.follower_id = follower.id AND NOT conversation.is_paused"
    )
    unit = (
        "FROM person JOIN member_unit ON member_unit.id = person.member_unit_id"
        " WHERE person.id = follower.person_id AND person.erased_at IS NULL"
    )
    told = (
        f"{names}, EXISTS (SELECT 1 FROM delivery WHERE delivery.person_id = follower.person_id"
        " AND delivery.channel = 'rider' AND delivery.status = 'planned')"  # the indexes' own words
        " OR EXISTS (SELECT 1 FROM staff_reply WHERE staff_reply.follower_id = follower.id"
        " AND staff_reply.status = 'waiting'),"
        f" (SELECT questionnaire.id {conversation}), (SELECT questionnaire.is_anonymous {conversation}),"
        f" (SELECT member_unit.id {unit}), (SELECT member_unit.valid_from {unit}),"
        f" (SELECT member_unit.valid_to {unit}),"
        " EXISTS (SELECT 1 FROM inbound_message WHERE inbound_message.dedupe_key = ?)"
    )
    who = "app_id = ? AND openid = ?"
    newer = "last_message_at IS NULL OR last_message_at <= ?"
    more = "window_until IS NULL OR window_until < ?"
    written = {
        "look": f"SELECT {told} FROM follower WHERE {who}",
        "message": f"UPDATE follower SET"
        f" window_until = CASE WHEN {newer} THEN ? ELSE window_until END,"
        f" window_left = CASE WHEN {newer} THEN ? ELSE window_left END,"
        f" last_message_at = CASE WHEN {newer} THEN ? ELSE last_message_at END"
        f" WHERE {who} RETURNING {told}",
        "tap": f"UPDATE follower SET"
        f" window_until = CASE WHEN {more} THEN ? ELSE window_until END,"
        f" window_left = CASE WHEN {more} THEN ? ELSE window_left END"
        f" WHERE {who} RETURNING {told}",
        "keep": "INSERT INTO inbound_message"
        " (created_at, dedupe_key, follower_id, kind, act, outcome, raw, reply, listed, received_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (dedupe_key) DO NOTHING",
    }
    return {name: sql.replace("?", param) for name, sql in written.items()}
