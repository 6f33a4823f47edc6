"""A worker killed at any instant: its leases end, the rest goes out, nobody is lost or doubled."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

import clock
import config
import models
from models.accounts import AccountRoleKind
from models.messaging import (
    Attempt,
    AttemptOutcome,
    Basis,
    Campaign,
    CampaignStatus,
    Channel,
    ContentKind,
    Delivery,
    DeliveryStatus,
    MassConfirmation,
    TemplateMapping,
)
from models.operations import Lease
from models.people import Follower, Person, SubscriptionConsent, Topic
from sandbox.testing import Sandbox, running_sandbox
from services import wechat_account
from services.messaging import campaigns, contents, deliveries, launch, mass_sending, results
from tests.factories import make_account, make_activity, make_follower, make_opt_in, make_unit

pytestmark = pytest.mark.serial
KILLS = 6
MEMBERS = {"template": 500, "window": 160, "one_time": 40, "mass": 60}


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Sandbox, dict[str, str]]]:
    """A database file of its own, a slow WeChat, one clock for both; the environment of a worker."""
    clock_file = str(tmp_path / "clock.json")
    with running_sandbox(latency_ms=15.0, clock_file=clock_file) as sandbox:
        environment = {
            "DATABASE_URL": f"sqlite:///{tmp_path / 'crash.db'}",
            "CLOCK_FILE": clock_file,
            "WECHAT_API_URL": sandbox.url,
            "SEND_CONNECTIONS": "10",
            "APP_ENV": "test",
        }
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        config.settings.cache_clear()
        before = models.db.obj
        database = models.connect()
        wechat_account.set_gateway(None)
        try:
            with database.connection_context():
                database.create_tables(models.TABLES)
                yield sandbox, environment
        finally:
            wechat_account.gateway().close()
            wechat_account.set_gateway(None)
            if before is not None:
                models.db.initialize(before)
            monkeypatch.undo()
            config.settings.cache_clear()


def populate(sandbox: Sandbox) -> Campaign:
    """Members on the phones and in the database, and a campaign that is due."""
    now = clock.utc_now()
    unit = make_unit()
    with models.db.atomic():
        for kind, number in MEMBERS.items():
            told = sandbox.post(
                "/_sandbox/people",
                {"people": [{"name": f"{kind}{n}"} for n in range(number)], "follow": "silently"},
            )
            for row in told["people"]:
                _member(sandbox, kind, row["openid"], unit)
    for name, basis, template in (("讲座", Basis.OPT_IN, "TPL_LECTURE"),):
        TemplateMapping.create(
            name=name, template_id=template, title=name, basis=basis, topic=Topic.LECTURE,
            content_kind=ContentKind.ACTIVITY,
            fields={"thing1": "title", "time2": "starts_at", "thing3": "place", "name4": "speaker"},
        )  # fmt: skip
    author = make_account(AccountRoleKind.SECRETARIAT)
    campaign = Campaign.create(
        title="讲座通知", topic=Topic.LECTURE, content_kind=ContentKind.ACTIVITY, activity=make_activity(),
        member_unit=author.member_unit, author=author, audience={"everyone": True}, scheduled_at=now,
        status=CampaignStatus.SCHEDULED, quiet_hours_override="测试须随时能跑",
    )  # fmt: skip
    campaign.content_hash = contents.content_hash(campaign)
    campaign.save()
    MassConfirmation.create(campaign=campaign, account=author, content_hash=campaign.content_hash, at=now)
    return campaign


def _member(sandbox: Sandbox, kind: str, openid: str, unit: object) -> None:
    person = Person.create(name=kind, member_unit=unit)
    follower = make_follower(person=person, openid=openid)
    on_phone = sandbox.platform.people.by_openid[openid]
    if kind == "template":
        make_opt_in(person)
    if kind == "window":
        on_phone.open_window("message", sandbox.platform.clock.now())
        Follower.update(window_until=clock.utc_now() + timedelta(hours=40), window_left=5).where(
            Follower.id == follower.id
        ).execute()
    if kind == "one_time":
        on_phone.consents["ONE_NOTICE|1"] = 1
        SubscriptionConsent.create(
            follower=follower, template_id="ONE_NOTICE", scene=1, granted_at=clock.utc_now()
        )


def run_and_kill(environment: dict[str, str], seconds: float) -> bool:
    """Start a worker and kill it without warning; False when it had ended by itself."""
    worker = subprocess.Popen(
        [sys.executable, "-m", "tests.services.messaging.crash_worker"],
        cwd=config.ROOT,
        env=os.environ | environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert worker.stdout is not None
    assert worker.stdout.readline() == "ready\n"
    time.sleep(seconds)
    was_running = worker.poll() is None
    if was_running:
        worker.send_signal(signal.SIGKILL)
    worker.wait()
    worker.stdout.close()
    return was_running


def finish(sandbox: Sandbox) -> None:
    """What the sweeps and a living worker do afterwards."""
    Lease.delete().execute()  # a killed launch holds its lease for a minute of real time
    for _ in range(20):
        sandbox.advance(200)
        deliveries.free_expired()
        mass_sending.free_expired()
        launch.launch_due()
        for campaign_id, chunk in deliveries.due_chunks():
            deliveries.send_chunk(campaign_id, chunk, wechat=wechat_account.gateway())
        for batch_id in mass_sending.due_batches():
            mass_sending.send_mass_batch(batch_id, wechat=wechat_account.gateway())
        if results.finish_done():
            return
    raise AssertionError("the campaign did not come to its end")


def test_nobody_is_lost_or_doubled(machine: tuple[Sandbox, dict[str, str]]) -> None:
    sandbox, environment = machine
    campaign = populate(sandbox)
    dice = random.Random(20261123)

    killed = sum(run_and_kill(environment, dice.uniform(0.02, 0.35)) for _ in range(KILLS))
    finish(sandbox)

    assert killed >= 3
    assert (
        Delivery.select().count() == sum(MEMBERS.values()) == sum(c.persons for c in results.counts(campaign))
    )
    rows = Delivery.select(Delivery, Follower).join(Follower)
    seen = {
        row.id: [b["kind"] for b in sandbox.chat(row.follower.openid) if b["by"] == "account"] for row in rows
    }
    for row in rows:
        count = len(seen[row.id])
        assert count <= 1, (row.id, row.channel, row.status, seen[row.id])
        assert row.status in (DeliveryStatus.ACCEPTED, DeliveryStatus.UNKNOWN), (
            row.id,
            row.status,
            row.reason,
        )
        if row.status is DeliveryStatus.ACCEPTED:
            assert count == 1, (row.id, row.channel)
    unknown = Delivery.select().where(Delivery.status == DeliveryStatus.UNKNOWN)
    assert {row.channel for row in unknown} <= {Channel.WINDOW_MESSAGE, Channel.ONE_TIME_SUBSCRIPTION}
    assert unknown.count() <= killed * deliveries.KEYLESS_CLAIM
    once = Attempt.select().where(Attempt.outcome.in_([AttemptOutcome.ACCEPTED, AttemptOutcome.UNKNOWN]))
    assert once.count() == Delivery.select().count()


def test_a_kill_during_the_launch_freezes_everybody_once(machine: tuple[Sandbox, dict[str, str]]) -> None:
    sandbox, environment = machine
    campaign = populate(sandbox)
    assert launch._started(campaign)
    assert launch.freeze_step(campaign, step=100)

    run_and_kill(environment, 0.0)
    Lease.delete().execute()  # as after a minute
    launch.launch_due()
    campaigns.pause(Campaign.get_by_id(campaign.id), actor=None)

    assert Delivery.select().where(Delivery.campaign == campaign).count() == sum(MEMBERS.values())
