"""/_sandbox/crowd/survey: a crowd answers a needs survey in chat; the truth can be read back."""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

from . import phone_media, phones
from .clock import wait_at_most
from .habits import delay_in, delay_seconds
from .people import Person
from .survey_person import Answering
from .web import BadRequest, Request, route

CONCURRENCY = 16
# one red point, as a PNG
POINT = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de"
    "0000000c49444154789c63f8cfc0000003010100c9fe92ef0000000049454e44ae426082"
)


class Survey:
    """One run of a survey by many people."""

    def __init__(self, platform: Any, people: list[Person], body: dict[str, Any]) -> None:
        self._platform = platform
        self._is_doubled = bool(body.get("double"))
        self._start = body.get("start", "需求征集")
        self._concurrency = int(body.get("concurrency", CONCURRENCY))
        seed = str(body.get("seed", 1))
        self._start_at = platform.clock.now()
        minutes, spread = delay_in(body.get("delay"), "delay")
        self.delays = {
            person.openid: delay_seconds(random.Random(f"{seed} delay {person.openid}"), minutes * 60, spread)
            if minutes
            else 0.0
            for person in people
        }
        self._began = time.monotonic()
        self._ended: float | None = None
        rethinks = bool(body.get("rethinks", True))
        self.runs = {
            person.openid: Answering(
                person.openid, seed, self._voice(person), self._start, self._camera(person), rethinks
            )
            for person in people
        }
        for openid, run in self.runs.items():
            habit = platform.habits.of.get(openid)
            if habit is not None and habit.never_reads:
                run.state, run.reason = "silent", "never reads"
        self._people = people
        self.task: asyncio.Task[None] | None = None

    def _voice(self, person: Person) -> Any:
        async def say(content: str, menu_id: str | None) -> dict[str, Any]:
            return await phones.text(self._platform, person, content, menu_id, self._is_doubled)

        return say

    def _camera(self, person: Person) -> Any:
        async def show() -> dict[str, Any]:
            return await phone_media.send_picture(self._platform, person, POINT, "photo.png")

        return show

    async def run(self) -> None:
        """Everybody in the order of their delays, so many at one time."""
        waiting = [person for person in self._people if self.runs[person.openid].state == "waiting"]
        waiting.sort(key=lambda person: self.delays[person.openid])
        queue = iter(waiting)
        await asyncio.gather(*(self._work(queue) for _ in range(self._concurrency)))
        self._ended = time.monotonic()

    async def _work(self, queue: Iterator[Person]) -> None:
        for person in queue:
            while (due := self._start_at + self.delays[person.openid]) > self._platform.clock.now():
                await wait_at_most(self._platform.clock, due)
            await self._one(person)

    async def _one(self, person: Person) -> None:
        run = self.runs[person.openid]

        async def begin() -> dict[str, Any]:
            if isinstance(self._start, dict):
                return await phones.tap_menu(
                    self._platform, person, str(self._start["click"]), self._is_doubled
                )
            return await phones.text(self._platform, person, str(self._start), None, self._is_doubled)

        try:
            await run.run(begin)
        except BadRequest as error:
            run.state, run.reason = "stuck", str(error)

    def told(self) -> dict[str, Any]:
        runs = self.runs.values()
        stuck = [{"openid": run.openid, "reason": run.reason} for run in runs if run.state == "stuck"]
        return {
            "people": len(self.runs),
            "states": dict(Counter(run.state for run in runs)),
            "steps": sum(run.steps for run in runs),
            "went_back": sum(run.went_back for run in runs),
            "unequal_repeats": sum(run.unequal for run in runs),
            "seconds": round((self._ended or time.monotonic()) - self._began, 2),
            "finished": self._ended is not None,
            "stuck": stuck[:20],
        }


@route("POST", "/_sandbox/crowd/survey")
async def start(platform: Any, request: Request) -> Any:
    """{openids?, seed, concurrency, start: text | {"click": key}, delay: {median_minutes, spread}, double}

    Without openids all followers. The delay goes by the sandbox's clock; who never reads stays silent.
    """
    body = request.body
    if platform.survey is not None and not platform.survey.told()["finished"]:
        raise BadRequest("a survey is being answered; wait for it or stop it by DELETE")
    openids = body.get("openids", [person.openid for person in platform.people.followers()])
    if not isinstance(openids, list) or not openids or not all(isinstance(one, str) for one in openids):
        raise BadRequest("openids must be a list of openids")
    unknown = [openid for openid in openids if openid not in platform.people.by_openid]
    if unknown:
        raise BadRequest(f"nobody has the openid {unknown[0]}")
    concurrency = body.get("concurrency", CONCURRENCY)
    if isinstance(concurrency, bool) or not isinstance(concurrency, int) or concurrency < 1:
        raise BadRequest("concurrency must be a whole number from 1")
    begin = body.get("start", "需求征集")
    if not isinstance(begin, str) and not (isinstance(begin, dict) and isinstance(begin.get("click"), str)):
        raise BadRequest('start must be a text or {"click": key}')
    platform.survey = Survey(platform, [platform.people.by_openid[openid] for openid in openids], body)
    platform.survey.task = asyncio.create_task(platform.survey.run())
    return platform.survey.told()


def _survey(platform: Any) -> Survey:
    if platform.survey is None:
        raise BadRequest("no survey was started")
    found: Survey = platform.survey
    return found


@route("GET", "/_sandbox/crowd/survey")
async def progress(platform: Any, request: Request) -> Any:
    return _survey(platform).told()


@route("GET", "/_sandbox/crowd/survey/truth")
async def truth(platform: Any, request: Request) -> Any:
    """{openid: {question text: [option texts] | number | text}} of those who came to the thanks"""
    return {openid: run.meant for openid, run in _survey(platform).runs.items() if run.state == "done"}


@route("DELETE", "/_sandbox/crowd/survey")
async def stop(platform: Any, request: Request) -> Any:
    survey = _survey(platform)
    if survey.task is not None:
        survey.task.cancel()
    platform.survey = None
    return survey.told()
