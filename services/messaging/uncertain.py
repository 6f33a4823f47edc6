"""Deliveries that wait although a call for them may have gone.

A template whose answer never came, or whose worker died, is planned again to be repeated under
its key; a mass batch likewise under its clientmsgid. Until then nothing may say that it was not sent.
"""

from __future__ import annotations

from typing import Any

from peewee import Case

import clock
from models.base import db, is_sqlite
from models.messaging import Delivery, DeliveryStatus, MassBatch
from services.messaging.mass import MAY_HAVE_GONE

CALLED = (
    "INSERT INTO attempt (created_at, delivery_id, channel, at, outcome, errcode, msg_id, rid)"
    " SELECT ?, id, channel, first_called_at, 'unknown', 0, NULL, '' FROM delivery"
    " WHERE campaign_id = ? AND status = 'planned' AND first_called_at IS NOT NULL"
    " ON CONFLICT (delivery_id) WHERE outcome IN ('accepted', 'unknown') DO NOTHING"
)


def not_called() -> Any:
    """The condition on planned deliveries that no call for them may have gone."""
    gone = MassBatch.select(MassBatch.id).where(
        MassBatch.id == Delivery.batch, MassBatch.reason.in_(MAY_HAVE_GONE)
    )
    return Delivery.first_called_at.is_null() & (Delivery.batch.is_null() | Delivery.batch.not_in(gone))


def end(campaign_id: int) -> None:
    """Nothing of the campaign is repeated any more: who may have been sent to is unknown.

    Inside the caller's transaction.
    """
    now = clock.utc_now()
    db.execute_sql(CALLED if is_sqlite() else CALLED.replace("?", "%s"), (now, campaign_id))
    why = Case(None, [(Delivery.reason == "no_answer", "no_answer")], "lease_expired")
    Delivery.update(status=DeliveryStatus.UNKNOWN, reason=why, settled_at=now).where(
        Delivery.campaign == campaign_id,
        Delivery.status == DeliveryStatus.PLANNED,
        Delivery.first_called_at.is_null(False),
    ).execute()
