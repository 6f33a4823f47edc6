"""push_template: a campaign of template messages by worker, clock and web process, as in production.

50 ms a call, result events on, ledger on. The rate is the ledger's own: messages ÷ (last outcome
written − first row claimed). Beside it, before the processes start: a loop over wechatpy's client.
"""

from __future__ import annotations

import tempfile
import time
from datetime import datetime
from pathlib import Path
from typing import Any

from peewee import fn
from wechatpy import WeChatClient

import clock
import config
from benchmarks.campaigns import sample_campaign
from benchmarks.figures import Figure
from benchmarks.processes import Measured, close_database, open_database
from benchmarks.sizes import Sizes
from demo import alliance, crowd
from demo.local_wechat import LocalWeChat, wait_until
from models.messaging import Attempt, AttemptOutcome, Campaign, Channel, Delivery, DeliveryStatus
from models.people import Follower, Person, Topic, TopicOptIn
from services.messaging import launch

LATENCY_MS = 50
CONNECTIONS = 200
WIDER = 400
CROWD_BATCH = 10_000
PATIENCE_SECONDS = 600
STOP_SECONDS = 40


def template(sizes: Sizes) -> list[Figure]:
    """Messages a second over 200 connections, and over 400."""
    with tempfile.TemporaryDirectory() as name, Measured(Path(name)) as processes:
        processes.start_sandbox_with(latency_ms=LATENCY_MS, pushes=True)
        wechat = LocalWeChat(processes.sandbox_url)
        openids = _subscribers(sizes.push_messages, wechat)
        loop = _loop(processes.sandbox_url, openids[: sizes.loop_calls])
        web = processes.web_port
        processes.start_granian("web", "benchmarks.web:create_app", port=web, ready="/readyz")
        rates: dict[int, float] = {}
        told: dict[str, float] = {}
        for connections in (CONNECTIONS, WIDER):
            processes.environment["SEND_CONNECTIONS"] = str(connections)
            rates[connections], cpu, settled = _push(processes, wechat, len(openids))
            told |= {f"cpu_{who}_{connections}": seconds for who, seconds in cpu.items()}
            told[f"events_settled_s_{connections}"] = settled
        close_database()
    return [_figure(rates, loop, told)]


def _figure(rates: dict[int, float], loop: float, told: dict[str, float]) -> Figure:
    limit = 1000 / LATENCY_MS
    return Figure(
        "push_template",
        rates[CONNECTIONS],
        "messages/s",
        "a loop over wechatpy's client",
        rates[CONNECTIONS] / loop,
        "sqlite",
        "CPU: sandbox, worker and web (for the events) share the machine's cores",
        {
            "limit_share": rates[CONNECTIONS] / (CONNECTIONS * limit),
            "loop_ratio": rates[CONNECTIONS] / loop,
            "loop_per_s": loop,
            f"per_s_{WIDER}": rates[WIDER],
            f"limit_share_{WIDER}": rates[WIDER] / (WIDER * limit),
            **told,
        },
    )


def _subscribers(count: int, wechat: LocalWeChat) -> list[str]:
    """Members who follow and opted in to lectures, with no window open: a template is their channel."""
    open_database()
    alliance.load(people=0)
    openids = [state.openid for state in crowd.fill(count)]
    Follower.update(is_following=True, window_until=None, window_left=0).execute()
    TopicOptIn.delete().execute()
    now = clock.utc_now()
    values = [Person.id, Topic.LECTURE.value, True, now, "bench", now]
    fields = [TopicOptIn.person, TopicOptIn.topic, TopicOptIn.is_on, TopicOptIn.changed_at]
    TopicOptIn.insert_from(
        Person.select(*values).where(Person.is_sample), [*fields, TopicOptIn.source, TopicOptIn.created_at]
    ).execute()
    for start in range(0, len(openids), CROWD_BATCH):
        wechat.post("/_sandbox/crowd", {"members": openids[start : start + CROWD_BATCH]})
    return openids


def _loop(url: str, openids: list[str]) -> float:
    """Calls a second, one after the other, as most accounts' scripts do it."""
    settings = config.settings()

    class Client(WeChatClient):
        API_BASE_URL = f"{url}/cgi-bin/"

    client: Any = Client(settings.wechat_app_id, settings.wechat_app_secret)
    client.session.set(client.access_token_key, access_token(LocalWeChat(url)))
    client.expires_at = int(time.time()) + 7200
    values = {"thing1": "测速", "time2": "2026年11月23日 14:00", "thing3": "报告厅", "name4": "陈明远"}
    data = {field: {"value": value} for field, value in values.items()}
    began = time.perf_counter()
    for openid in openids:
        client.message.send_template(openid, "TPL_LECTURE", data)
    return len(openids) / (time.perf_counter() - began)


def access_token(wechat: LocalWeChat) -> str:
    settings = config.settings()
    asked = {
        "grant_type": "client_credential",
        "appid": settings.wechat_app_id,
        "secret": settings.wechat_app_secret,
    }
    return str(wechat.post("/cgi-bin/stable_token", asked)["access_token"])


def _push(processes: Measured, wechat: LocalWeChat, people: int) -> tuple[float, dict[str, float], float]:
    """The rate, the CPU seconds of each process and the seconds until every event was settled."""
    campaign = sample_campaign(Topic.LECTURE)
    launch.launch(campaign.id)
    planned = _count(campaign, Delivery.channel == Channel.TEMPLATE_MESSAGE)
    if planned != people:
        raise RuntimeError(f"{planned} of {people} are planned by template")
    before = {who: processes.cpu_seconds(who) for who in ("sandbox", "web")}
    processes.start("worker")
    processes.start("clock")
    wait_until(lambda: _count(campaign, _open()) == 0, PATIENCE_SECONDS, "not everything was sent", every=0.5)
    cpu = {who: processes.cpu_seconds(who) - before.get(who, 0.0) for who in ("sandbox", "web", "worker")}
    began, ended = _span(campaign)
    wechat.wait_for_events(PATIENCE_SECONDS)
    undecided = Delivery.status == DeliveryStatus.ACCEPTED
    wait_until(lambda: not _count(campaign, undecided), PATIENCE_SECONDS, "no result came", every=0.5)
    settled = Delivery.select(fn.MAX(Delivery.settled_at)).where(Delivery.campaign == campaign).scalar()
    _check(campaign, people)
    processes.end("worker", STOP_SECONDS)
    processes.end("clock", STOP_SECONDS)
    return people / (ended - began).total_seconds(), cpu, (settled - began).total_seconds()


def _open() -> Any:
    return Delivery.status.in_([DeliveryStatus.PLANNED, DeliveryStatus.CLAIMED])


def _count(campaign: Campaign, *where: Any) -> int:
    return int(Delivery.select().where(Delivery.campaign == campaign, *where).count())


def _span(campaign: Campaign) -> tuple[datetime, datetime]:
    mine = Delivery.campaign == campaign
    began = Delivery.select(fn.MIN(Delivery.first_called_at)).where(mine).scalar()
    ended = Attempt.select(fn.MAX(Attempt.at)).join(Delivery).where(mine).scalar()
    return began, ended


def _check(campaign: Campaign, people: int) -> None:
    """One accepted attempt each, and each told delivered."""
    delivered = _count(campaign, Delivery.status == DeliveryStatus.DELIVERED)
    attempts = (
        Attempt.select()
        .join(Delivery)
        .where(Delivery.campaign == campaign, Attempt.outcome == AttemptOutcome.ACCEPTED)
    )
    if (delivered, attempts.count()) != (people, people):
        raise RuntimeError(f"{delivered} delivered, {attempts.count()} accepted, of {people}")
