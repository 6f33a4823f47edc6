"""Followers as the account may ask for them (contract §4)."""

from __future__ import annotations

from typing import Any

from .endpoints import Answer, Call, endpoint, list_in, ok, text_in
from .errors import PlatformError
from .people import Person

PAGE = 10_000


def told(platform: Any, person: Person, lang: str = "zh_CN") -> Answer:
    """A follower without name and picture, which the platform keeps to itself since 2021."""
    if not person.is_following:
        return {"subscribe": 0, "openid": person.openid}
    is_number = person.qr_scene.isdecimal()
    return {
        "subscribe": 1,
        "openid": person.openid,
        "nickname": "",
        "sex": 0,
        "language": lang,
        "city": "",
        "province": "",
        "country": "",
        "headimgurl": "",
        "subscribe_time": person.followed_at,
        "remark": person.remark,
        "groupid": 0,
        "tagid_list": person.tags,
        "subscribe_scene": person.scene,
        "qr_scene": int(person.qr_scene) if is_number else 0,
        "qr_scene_str": "" if is_number else person.qr_scene,
        **platform.unionid_of(person),
    }


@endpoint("GET", "/cgi-bin/user/info", daily=5_000_000)
def info(platform: Any, call: Call) -> Answer:
    openid = call.query.get("openid")
    if not openid:
        raise PlatformError(41009)
    return told(platform, platform.people.find(openid), call.query.get("lang", "zh_CN"))


@endpoint("POST", "/cgi-bin/user/info/batchget", daily=5_000_000)
def batch_info(platform: Any, call: Call) -> Answer:
    rows = list_in(call.body, "user_list")
    if not 1 <= len(rows) <= 100:
        raise PlatformError(40032)
    asked = [row.get("openid") if isinstance(row, dict) else None for row in rows]
    return {"user_info_list": [told(platform, platform.people.find(openid)) for openid in asked]}


@endpoint("GET", "/cgi-bin/user/get", daily=500)
def page(platform: Any, call: Call) -> Answer:
    openids = [person.openid for person in platform.people.followers()]
    return page_of(openids, call.query.get("next_openid", ""))


def page_of(openids: list[str], after: str) -> Answer:
    if after and after not in openids:
        raise PlatformError(40003)
    start = openids.index(after) + 1 if after else 0
    part = openids[start : start + PAGE]
    if not part:
        return {"total": len(openids), "count": 0, "next_openid": ""}
    return {"total": len(openids), "count": len(part), "data": {"openid": part}, "next_openid": part[-1]}


@endpoint("POST", "/cgi-bin/user/info/updateremark", daily=10_000)
def update_remark(platform: Any, call: Call) -> Answer:
    person = platform.people.follower(call.body.get("openid"))
    remark = call.body.get("remark")
    if not isinstance(remark, str) or len(remark.encode()) >= 30:
        raise PlatformError(40092)
    person.remark = remark
    return ok()


@endpoint("POST", "/cgi-bin/changeopenid")
def change_openid(platform: Any, call: Call) -> Answer:
    """After an account migration: what the openids of the old account are here."""
    openids = list_in(call.body, "openid_list", 40032)
    text_in(call.body, "from_appid", 40013)
    if not 1 <= len(openids) <= 100:
        raise PlatformError(40032)
    rows = []
    for openid in openids:
        person = platform.people.by_openid.get(openid) if isinstance(openid, str) else None
        is_known = person is not None and person.is_following
        rows.append(
            {"ori_openid": openid, "new_openid": openid, "err_msg": "ok"}
            if is_known
            else {"ori_openid": openid, "err_msg": "ori_openid error"}
        )
    return ok(result_list=rows)
