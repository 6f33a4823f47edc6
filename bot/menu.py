"""The menu under the chat: 学习 / 服务 / 我的, as data. `flask menu publish` puts it in force,
with a menu of their own for instructors and staff.

Every button is of type click, or scans: both work for both kinds of account and open a window.
Names show about eight characters; at most three columns of five (contract §3).
"""

from __future__ import annotations

from typing import Any


def _click(name: str, key: str) -> dict[str, str]:
    return {"type": "click", "name": name, "key": key}


MENU: list[dict[str, Any]] = [
    {
        "name": "学习",
        "sub_button": [
            _click("最新讲座", "LECTURES"),
            _click("沙龙研讨", "SALONS"),
            _click("电子期刊", "E_JOURNALS"),
        ],
    },
    {
        "name": "服务",
        "sub_button": [
            _click("需求征集", "SURVEY"),
            _click("订阅设置", "TOPICS"),
            _click("投诉建议", "FEEDBACK"),
        ],
    },
    {
        "name": "我的",
        "sub_button": [
            _click("我的主页", "MINE"),
            _click("我的报名", "MY_SIGN_UPS"),
            _click("我的消息", "MY_MESSAGES"),
            {"type": "scancode_waitmsg", "name": "扫码签到", "key": "CHECK_IN"},
            _click("身份绑定", "BIND"),
        ],
    },
]


# Conditional menus: another 服务 for the followers of a tag (services/follower_tags.py). The menu that
# was added last is shown first, so that of who is both the staff's is.
_FOR_STAFF = [
    MENU[0],
    {
        "name": "工作",
        "sub_button": [
            _click("工作台", "DESK"),
            _click("需求征集", "SURVEY"),
            _click("订阅设置", "TOPICS"),
            _click("投诉建议", "FEEDBACK"),
        ],
    },
    MENU[2],
]
_FOR_INSTRUCTORS = [
    MENU[0],
    {
        "name": "教学",
        "sub_button": [
            _click("教学工作台", "DESK"),
            _click("需求征集", "SURVEY"),
            _click("订阅设置", "TOPICS"),
            _click("投诉建议", "FEEDBACK"),
        ],
    },
    MENU[2],
]
CONDITIONAL: tuple[tuple[str, str, list[dict[str, Any]]], ...] = (
    ("role:instructor", "教师", _FOR_INSTRUCTORS),
    ("role:staff", "工作人员", _FOR_STAFF),
)


def in_lines(buttons: list[dict[str, Any]] | None) -> list[str]:
    """A menu as lines of text, to print and to compare."""
    lines = []
    for top in buttons or []:
        children = top.get("sub_button") or []
        lines.append(_line(top) if not children else f"{top.get('name', '')}")
        lines += [f"  {_line(child)}" for child in children]
    return lines


def _line(button: dict[str, Any]) -> str:
    does = button.get("key") or button.get("url") or button.get("pagepath") or button.get("article_id") or ""
    return f"{button.get('name', '')}（{button.get('type', '')} {does}）"
