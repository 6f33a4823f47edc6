"""Tags and the black list (contract §4)."""

from __future__ import annotations

from typing import Any

from .endpoints import Answer, Call, endpoint, list_in, object_in, ok, text_in
from .errors import PlatformError
from .people import Person
from .users import page_of

TAGS_KEPT = 100
TAGS_EACH = 20
RESERVED = (0, 1, 2)
MOST_FANS = 100_000
BLACKLISTED_AT_ONCE = 20


class Tags:
    def __init__(self) -> None:
        self.names: dict[int, str] = {}
        self.last = 100

    def dump(self) -> dict[str, Any]:
        return {"names": {str(number): name for number, name in self.names.items()}, "last": self.last}

    def load(self, kept: dict[str, Any]) -> None:
        self.names = {int(number): name for number, name in kept["names"].items()}
        self.last = kept["last"]


@endpoint("POST", "/cgi-bin/tags/create", daily=1000)
def create_tag(platform: Any, call: Call) -> Answer:
    tags = platform.tags
    name = _tag_name(platform, call)
    if len(tags.names) >= TAGS_KEPT:
        raise PlatformError(45056)
    tags.last += 1
    tags.names[tags.last] = name
    return {"tag": {"id": tags.last, "name": name}}


def _tag_name(platform: Any, call: Call) -> str:
    name = text_in(object_in(call.body, "tag"), "name", 45157)
    if not name.strip():
        raise PlatformError(45157)
    if len(name) > 30:
        raise PlatformError(45158)
    if name in platform.tags.names.values():
        raise PlatformError(45157)
    return name


def _tag_id(platform: Any, value: Any, *, is_to_change: bool = False) -> int:
    """A known tag's id. Raises 45159, and 45058 for a change of the platform's own."""
    if is_to_change and not isinstance(value, bool) and value in RESERVED:
        raise PlatformError(45058)
    if isinstance(value, bool) or not isinstance(value, int) or value not in platform.tags.names:
        raise PlatformError(45159)
    return value


@endpoint("GET", "/cgi-bin/tags/get", daily=1000)
def get_tags(platform: Any, call: Call) -> Answer:
    counts: dict[int, int] = {}
    for person in platform.people.followers():
        for number in person.tags:
            counts[number] = counts.get(number, 0) + 1
    names = platform.tags.names
    return {"tags": [{"id": n, "name": name, "count": counts.get(n, 0)} for n, name in names.items()]}


@endpoint("POST", "/cgi-bin/tags/update", daily=1000)
def update_tag(platform: Any, call: Call) -> Answer:
    number = _tag_id(platform, object_in(call.body, "tag").get("id"), is_to_change=True)
    platform.tags.names[number] = _tag_name(platform, call)
    return ok()


@endpoint("POST", "/cgi-bin/tags/delete", daily=1000)
def delete_tag(platform: Any, call: Call) -> Answer:
    number = _tag_id(platform, object_in(call.body, "tag").get("id"), is_to_change=True)
    if sum(number in person.tags for person in platform.people.followers()) > MOST_FANS:
        raise PlatformError(45057)
    del platform.tags.names[number]
    for person in platform.people.by_openid.values():
        if number in person.tags:
            person.tags.remove(number)
    return ok()


@endpoint("POST", "/cgi-bin/user/tag/get", daily=1000)
def tag_members(platform: Any, call: Call) -> Answer:
    number = _tag_id(platform, call.body.get("tagid"))
    after = call.body.get("next_openid") or ""
    answer = page_of([p.openid for p in platform.people.followers() if number in p.tags], str(after))
    answer.pop("total")
    return answer


def _tagged(platform: Any, call: Call) -> tuple[int, list[Person]]:
    openids = list_in(call.body, "openid_list", 40032)
    if not 1 <= len(openids) <= 50:
        raise PlatformError(40032)
    number = _tag_id(platform, call.body.get("tagid"))
    people = [platform.people.find(openid) for openid in openids]
    if not all(person.is_following for person in people):
        raise PlatformError(49003)
    return number, people


@endpoint("POST", "/cgi-bin/tags/members/batchtagging", daily=100_000)
def tag_people(platform: Any, call: Call) -> Answer:
    number, people = _tagged(platform, call)
    if any(number not in person.tags and len(person.tags) >= TAGS_EACH for person in people):
        raise PlatformError(45059)
    for person in people:
        if number not in person.tags:
            person.tags.append(number)
    return ok()


@endpoint("POST", "/cgi-bin/tags/members/batchuntagging", daily=100_000)
def untag_people(platform: Any, call: Call) -> Answer:
    number, people = _tagged(platform, call)
    for person in people:
        if number in person.tags:
            person.tags.remove(number)
    return ok()


@endpoint("POST", "/cgi-bin/tags/getidlist", daily=100_000)
def tags_of(platform: Any, call: Call) -> Answer:
    return {"tagid_list": platform.people.follower(call.body.get("openid")).tags}


@endpoint("POST", "/cgi-bin/tags/members/getblacklist", daily=1000)
def blacklist(platform: Any, call: Call) -> Answer:
    after = call.body.get("begin_openid") or ""
    return page_of([p.openid for p in platform.people.by_openid.values() if p.is_blacklisted], str(after))


def _set_blacklisted(platform: Any, call: Call, is_blacklisted: bool) -> Answer:
    openids = list_in(call.body, "openid_list", 40032)
    if not 1 <= len(openids) <= BLACKLISTED_AT_ONCE:
        raise PlatformError(40032)
    people = [platform.people.find(openid) for openid in openids]
    if not all(person.is_following for person in people):
        raise PlatformError(49003)
    for person in people:
        person.is_blacklisted = is_blacklisted
    return ok()


@endpoint("POST", "/cgi-bin/tags/members/batchblacklist", daily=1000)
def put_on_blacklist(platform: Any, call: Call) -> Answer:
    return _set_blacklisted(platform, call, True)


@endpoint("POST", "/cgi-bin/tags/members/batchunblacklist", daily=1000)
def take_off_blacklist(platform: Any, call: Call) -> Answer:
    return _set_blacklisted(platform, call, False)
