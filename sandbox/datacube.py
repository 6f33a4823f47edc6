"""Figures of past days, counted from what really happened here (contract §13)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from .days import Day, Together, everything, together
from .endpoints import Answer, Call, endpoint
from .errors import PlatformError

KINDS = {"text": 1, "image": 2, "voice": 3, "video": 4, "location": 5, "link": 6}
INTERVALS = ((5, 1), (10, 2), (10**9, 3))  # messages of one person -> count_interval
EVERY_SOURCE = 99999999


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


Rows = list[dict[str, Any]]
Daily = Callable[[Any, str], Rows]


def _figures(path: str, longest: int, rows: Daily, **more: Any) -> None:
    """Declare one interface: its path, its longest span, its rows of a day."""

    @endpoint("POST", f"/datacube/{path}")
    def act(platform: Any, call: Call) -> Answer:
        days = _span(platform, call.body, longest)
        return {**more, "list": [row for name in days for row in rows(platform, name)]}


def _day(platform: Any, name: str) -> Day:
    found: Day = platform.datacube.days.get(name) or Day()
    return found


def _summary(platform: Any, name: str) -> Rows:
    day = _day(platform, name)
    rows = [
        {"ref_date": name, "user_source": source, "new_user": count, "cancel_user": 0}
        for source, count in sorted(day.new.items())
    ]
    if day.cancelled:
        rows.append({"ref_date": name, "user_source": 0, "new_user": 0, "cancel_user": day.cancelled})
    return rows


def _cumulated(platform: Any, name: str) -> Rows:
    """Followers at the day's end: today's, less what came later."""
    later = [day for other, day in platform.datacube.days.items() if other > name]
    change = sum(sum(day.new.values()) - day.cancelled for day in later)
    count = max(len(platform.people.followers()) - change, 0)
    return [{"ref_date": name, "user_source": 0, "cumulate_user": count}]


@dataclass(slots=True)
class Article:
    """One article on one day: who read it and who shared it, openid -> times."""

    msgid: str
    page: dict[str, Any]
    readers: dict[str, int]
    sharers: dict[str, int]


def _pages(platform: Any, name: str) -> list[Article]:
    """The articles read or shared on this day."""
    day = _day(platform, name)
    reads, by_scene = together(day.reads), together(day.shares)
    shares: Together = {}
    for what, people in by_scene.items():
        rows = shares.setdefault(what.partition("|")[0], {})
        for openid, times in people.items():
            rows[openid] = rows.get(openid, 0) + times
    found = []
    for number in dict.fromkeys([*reads, *shares]):
        page = platform.drafts.pages.get(number)
        if page is not None:
            draft, _, index = number.partition("-")
            msgid = f"{2_247_483_650 + int(draft)}_{index}"
            found.append(Article(msgid, page, reads.get(number, {}), shares.get(number, {})))
    return found


def _reads(readers: dict[str, int], sharers: dict[str, int] | None = None) -> dict[str, int]:
    """The old family's counts. Nobody opens 阅读原文 or keeps favourites here: 0."""
    shared = sharers or {}
    return {
        "int_page_read_user": len(readers),
        "int_page_read_count": sum(readers.values()),
        "ori_page_read_user": 0,
        "ori_page_read_count": 0,
        "share_user": len(shared),
        "share_count": sum(shared.values()),
        "add_to_fav_user": 0,
        "add_to_fav_count": 0,
    }


def _articles(platform: Any, name: str) -> Rows:
    return [
        {
            "ref_date": name,
            "msgid": one.msgid,
            "title": one.page["title"],
            **_reads(one.readers, one.sharers),
        }
        for one in _pages(platform, name)
    ]


def _totals(platform: Any, name: str) -> Rows:
    targets = len(platform.people.followers())
    return [
        {
            "ref_date": name,
            "msgid": one.msgid,
            "title": one.page["title"],
            "details": [{"stat_date": name, "target_user": targets, **_reads(one.readers, one.sharers)}],
        }
        for one in _pages(platform, name)
    ]


def _user_read(platform: Any, name: str) -> Rows:
    """All together, and the account's own conversation, where every card here is opened."""
    counts = _reads(everything(together(_day(platform, name).reads)))
    return [{"ref_date": name, "user_source": source, **counts} for source in (EVERY_SOURCE, 0)]


def _user_read_hours(platform: Any, name: str) -> Rows:
    return [
        {"ref_date": name, "ref_hour": hour * 100, "user_source": EVERY_SOURCE, **_reads(everything(parts))}
        for hour, parts in sorted(_day(platform, name).reads.items())
    ]


def _scenes(parts: Together) -> list[dict[str, int]]:
    by_scene: Together = {}
    for what, people in parts.items():
        rows = by_scene.setdefault(what.partition("|")[2], {})
        for openid, times in people.items():
            rows[openid] = rows.get(openid, 0) + times
    return [
        {"share_scene": int(scene), "share_count": sum(people.values()), "share_user": len(people)}
        for scene, people in sorted(by_scene.items())
    ]


def _user_share(platform: Any, name: str) -> Rows:
    return [{"ref_date": name, **row} for row in _scenes(together(_day(platform, name).shares))]


def _user_share_hours(platform: Any, name: str) -> Rows:
    return [
        {"ref_date": name, "ref_hour": hour * 100, **row}
        for hour, parts in sorted(_day(platform, name).shares.items())
        for row in _scenes(parts)
    ]


