"""events_settled: result events a second, stored and joined to the ledger, in whatever order they come.

Of the deliveries half get their event before the call returned, a tenth get it twice, a twentieth
never; as many events again belong to nobody. Baseline: one bare UPDATE for each delivery.
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
from pathlib import Path

import clock
from benchmarks.campaigns import sample_campaign
from benchmarks.figures import Figure
from benchmarks.launch import DATABASE, REDIS_NUMBER
from benchmarks.processes import Measured, close_database, open_database
from benchmarks.sizes import Sizes
from demo import alliance
from demo.engine import EngineMissing, prepared
from models.base import db
from models.inbound import PlatformEvent
from models.messaging import Basis, Campaign, Channel, Delivery, DeliveryStatus
from models.people import Person, Topic
from services.messaging import events, ledger

BATCH = 2000
EVENT = (
    "INSERT INTO platform_event (created_at, dedupe_key, event, msg_id, status, body, received_at)"
    " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"
)
DELIVERY = (
    "INSERT INTO delivery (created_at, campaign_id, person_id, chunk, channel, basis, status, reason,"
    " refused_channels, msg_id, settled_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)


def measure(sizes: Sizes) -> list[Figure]:
    """Events settled a second, on SQLite and, where it answers, on PostgreSQL."""
    figures = [_on("sqlite", "", sizes.push_messages)]
    try:
        url, _ = prepared("postgresql", Path(), database=DATABASE, redis_number=REDIS_NUMBER)
    except EngineMissing:
        print("events_settled: PostgreSQL does not answer; SQLite only", file=sys.stderr)
    else:
        figures.append(_on("postgresql", url, sizes.push_messages))
    return figures


def _on(engine: str, url: str, size: int) -> Figure:
    with tempfile.TemporaryDirectory() as folder, Measured(Path(folder), database_url=url):
        open_database()
        alliance.load(people=size)
        bare = _bare(size)
        campaign = sample_campaign(Topic.LECTURE)
        numbers = list(range(size))
        random.Random(19).shuffle(numbers)
        early, late, missing = numbers[: size // 2], numbers[size // 2 : -(size // 20)], size // 20
        doubled = numbers[: size // 10]
        began = time.perf_counter()
        _store([*early, *range(size, 2 * size)], copy=0)  # theirs, and nobody's
        _deliver(campaign, size)
        _store(late, copy=0)
        _store(doubled, copy=1)
        stored = time.perf_counter() - began
        began = time.perf_counter()
        while events.settle():
            pass
        seconds = time.perf_counter() - began
        settled = size - missing + len(doubled)
        _check(campaign, size, missing)
        close_database()
    return Figure(
        "events_settled",
        settled / seconds,
        "events/s",
        "one bare UPDATE a delivery",
        settled / seconds / bare,
        engine,
        "the engine and one core of Python; with SQLite the breather of 20 ms after each batch",
        {"events": settled, "unmatched": size, "seconds": seconds, "prepared_s": stored},
    )


def _bare(size: int) -> float:
    """Deliveries a second by the barest UPDATE of each."""
    campaign = sample_campaign(Topic.LECTURE)
    _deliver(campaign, size)
    ids = [row.id for row in Delivery.select(Delivery.id).where(Delivery.campaign == campaign)]
    began = time.perf_counter()
    with db.atomic():
        ledger.many("UPDATE delivery SET status = 'delivered' WHERE id = ?", [(each,) for each in ids])
    seconds = time.perf_counter() - began
    with db.atomic():
        Delivery.delete().where(Delivery.campaign == campaign).execute()
    return size / seconds


def _store(numbers: list[int], *, copy: int) -> None:
    now = clock.utc_now()
    for start in range(0, len(numbers), BATCH):
        with db.atomic():
            ledger.many(
                EVENT,
                [
                    (now, f"m{each}-{copy}", events.TEMPLATE, f"m{each}", "success", "{}", now)
                    for each in numbers[start : start + BATCH]
                ],
            )


def _deliver(campaign: Campaign, size: int) -> None:
    now = clock.utc_now()
    people = Person.select(Person.id).where(Person.is_sample).order_by(Person.id).limit(size)
    told = (Channel.TEMPLATE_MESSAGE.value, Basis.OPT_IN.value, DeliveryStatus.ACCEPTED.value, "accepted", "")
    rows = [
        (now, campaign.id, person.id, number // 500, *told, f"m{number}", now)
        for number, person in enumerate(people)
    ]
    with db.atomic():
        ledger.many(DELIVERY, rows)


def _check(campaign: Campaign, size: int, missing: int) -> None:
    """Each event joined once, none lost. Raises RuntimeError."""
    delivered = Delivery.select().where(
        Delivery.campaign == campaign, Delivery.status == DeliveryStatus.DELIVERED
    )
    waiting = PlatformEvent.select().where(PlatformEvent.settled_at.is_null()).count()
    if (delivered.count(), waiting) != (size - missing, size):
        raise RuntimeError(f"{delivered.count()} of {size - missing} delivered, {waiting} events wait")
