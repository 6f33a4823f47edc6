"""Conditional menus (个性化菜单): another menu for the followers of a tag (contract §3).

https://developers.weixin.qq.com/doc/service/api/custommenu/api_addconditionalmenu.html
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any

from wechat.capabilities import Capability
from wechat.client import Client
from wechat.errors import Refused
from wechat.menu import Button, validate_menu

NO_MENU = 46003


@dataclass(frozen=True, slots=True)
class ConditionalMenu:
    """`tag_id` None: its rule is another than a tag."""

    menu_id: str
    tag_id: int | None
    buttons: list[dict[str, Any]] = field(default_factory=list)


class ConditionalMenus:
    """The calls about conditional menus; `gateway.conditional_menus`."""

    def __init__(
        self, client: Client, doing: Callable[[Capability, str], AbstractContextManager[None]]
    ) -> None:
        self._client = client
        self._doing = doing

    def all(self) -> list[ConditionalMenu]:
        """Those in force, the newest first: the first that fits a follower is shown."""
        path = "/cgi-bin/menu/get"
        with self._doing(Capability.MENU, path):
            try:
                answer = self._client.call("GET", path)
            except Refused as refusal:
                if refusal.errcode == NO_MENU:
                    return []
                raise
        found = []
        for row in answer.get("conditionalmenu") or []:
            rule = row.get("matchrule") or {}
            tag = str(rule.get("tag_id") or rule.get("group_id") or "")
            found.append(
                ConditionalMenu(
                    str(row.get("menuid") or ""),
                    int(tag) if tag.isdecimal() else None,
                    list(row.get("button") or []),
                )
            )
        return found

    def add(self, buttons: Sequence[Button], *, tag_id: int) -> str:
        """Its id. There must be a default menu (65303). Raises MenuInvalid before any call."""
        validate_menu(buttons)
        path = "/cgi-bin/menu/addconditional"
        body = {"button": list(buttons), "matchrule": {"tag_id": str(tag_id)}}
        with self._doing(Capability.MENU, path):
            return str(self._client.call("POST", path, body=body)["menuid"])

    def delete(self, menu_id: str) -> None:
        path = "/cgi-bin/menu/delconditional"
        with self._doing(Capability.MENU, path):
            self._client.call("POST", path, body={"menuid": menu_id})
