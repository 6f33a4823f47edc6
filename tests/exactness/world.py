"""What a run lives in: a database file, a WeChat with people, one campaign that is due."""

from __future__ import annotations

import os
import random
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request

import clock
import config
import models
from models.accounts import AccountRoleKind
from models.base import db
from models.messaging import (
    Basis,
    Campaign,
    CampaignStatus,
    ContentKind,
    Delivery,
    MassConfirmation,
    TemplateMapping,
)
from models.people import Follower, Person, SubscriptionConsent, Topic
from sandbox.testing import Sandbox, running_sandbox
from server import callback
from services import stopping, wechat_account
from services.messaging import contents
from tests.factories import make_account, make_activity, make_follower, make_opt_in, make_unit
from wechat.callbacks import Callbacks
from wechat.client import Timeouts

MONDAY = 1_795_404_000.0  # 10:00 in Shanghai on Monday 23 November 2026
KINDS = ("template", "window", "one_time", "mass", "both", "unfollowed", "blocked")
CONSENT = "ONE_NOTICE"
READ_SECONDS = 0.3  # how long a call is waited for; a slow platform answers after that


@dataclass
class World:
    """One run's surroundings. `restarts` counts how often our side died."""

    sandbox: Sandbox
    folder: Path
    environment: dict[str, str]
    dice: random.Random
    campaign: Campaign = field(init=False)
    audience: int = 0
    restarts: int = 0

    def populate(self, persons: int) -> None:
        """People of every kind on the phones and in the database, and a campaign about a lecture."""
        kinds = [*KINDS, "mass"] + [self.dice.choice(KINDS) for _ in range(persons - len(KINDS) - 1)]
        told = self.sandbox.post(
            "/_sandbox/people",
            {"people": [{"name": f"{kind}{n}"} for n, kind in enumerate(kinds)], "follow": "silently"},
        )
        unit = make_unit()
        with db.atomic():
            for kind, row in zip(kinds, told["people"], strict=True):
                self._member(kind, row["openid"], unit)
            TemplateMapping.create(
                name="讲座", template_id="TPL_LECTURE", title="讲座", basis=Basis.OPT_IN, topic=Topic.LECTURE,
                content_kind=ContentKind.ACTIVITY,
                fields={"thing1": "title", "time2": "starts_at", "thing3": "place", "name4": "speaker"},
            )  # fmt: skip
            author = make_account(AccountRoleKind.SECRETARIAT)
            self.campaign = Campaign.create(
                title="讲座通知", topic=Topic.LECTURE, content_kind=ContentKind.ACTIVITY,
                activity=make_activity(starts_at=clock.utc_now() + timedelta(days=7)),
                member_unit=author.member_unit, author=author, audience={"everyone": True},
                scheduled_at=clock.utc_now() + timedelta(seconds=20), status=CampaignStatus.SCHEDULED,
                quiet_hours_override="运行可在任何时候",
            )  # fmt: skip
            self.campaign.content_hash = contents.content_hash(self.campaign)
            self.campaign.save()
            MassConfirmation.create(
                campaign=self.campaign, account=make_account(AccountRoleKind.SECRETARIAT),
                content_hash=self.campaign.content_hash, at=clock.utc_now(),
            )  # fmt: skip
        self.audience = len(kinds)

    def _member(self, kind: str, openid: str, unit: Any) -> None:
        person = Person.create(name=kind, member_unit=unit)
        follower = make_follower(person=person, openid=openid)
        phone = self.sandbox.platform.people.by_openid[openid]
        if kind in ("template", "both", "unfollowed", "blocked"):
            make_opt_in(person)
        if kind in ("window", "both"):
            phone.open_window("message", self.sandbox.platform.clock.now())
            Follower.update(window_until=clock.utc_now() + timedelta(hours=40), window_left=5).where(
                Follower.id == follower.id
            ).execute()
        if kind == "one_time":
            phone.consents[f"{CONSENT}|1"] = 1
            SubscriptionConsent.create(
                follower=follower, template_id=CONSENT, scene=1, granted_at=clock.utc_now()
            )
        if kind == "unfollowed":
            phone.is_following = False  # in silence: the product still thinks so
        phone.is_blocking = kind == "blocked"

    def fresh(self) -> Campaign:
        found: Campaign = Campaign.get_by_id(self.campaign.id)
        return found

    def messages(self) -> dict[str, list[str]]:
        """Openid -> kinds of the messages that the account sent to this phone."""
        people = self.sandbox.platform.people.by_openid.values()
        return {p.openid: [m.kind for m in p.chat if m.by == "account"] for p in people}


