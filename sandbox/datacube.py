"""Figures of past days, counted from what really happened here (contract §13)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from .endpoints import Answer, Call, endpoint
from .errors import PlatformError

READY_HOUR = 8  # yesterday's figures come at about this hour, Asia/Shanghai
SOURCES = {"ADD_SCENE_SEARCH": 1, "ADD_SCENE_QR_CODE": 30, "ADD_SCENE_PROFILE_CARD": 17}
KINDS = {"text": 1, "image": 2, "voice": 3, "video": 4, "location": 5, "link": 6}
INTERVALS = ((5, 1), (10, 2), (10**9, 3))  # messages of one person -> count_interval
KEPT_DAYS = 100


@dataclass(slots=True)
class Day:
    new: dict[int, int] = field(default_factory=dict)  # user_source -> people
    cancelled: int = 0
    reads: dict[str, dict[str, int]] = field(default_factory=dict)  # page -> openid -> times
    said: dict[str, dict[str, int]] = field(default_factory=dict)  # msg_type -> openid -> messages
    callbacks: list[float] = field(default_factory=lambda: [0, 0, 0.0, 0.0])  # count, fails, ms, longest


class Datacube:
    """`ready_hour` is moved by a scenario."""

    def __init__(self) -> None:
        self.days: dict[str, Day] = {}
        self.ready_hour = READY_HOUR

    def day(self, name: str) -> Day:
        found = self.days.get(name)
        if found is None:
            found = self.days[name] = Day()
            while len(self.days) > KEPT_DAYS:
                del self.days[min(self.days)]
        return found

    def followed(self, name: str, scene: str) -> None:
        new = self.day(name).new
        source = SOURCES.get(scene, 0)
        new[source] = new.get(source, 0) + 1

    def read(self, name: str, page: str, openid: str) -> None:
        rows = self.day(name).reads.setdefault(page, {})
        rows[openid] = rows.get(openid, 0) + 1

    def said(self, name: str, kind: str, openid: str) -> None:
        rows = self.day(name).said.setdefault(kind, {})
        rows[openid] = rows.get(openid, 0) + 1

    def called_back(self, name: str, has_failed: bool, milliseconds: float) -> None:
        row = self.day(name).callbacks
        row[0] += 1
        row[1] += has_failed
        row[2] += milliseconds
        row[3] = max(row[3], milliseconds)

    def dump(self) -> dict[str, Any]:
        return {"days": self.days, "ready_hour": self.ready_hour}

    def load(self, kept: dict[str, Any]) -> None:
        self.ready_hour = kept["ready_hour"]
        for name, row in kept["days"].items():
            row["new"] = {int(source): count for source, count in row["new"].items()}
            self.days[name] = Day(**row)


def _date(body: dict[str, Any], name: str) -> date:
    told = body.get(name)
    try:
        if not isinstance(told, str) or len(told) != 10:
            raise ValueError(name)
        return date.fromisoformat(told)
    except ValueError as error:
        raise PlatformError(61500) from error


def _span(platform: Any, body: dict[str, Any], longest: int) -> list[str]:
    """The days asked for. Raises 61500, 61501, 61503."""
    begin, end = _date(body, "begin_date"), _date(body, "end_date")
    today = date.fromisoformat(platform.clock.day())
    if begin > end or (end - begin).days >= longest or end >= today:
        raise PlatformError(61501)
    if end == today - timedelta(days=1) and platform.clock.hour() < platform.datacube.ready_hour:
        raise PlatformError(61503)
    return [(begin + timedelta(days=step)).isoformat() for step in range((end - begin).days + 1)]


Rows = Callable[[Any, str], list[dict[str, Any]]]


def _figures(path: str, longest: int, rows: Rows, **more: Any) -> None:
    """Declare one interface: its path, its longest span, its rows of a day."""

    @endpoint("POST", f"/datacube/{path}")
    def act(platform: Any, call: Call) -> Answer:
        days = _span(platform, call.body, longest)
        return {**more, "list": [row for name in days for row in rows(platform, name)]}


def _day(platform: Any, name: str) -> Day:
    found: Day = platform.datacube.days.get(name) or Day()
    return found


def _summary(platform: Any, name: str) -> list[dict[str, Any]]:
    day = _day(platform, name)
    rows = [
        {"ref_date": name, "user_source": source, "new_user": count, "cancel_user": 0}
        for source, count in sorted(day.new.items())
    ]
    if day.cancelled:
        rows.append({"ref_date": name, "user_source": 0, "new_user": 0, "cancel_user": day.cancelled})
    return rows


def _cumulated(platform: Any, name: str) -> list[dict[str, Any]]:
    """Followers at the day's end: today's, less what came later."""
    later = [day for other, day in platform.datacube.days.items() if other > name]
    change = sum(sum(day.new.values()) - day.cancelled for day in later)
    count = max(len(platform.people.followers()) - change, 0)
    return [{"ref_date": name, "user_source": 0, "cumulate_user": count}]


def _pages(platform: Any, name: str) -> list[tuple[str, dict[str, Any], dict[str, int]]]:
    """(msgid, page, readers) of each article read on this day."""
    found = []
    for number, readers in _day(platform, name).reads.items():
        page = platform.drafts.pages.get(number)
        if page is not None:
            draft, _, index = number.partition("-")
            found.append((f"{2_247_483_650 + int(draft)}_{index}", page, readers))
    return found


def _reads(readers: dict[str, int]) -> dict[str, int]:
    users, times = len(readers), sum(readers.values())
    counts = {"int_page_read_user": users, "int_page_read_count": times}
    names = ("ori_page_read", "share", "add_to_fav")
    return counts | {f"{word}_{what}": 0 for word in names for what in ("user", "count")}


def _articles(platform: Any, name: str) -> list[dict[str, Any]]:
    return [
        {"ref_date": name, "msgid": msgid, "title": page["title"], **_reads(readers)}
        for msgid, page, readers in _pages(platform, name)
    ]


def _totals(platform: Any, name: str) -> list[dict[str, Any]]:
    targets = len(platform.people.followers())
    return [
        {
            "ref_date": name,
            "msgid": msgid,
            "title": page["title"],
            "details": [{"stat_date": name, "target_user": targets, **_reads(readers)}],
        }
        for msgid, page, readers in _pages(platform, name)
    ]


def _all_reads(platform: Any, name: str) -> dict[str, int]:
    together: dict[str, int] = {}
    for _, _, readers in _pages(platform, name):
        for openid, times in readers.items():
            together[openid] = together.get(openid, 0) + times
    return together


def _user_read(platform: Any, name: str) -> list[dict[str, Any]]:
    return [{"ref_date": name, "user_source": 99999999, **_reads(_all_reads(platform, name))}]


def _new_reads(platform: Any, name: str) -> list[dict[str, Any]]:
    return [
        {
            "ref_date": name,
            "msgid": msgid,
            "detail": {
                "read_user": len(readers),
                "read_user_source": [{"user_count": len(readers), "scene_desc": "公众号消息"}],
            },
        }
        for msgid, _, readers in _pages(platform, name)
    ]


def _new_shares(platform: Any, name: str) -> list[dict[str, Any]]:
    return [
        {"ref_date": name, "msgid": msgid, "detail": {"share_user": 0}}
        for msgid, _, _ in _pages(platform, name)
    ]


def _new_totals(platform: Any, name: str) -> list[dict[str, Any]]:
    zeros = dict.fromkeys(("zaikan_user", "like_user", "comment_count", "collection_user"), 0)
    return [
        {
            "ref_date": name,
            "msgid": msgid,
            "detail_list": [{"stat_date": name, "read_user": len(readers), **zeros, "read_finish_rate": 1.0}],
        }
        for msgid, _, readers in _pages(platform, name)
    ]


def _account(platform: Any, name: str) -> list[dict[str, Any]]:
    sent = sum(str(page.get("sent_on", "")) == name for page in platform.drafts.pages.values())
    readers = _all_reads(platform, name)
    return [{"ref_date": name, "read_user": len(readers), "share_user": 0, "send_page_count": sent}]


def _upstream(platform: Any, name: str) -> list[dict[str, Any]]:
    return [
        {
            "ref_date": name,
            "msg_type": KINDS.get(kind, 1),
            "msg_user": len(people),
            "msg_count": sum(people.values()),
        }
        for kind, people in sorted(_day(platform, name).said.items())
    ]


def _distribution(platform: Any, name: str) -> list[dict[str, Any]]:
    each: dict[str, int] = {}
    for people in _day(platform, name).said.values():
        for openid, times in people.items():
            each[openid] = each.get(openid, 0) + times
    told: dict[int, int] = {}
    for times in each.values():
        interval = next(number for most, number in INTERVALS if times <= most)
        told[interval] = told.get(interval, 0) + 1
    return [
        {"ref_date": name, "count_interval": interval, "msg_user": users}
        for interval, users in sorted(told.items())
    ]


def _interface(platform: Any, name: str) -> list[dict[str, Any]]:
    count, fails, total, longest = _day(platform, name).callbacks
    if not count:
        return []
    return [
        {
            "ref_date": name,
            "callback_count": int(count),
            "fail_count": int(fails),
            "total_time_cost": round(total),
            "max_time_cost": round(longest),
        }
    ]


def _none(platform: Any, name: str) -> list[dict[str, Any]]:
    """Hours and shares are not counted here: nobody shares, and no day is cut up."""
    return []


_figures("getusersummary", 7, _summary)
_figures("getusercumulate", 7, _cumulated)
_figures("getarticlesummary", 1, _articles)
_figures("getarticletotal", 1, _totals)
_figures("getuserread", 3, _user_read)
_figures("getuserreadhour", 1, _none)
_figures("getusershare", 7, _none)
_figures("getusersharehour", 1, _none)
_figures("getarticleread", 1, _new_reads, is_delay=False)
_figures("getarticleshare", 1, _new_shares, is_delay=False)
_figures("getarticletotaldetail", 1, _new_totals, is_delay=False)
_figures("getbizsummary", 30, _account, is_delay=False)
_figures("getupstreammsg", 7, _upstream)
_figures("getupstreammsghour", 1, _none)
_figures("getupstreammsgweek", 30, _upstream)
_figures("getupstreammsgmonth", 30, _upstream)
_figures("getupstreammsgdist", 15, _distribution)
_figures("getupstreammsgdistweek", 30, _distribution)
_figures("getupstreammsgdistmonth", 30, _distribution)
_figures("getinterfacesummary", 30, _interface)
_figures("getinterfacesummaryhour", 1, _none)
