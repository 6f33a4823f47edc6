"""Mass sends: lists, everyone or a tag, previews (contract §8)."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Any

import orjson

from .customer_service import content_of
from .drafts import Draft
from .endpoints import Answer, Call, Rights, endpoint, object_in, optional_text, whole_in
from .errors import PlatformError
from .people import Person
from .xml import element

MEMORY = 24 * 3600
PER_PERSON_A_MONTH = 4
TO_ALL_A_MONTH = 4
IDEMPOTENCY_BYTES = 32


@dataclass(slots=True)
class Job:
    msg_id: int
    msg_data_id: int
    status: str = "SENDING"
    urls: list[str] = field(default_factory=list)


class Mass:
    def __init__(self) -> None:
        self.jobs: dict[int, Job] = {}
        self.own_ids: dict[str, tuple[int, float]] = {}
        self.last = 1_000_000_000
        self.last_data = 2_247_483_650
        self.speed = 0
        self.next_status = ""  # how the next job ends, set by a scenario
        self.by_name: dict[str, int] = {}  # day -> previews by WeChat id
        self.sent_to_all: dict[str, int] = {}  # day (subscription) or month (service) -> times

    def new_job(self, urls: list[str]) -> Job:
        self.last += 1
        self.last_data += 1
        job = self.jobs[self.last] = Job(self.last, self.last_data, urls=urls)
        return job

    def dump(self) -> dict[str, Any]:
        return {**vars(self), "jobs": list(self.jobs.values())}

    def load(self, kept: dict[str, Any]) -> None:
        vars(self).update(kept)
        self.jobs = {row["msg_id"]: Job(**row) for row in kept["jobs"]}
        self.own_ids = {key: (row[0], row[1]) for key, row in kept["own_ids"].items()}


@dataclass(slots=True)
class Content:
    kind: str
    body: dict[str, Any]
    name: str
    draft: Draft | None = None


def _content(platform: Any, body: dict[str, Any], is_preview: bool = False) -> Content:
    """What is to be sent. Raises 40008, 40007, 44004 …"""
    kind = body.get("msgtype")
    if kind == "text":
        text = optional_text(object_in(body, "text"), "content", 44004)
        if not text.strip():
            raise PlatformError(44004)
        shown = {"text": text}
        return Content("text", shown, content_of("text", shown))
    if kind == "mpnews":
        draft = platform.drafts.find(object_in(body, "mpnews").get("media_id"))
        shown = {"articles": platform.drafts.cards(draft)}
        return Content("news", shown, content_of("news", shown), draft)
    if kind == "wxcard":
        raise PlatformError(45113)
    if kind == "voice":
        media = object_in(body, "voice").get("media_id")
        shown = {"media_id": platform.materials.check_any(media, ("voice",), platform.clock.now())}
        return Content("voice", shown, content_of("voice", shown))
    if kind == "mpvideo":
        media = object_in(body, "mpvideo").get("media_id")
        shown = {"media_id": platform.materials.check_any(media, ("video",), platform.clock.now())}
        return Content("video", shown, content_of("video", shown))
    if kind in ("image", "images") and (kind == "image") == is_preview:
        part = object_in(body, kind)
        many = part.get("media_ids")
        media = part.get("media_id") if is_preview else many[0] if isinstance(many, list) and many else None
        shown = {"media_id": platform.materials.check_any(media, ("image",), platform.clock.now())}
        return Content("image", shown, content_of("image", shown))
    raise PlatformError(40008)


def _own_id(platform: Any, body: dict[str, Any], audience: Any, content: Content) -> str:
    """The idempotency key. Raises 45067, or 45065 with the msg_id of the earlier call."""
    key = optional_text(body, "clientmsgid")
    if len(key.encode()) > IDEMPOTENCY_BYTES:
        raise PlatformError(45067)
    if not key:
        told = orjson.dumps([audience, content.body], option=orjson.OPT_SORT_KEYS)
        key = "digest " + hashlib.sha256(told).hexdigest()
    earlier = platform.mass.own_ids.get(key)
    if earlier and platform.clock.now() - earlier[1] < MEMORY:
        raise PlatformError(45065, msg_id=earlier[0])
    return key


def _submit(platform: Any, own_id: str, content: Content, people: list[Person | None]) -> Answer:
    """Deliver to those who may receive it and report with MASSSENDJOBFINISH.

    People who refuse messages and, with a service account, those who had four this
    month are filtered in silence; None stands for an openid that is no follower.
    """
    now, month = platform.clock.now(), platform.clock.month()
    articles = content.body.get("articles", [])
    job = platform.mass.new_job([article["url"] for article in articles])
    platform.mass.own_ids[own_id] = (job.msg_id, now)
    is_capped = platform.options.kind == "service"
    sent = errors = 0
    status, platform.mass.next_status = platform.mass.next_status or "send success", ""
    for person in people if status == "send success" else []:
        if person is None or not person.is_following:
            errors += 1
        elif not person.is_blocking and not (is_capped and person.mass_received(month) >= PER_PERSON_A_MONTH):
            person.count_mass(month)
            platform.deliver(
                person, content.kind, {**content.body, "is_mass": True}, f"mass|{content.name}", now
            )
            sent += 1
    if content.draft is not None and status == "send success":
        platform.drafts.take(content.draft, now, platform.clock.day())
    platform.pushes.job_event(
        platform.editor_openid, "MASSSENDJOBFINISH", _report(job, status, len(people), sent, errors)
    )
    job.status = "SEND_SUCCESS" if status == "send success" else "SEND_FAIL"
    answer: Answer = {"errcode": 0, "errmsg": "send job submission success", "msg_id": job.msg_id}
    if articles:
        answer["msg_data_id"] = job.msg_data_id
    return answer


NO_COPYRIGHT_CASE = "<Count>0</Count><ResultList></ResultList><CheckState>0</CheckState>"


def _report(job: Job, status: str, total: int, sent: int, errors: int) -> str:
    items = "".join(
        f"<item>{element('ArticleIdx', index)}{element('ArticleUrl', url)}</item>"
        for index, url in enumerate(job.urls, 1)
    )
    urls = f"{element('Count', len(job.urls))}<ResultList>{items}</ResultList>"
    return (
        element("MsgID", job.msg_id)
        + element("Status", status)
        + element("TotalCount", total)
        + element("FilterCount", sent + errors)
        + element("SentCount", sent)
        + element("ErrorCount", errors)
        + f"<CopyrightCheckResult>{NO_COPYRIGHT_CASE}</CopyrightCheckResult>"
        + f"<ArticleUrlResult>{urls}</ArticleUrlResult>"
    )


@endpoint("POST", "/cgi-bin/message/mass/send", rights=Rights.SERVICE, daily=100, minute=60)
def send(platform: Any, call: Call) -> Answer:
    openids = call.body.get("touser")
    if not isinstance(openids, list) or len(openids) > 10_000:
        raise PlatformError(40032)
    if len(openids) < 2:
        raise PlatformError(40130)
    if not all(isinstance(openid, str) for openid in openids):
        raise PlatformError(40003)
    content = _content(platform, call.body)
    once = list(dict.fromkeys(openids))
    own_id = _own_id(platform, call.body, once, content)
    return _submit(platform, own_id, content, [platform.people.by_openid.get(openid) for openid in once])


@endpoint("POST", "/cgi-bin/message/mass/sendall", daily=100, minute=60)
def send_all(platform: Any, call: Call) -> Answer:
    chosen = object_in(call.body, "filter")
    is_to_all, tag = chosen.get("is_to_all"), chosen.get("tag_id")
    if not isinstance(is_to_all, bool):
        raise PlatformError(40035, "filter.is_to_all")
    number = int(tag) if isinstance(tag, int | str) and str(tag).isdecimal() else None
    if not is_to_all and number not in platform.tags.names:
        raise PlatformError(40152)
    content = _content(platform, call.body)
    own_id = _own_id(platform, call.body, [is_to_all, number], content)
    _use_slot(platform, is_to_all)
    people = [p for p in platform.people.followers() if is_to_all or number in p.tags]
    return _submit(platform, own_id, content, people)


def _use_slot(platform: Any, is_to_all: bool) -> None:
    """A subscription account has one call a day, a service account four to all a month: else 45028."""
    slots = platform.mass.sent_to_all
    if platform.options.kind == "subscription":
        period, allowed = platform.clock.day(), 1
    elif is_to_all:
        period, allowed = platform.clock.month(), TO_ALL_A_MONTH
    else:
        return
    if slots.get(period, 0) >= allowed:
        raise PlatformError(45028)
    slots[period] = slots.get(period, 0) + 1


PREVIEWS_BY_NAME = 100


def _preview_target(platform: Any, body: dict[str, Any]) -> Person:
    """By openid, or by WeChat id a hundred times a day. Raises 40003, 43004, 45009."""
    name = optional_text(body, "towxname")
    if not name:
        follower: Person = platform.people.follower(body.get("touser"))
        return follower
    person = platform.people.named(name)
    if person is None:
        raise PlatformError(40003)
    if not person.is_following:
        raise PlatformError(43004)
    by_name, day = platform.mass.by_name, platform.clock.day()
    if by_name.get(day, 0) >= PREVIEWS_BY_NAME:
        raise PlatformError(45009)
    platform.mass.by_name = {day: by_name.get(day, 0) + 1}
    found: Person = person
    return found


@endpoint("POST", "/cgi-bin/message/mass/preview")
def preview(platform: Any, call: Call) -> Answer:
    person = _preview_target(platform, call.body)
    content = _content(platform, call.body, is_preview=True)
    platform.deliver(
        person,
        content.kind,
        {**content.body, "is_preview": True},
        f"preview|{content.name}",
        platform.clock.now(),
    )
    platform.mass.last_data += 1
    return {"errcode": 0, "errmsg": "preview success", "msg_id": platform.mass.last_data % 100_000}


def _job(platform: Any, value: Any) -> Job:
    text = str(value) if isinstance(value, int | str) else ""
    job = platform.mass.jobs.get(int(text)) if text.isdecimal() and len(text) < 20 else None
    if job is None:
        raise PlatformError(40035, "msg_id")
    found: Job = job
    return found


@endpoint("POST", "/cgi-bin/message/mass/get", daily=10_000)
def get(platform: Any, call: Call) -> Answer:
    job = _job(platform, call.body.get("msg_id"))
    return {"msg_id": job.msg_id, "msg_status": job.status}


@endpoint("POST", "/cgi-bin/message/mass/delete", daily=100)
def delete(platform: Any, call: Call) -> Answer:
    """Kills the pages; the cards that were delivered stay (contract §8)."""
    url = optional_text(call.body, "url")
    jobs = (
        [job for job in platform.mass.jobs.values() if url in job.urls]
        if url
        else [_job(platform, call.body.get("msg_id"))]
    )
    index = call.body.get("article_idx", 0)
    if (
        not jobs
        or isinstance(index, bool)
        or not isinstance(index, int)
        or not 0 <= index <= len(jobs[0].urls)
    ):
        raise PlatformError(40035, "article_idx")
    for number, page in enumerate(jobs[0].urls, 1):
        if index in (0, number):
            platform.drafts.pages[page.rpartition("/")[2]]["is_deleted"] = True
    if index == 0:
        jobs[0].status = "DELETE"
    return {"errcode": 0, "errmsg": "ok"}


SPEEDS = (80, 60, 45, 30, 10)  # ten thousand a minute


@endpoint("GET|POST", "/cgi-bin/message/mass/speed/get")
def get_speed(platform: Any, call: Call) -> Answer:
    speed = platform.mass.speed
    return {"speed": speed, "realspeed": SPEEDS[speed]}


@endpoint("POST", "/cgi-bin/message/mass/speed/set")
def set_speed(platform: Any, call: Call) -> Answer:
    platform.mass.speed = whole_in(call.body, "speed", least=0, most=4, errcode=45083)
    return {"errcode": 0, "errmsg": "ok"}