@contextmanager
def world(dice: random.Random, *, persons: int, rate: float = 0.0, **options: Any) -> Iterator[World]:
    """A world of its own; settings and the bound database are those of before at the end.

    `rate` is that of the sandbox's clock, which the product reads: 0 holds it. The web process's
    part, which takes the events, is played by this process and never dies.
    """
    before, bound = dict(os.environ), models.db.obj
    with tempfile.TemporaryDirectory(prefix="exactness-") as name:
        folder = Path(name)
        shutil.copy(_prepared(), folder / "run.db")
        environment = {
            "DATABASE_URL": f"sqlite:///{folder / 'run.db'}",
            "REDIS_URL": "",
            "CLOCK_FILE": str(folder / "clock.json"),
            "SEND_CONNECTIONS": "10",
            "APP_ENV": "test",
        }
        os.environ.update(environment)
        config.settings.cache_clear()
        web = _web()
        with running_sandbox(
            callback=web, clock_file=environment["CLOCK_FILE"], mini="", **options
        ) as sandbox:
            sandbox.post("/_sandbox/clock", {"time": MONDAY, "rate": rate})
            os.environ["WECHAT_API_URL"] = environment["WECHAT_API_URL"] = sandbox.url
            config.settings.cache_clear()
            database = models.connect()
            made = World(sandbox, folder, environment, dice)
            try:
                database.connect()
                _begin()
                made.populate(persons)
                yield made
            finally:
                _end(database)
                os.environ.clear()
                os.environ.update(before)
                config.settings.cache_clear()
                if bound is not None:
                    models.db.initialize(bound)


def _begin() -> None:
    wechat_account.use_timeouts(Timeouts(1.0, READ_SECONDS))
    wechat_account.set_gateway(None)
    stopping.forget()


def _end(database: Any) -> None:
    wechat_account.gateway().close()
    wechat_account.set_gateway(None)
    wechat_account.use_timeouts(Timeouts())
    if not database.is_closed():
        database.close()


def _web() -> Any:
    """The product's callback as the web process answers it."""
    settings = config.settings()
    callbacks = Callbacks(
        token=settings.wechat_token,
        aes_key=settings.wechat_aes_key,
        app_id=settings.wechat_app_id,
        mode=settings.wechat_callback_mode,
    )

    def take(query: dict[str, str], body: bytes) -> tuple[int, bytes]:
        environ = EnvironBuilder(
            path=callback.ADDRESS, query_string=query, method="POST", data=body
        ).get_environ()
        answer = callback.respond(callbacks, Request(environ))
        if not db.is_closed():
            db.close()
        return int(answer.status[:3]), answer.body

    return take


@cache
def _prepared() -> Path:
    """A database file with all tables, made once a process."""
    folder = Path(tempfile.mkdtemp(prefix="exactness-prepared-"))
    bound = models.db.obj
    database = models.connect(f"sqlite:///{folder / 'empty.db'}")
    with database.connection_context():
        database.create_tables(models.TABLES)
    if bound is not None:
        models.db.initialize(bound)
    return folder / "empty.db"


def wait_for_events(sandbox: Sandbox, seconds: float = 20.0) -> None:
    """Until no job event is on its way."""
    ends = time.monotonic() + seconds
    while sandbox.platform.pushes.pending and time.monotonic() < ends:
        time.sleep(0.01)


def deliveries_of(made: World) -> list[Delivery]:
    """Each with its follower."""
    rows = Delivery.select(Delivery, Follower).join(Follower, on=(Delivery.follower == Follower.id))
    return list(rows.where(Delivery.campaign == made.campaign).order_by(Delivery.id))