def _new_reads(platform: Any, name: str) -> Rows:
    return [
        {
            "ref_date": name,
            "msgid": one.msgid,
            "detail": {
                "read_user": len(one.readers),
                "read_user_source": [{"user_count": len(one.readers), "scene_desc": "公众号消息"}],
            },
        }
        for one in _pages(platform, name)
    ]


def _new_shares(platform: Any, name: str) -> Rows:
    return [
        {"ref_date": name, "msgid": one.msgid, "detail": {"share_user": len(one.sharers)}}
        for one in _pages(platform, name)
    ]


def _new_totals(platform: Any, name: str) -> Rows:
    zeros = dict.fromkeys(("zaikan_user", "like_user", "comment_count", "collection_user"), 0)
    return [
        {
            "ref_date": name,
            "msgid": one.msgid,
            "detail_list": [
                {"stat_date": name, "read_user": len(one.readers), **zeros, "read_finish_rate": 1.0}
            ],
        }
        for one in _pages(platform, name)
    ]


def _account(platform: Any, name: str) -> Rows:
    sent = sum(str(page.get("sent_on", "")) == name for page in platform.drafts.pages.values())
    day = _day(platform, name)
    readers, sharers = everything(together(day.reads)), everything(together(day.shares))
    return [
        {
            "ref_date": name,
            "read_user": len(readers),
            "share_user": len(sharers),
            "send_page_count": sent,
        }
    ]


def _messages(name: str, said: Together, **more: int) -> Rows:
    return [
        {
            "ref_date": name,
            **more,
            "msg_type": KINDS.get(kind, 1),
            "msg_user": len(people),
            "msg_count": sum(people.values()),
        }
        for kind, people in sorted(said.items())
    ]


def _upstream(platform: Any, name: str) -> Rows:
    return _messages(name, together(_day(platform, name).said))


def _upstream_hours(platform: Any, name: str) -> Rows:
    hours = sorted(_day(platform, name).said.items())
    return [row for hour, parts in hours for row in _messages(name, parts, ref_hour=hour * 100)]


def _intervals(name: str, said: Together) -> Rows:
    told: dict[int, int] = {}
    for times in everything(said).values():
        interval = next(number for most, number in INTERVALS if times <= most)
        told[interval] = told.get(interval, 0) + 1
    return [
        {"ref_date": name, "count_interval": interval, "msg_user": users}
        for interval, users in sorted(told.items())
    ]


def _distribution(platform: Any, name: str) -> Rows:
    return _intervals(name, together(_day(platform, name).said))


def _period(platform: Any, name: str, is_month: bool) -> Together | None:
    """What was said in the week of this Monday or the month of this first day; None for other days."""
    first = date.fromisoformat(name)
    if first.day != 1 if is_month else first.weekday() != 0:
        return None
    days = [first + timedelta(days=step) for step in range(31 if is_month else 7)]
    inside = [day.isoformat() for day in days if not is_month or day.month == first.month]
    return together(*(_day(platform, day).said for day in inside))


def _by_period(is_month: bool, rows: Callable[[str, Together], Rows]) -> Daily:
    def told(platform: Any, name: str) -> Rows:
        said = _period(platform, name, is_month)
        return rows(name, said) if said is not None else []

    return told


def _cost(row: list[float]) -> dict[str, int]:
    names = ("callback_count", "fail_count", "total_time_cost", "max_time_cost")
    return {name: round(value) for name, value in zip(names, row, strict=True)}


def _interface(platform: Any, name: str) -> Rows:
    hours = list(_day(platform, name).callbacks.values())
    if not hours:
        return []
    counts, fails, costs, longest = zip(*hours, strict=True)
    return [{"ref_date": name, **_cost([sum(counts), sum(fails), sum(costs), max(longest)])}]


def _interface_hours(platform: Any, name: str) -> Rows:
    hours = sorted(_day(platform, name).callbacks.items())
    return [{"ref_date": name, "ref_hour": hour * 100, **_cost(row)} for hour, row in hours]


_figures("getusersummary", 7, _summary)
_figures("getusercumulate", 7, _cumulated)
_figures("getarticlesummary", 1, _articles)
_figures("getarticletotal", 1, _totals)
_figures("getuserread", 3, _user_read)
_figures("getuserreadhour", 1, _user_read_hours)
_figures("getusershare", 7, _user_share)
_figures("getusersharehour", 1, _user_share_hours)
_figures("getarticleread", 1, _new_reads, is_delay=False)
_figures("getarticleshare", 1, _new_shares, is_delay=False)
_figures("getarticletotaldetail", 1, _new_totals, is_delay=False)
_figures("getbizsummary", 30, _account, is_delay=False)
_figures("getupstreammsg", 7, _upstream)
_figures("getupstreammsghour", 1, _upstream_hours)
_figures("getupstreammsgweek", 30, _by_period(False, _messages))
_figures("getupstreammsgmonth", 30, _by_period(True, _messages))
_figures("getupstreammsgdist", 15, _distribution)
_figures("getupstreammsgdistweek", 30, _by_period(False, _intervals))
_figures("getupstreammsgdistmonth", 30, _by_period(True, _intervals))
_figures("getinterfacesummary", 30, _interface)
_figures("getinterfacesummaryhour", 1, _interface_hours)
