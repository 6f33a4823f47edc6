"""Follower tags (标签): made, taken away, put on followers (contract §4).

https://developers.weixin.qq.com/doc/service/api/usermanage/tag/api_createtag.html
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

from wechat.capabilities import Capability
from wechat.client import Client

MOST_TAGS, MOST_OF_A_FOLLOWER, MOST_A_CALL = 100, 20, 50
LONGEST_NAME = 30
RESERVED = frozenset({0, 1, 2})

INVALID_TAG, TAG_EXISTS, TOO_MANY_TAGS = 45159, 45157, 45056
TOO_MANY_ON_FOLLOWER, CONCURRENT, PARTIAL = 45059, 45169, 45171
NOT_OF_APP, BAD_OPENID = 49003, 40003


@dataclass(frozen=True, slots=True)
class Tag:
    id: int
    name: str
    count: int = 0


class Tags:
    """The calls about tags; `gateway.tags`."""

    def __init__(
        self, client: Client, doing: Callable[[Capability, str], AbstractContextManager[None]]
    ) -> None:
        self._client = client
        self._doing = doing

    def all(self) -> list[Tag]:
        """Every tag of the account, those made by hand too."""
        path = "/cgi-bin/tags/get"
        with self._doing(Capability.TAGS, path):
            answer = self._client.call("GET", path)
        rows = answer.get("tags") or []
        return [Tag(int(row["id"]), str(row["name"]), int(row.get("count") or 0)) for row in rows]

    def create(self, name: str) -> Tag:
        """Refused with 45157 when the name is taken, 45056 when there are a hundred."""
        path = "/cgi-bin/tags/create"
        with self._doing(Capability.TAGS, path):
            answer = self._client.call("POST", path, body={"tag": {"name": name[:LONGEST_NAME]}})
        made = answer["tag"]
        return Tag(int(made["id"]), str(made["name"]))

    def rename(self, tag_id: int, name: str) -> None:
        path = "/cgi-bin/tags/update"
        with self._doing(Capability.TAGS, path):
            self._client.call("POST", path, body={"tag": {"id": tag_id, "name": name[:LONGEST_NAME]}})

    def delete(self, tag_id: int) -> None:
        """Refused above 100,000 followers (45057), and for the platform's own."""
        path = "/cgi-bin/tags/delete"
        with self._doing(Capability.TAGS, path):
            self._client.call("POST", path, body={"tag": {"id": tag_id}})

    def put_on(self, openids: Sequence[str], tag_id: int) -> None:
        """At most 50 followers, and 20 tags each; putting on twice changes nothing."""
        self._members("/cgi-bin/tags/members/batchtagging", openids, tag_id)

    def take_off(self, openids: Sequence[str], tag_id: int) -> None:
        self._members("/cgi-bin/tags/members/batchuntagging", openids, tag_id)

    def _members(self, path: str, openids: Sequence[str], tag_id: int) -> None:
        if not 1 <= len(openids) <= MOST_A_CALL:
            raise ValueError(f"a call takes 1 to {MOST_A_CALL} followers")
        with self._doing(Capability.TAGS, path):
            self._client.call("POST", path, body={"openid_list": list(openids), "tagid": tag_id})
