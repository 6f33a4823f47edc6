"""What a run lives in: a database file, a WeChat with people, one campaign that is due."""

from __future__ import annotations

import json
import os
import random
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request

import clock
import config
import models
from models.accounts import Account, AccountRoleKind
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
from tests.exactness.stores import store
from tests.factories import make_account, make_activity, make_follower, make_opt_in, make_unit
from wechat.callbacks import Callbacks
from wechat.client import Timeouts

MONDAY = 1_795_404_000.0  # 10:00 in Shanghai on Monday 23 November 2026
NOTICE = "通知"
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
    campaigns: list[Campaign] = field(default_factory=list)
    audience: int = 0
    restarts: int = 0

    def populate(self, persons: int, titles: Sequence[str]) -> None:
        """People of every kind on the phones and in the database, and a campaign for each lecture."""
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
            author, second = (make_account(AccountRoleKind.SECRETARIAT) for _ in range(2))
            self.campaigns = [_campaign(title, author, second) for title in titles]
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

    def fresh(self) -> list[Campaign]:
        """The campaigns as they stand now."""
        return list(Campaign.select().where(Campaign.id.in_(self.campaigns)).order_by(Campaign.id))

    def messages(self) -> dict[str, list[str]]:
        """Openid -> the messages that the account sent to this phone, each as JSON."""
        people = self.sandbox.platform.people.by_openid.values()
        return {
            p.openid: [json.dumps(m.body, ensure_ascii=False) for m in p.chat if m.by == "account"]
            for p in people
        }


def _campaign(title: str, author: Account, second: Account) -> Campaign:
    """A campaign about a lecture of this title, approved, its mass sends confirmed, due in a moment."""
    campaign: Campaign = Campaign.create(
        title=title + NOTICE, topic=Topic.LECTURE, content_kind=ContentKind.ACTIVITY,
        activity=make_activity(title=title, starts_at=clock.utc_now() + timedelta(days=7)),
        member_unit=author.member_unit, author=author, audience={"everyone": True},
        scheduled_at=clock.utc_now() + timedelta(seconds=20), status=CampaignStatus.SCHEDULED,
        quiet_hours_override="运行可在任何时候",
    )  # fmt: skip
    campaign.content_hash = contents.content_hash(campaign)
    campaign.save()
    MassConfirmation.create(
        campaign=campaign, account=second, content_hash=campaign.content_hash, at=clock.utc_now()
    )
    return campaign


@contextmanager
def world(
    dice: random.Random,
    *,
    persons: int,
    titles: Sequence[str],
    rate: float = 0.0,
    engine: str = "sqlite",
    **options: Any,
) -> Iterator[World]:
    """A world of its own; settings and the bound database are those of before at the end.

    `rate` is that of the sandbox's clock, which the product reads: 0 holds it. The web process's
    part, which takes the events, is played by this process and never dies.
    """
    before, bound = dict(os.environ), models.db.obj
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="exactness-")))
        database_url, redis_url = stack.enter_context(store(engine, folder))
        environment = {
            "DATABASE_URL": database_url,
            "REDIS_URL": redis_url,
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
                made.populate(persons, titles)
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


def wait_for_events(sandbox: Sandbox, seconds: float = 20.0) -> None:
    """Until no job event is on its way."""
    ends = time.monotonic() + seconds
    while sandbox.platform.pushes.pending and time.monotonic() < ends:
        time.sleep(0.01)


def lecture_of(campaign: Campaign) -> str:
    """The title of its lecture, which every message of it names."""
    return campaign.title.removesuffix(NOTICE)


def deliveries_of(campaign: Campaign) -> list[Delivery]:
    """Each with its person and follower."""
    rows = Delivery.select(Delivery, Person, Follower).join(Person).switch(Delivery)
    rows = rows.join(Follower, on=(Delivery.follower == Follower.id))
    return list(rows.where(Delivery.campaign == campaign).order_by(Delivery.id))
