"""Menus: their limits, checked before publishing, and whether two are the same (contract §3).

https://developers.weixin.qq.com/doc/service/guide/product/menu/intro.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

Button = Mapping[str, Any]

MAX_TOP, MAX_SUB = 3, 5
TOP_NAME_BYTES, SUB_NAME_BYTES = 16, 60
KEY_BYTES, URL_BYTES = 128, 1024

_NEEDS: dict[str, tuple[str, ...]] = {
    "click": ("key",),
    "view": ("url",),
    "scancode_push": ("key",),
    "scancode_waitmsg": ("key",),
    "pic_sysphoto": ("key",),
    "pic_photo_or_album": ("key",),
    "pic_weixin": ("key",),
    "location_select": ("key",),
    "media_id": ("media_id",),
    "article_id": ("article_id",),
    "article_view_limited": ("article_id",),
    "miniprogram": ("url", "appid", "pagepath"),
}
_COMPARED = ("type", "name", "key", "url", "media_id", "article_id", "appid", "pagepath")


class MenuInvalid(ValueError):
    """A menu the platform would refuse; `problems` says where and why, in words."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("；".join(problems))
        self.problems = list(problems)


def validate_menu(buttons: Sequence[Button]) -> None:
    """Raises MenuInvalid with everything that is wrong, not only the first."""
    problems: list[str] = []
    if not 1 <= len(buttons) <= MAX_TOP:
        problems.append(f"一级菜单须有 1 至 {MAX_TOP} 个，现有 {len(buttons)} 个")
    for number, button in enumerate(buttons, 1):
        place = f"第 {number} 个一级菜单"
        _check_name(button, place, TOP_NAME_BYTES, problems)
        children = button.get("sub_button") or []
        if not children:
            _check_action(button, place, problems)
            continue
        if button.get("type"):
            problems.append(f"{place}有子菜单，不能再有类型")
        if len(children) > MAX_SUB:
            problems.append(f"{place}的子菜单至多 {MAX_SUB} 个，现有 {len(children)} 个")
        for child_number, child in enumerate(children, 1):
            child_place = f"{place}的第 {child_number} 个子菜单"
            _check_name(child, child_place, SUB_NAME_BYTES, problems)
            if child.get("sub_button"):
                problems.append(f"{child_place}不能再有子菜单")
            else:
                _check_action(child, child_place, problems)
    if problems:
        raise MenuInvalid(problems)


def same_menu(current: Mapping[str, Any] | Sequence[Button] | None, wanted: Sequence[Button]) -> bool:
    """True when publishing `wanted` would change nothing.

    `current` is `Gateway.menu_get()`'s buttons, or menu/get's whole answer, or None for no menu.
    Empty fields and fields the platform adds are not compared.
    """
    if isinstance(current, Mapping):
        buttons: Sequence[Button] = current.get("menu", current).get("button", [])
    else:
        buttons = current or []
    return [_essence(button) for button in buttons] == [_essence(button) for button in wanted]


def _essence(button: Button) -> dict[str, Any]:
    kept: dict[str, Any] = {name: button[name] for name in _COMPARED if button.get(name)}
    children = button.get("sub_button") or []
    if isinstance(children, Mapping):  # get_current_selfmenu_info wraps them
        children = children.get("list", [])
    if children:
        kept.pop("type", None)
        kept["sub_button"] = [_essence(child) for child in children]
    return kept


def _check_name(button: Button, place: str, limit: int, problems: list[str]) -> None:
    name = str(button.get("name") or "")
    if not name.strip():
        problems.append(f"{place}没有名称")
    elif len(name.encode()) > limit:
        problems.append(f"{place}名称“{name}”超过 {limit} 字节")


def _check_action(button: Button, place: str, problems: list[str]) -> None:
    kind = str(button.get("type") or "")
    if kind not in _NEEDS:
        problems.append(f"{place}的类型“{kind}”不存在" if kind else f"{place}没有类型")
        return
    for name in _NEEDS[kind]:
        if not button.get(name):
            problems.append(f"{place}缺少 {name}")
    if len(str(button.get("key") or "").encode()) > KEY_BYTES:
        problems.append(f"{place}的 key 超过 {KEY_BYTES} 字节")
    url = str(button.get("url") or "")
    if len(url.encode()) > URL_BYTES:
        problems.append(f"{place}的链接超过 {URL_BYTES} 字节")
    if url and urlsplit(url).scheme not in ("http", "https"):
        problems.append(f"{place}的链接须以 http:// 或 https:// 开头")
