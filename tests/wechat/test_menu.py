"""Menus: the platform's limits, and when two are the same."""

from __future__ import annotations

import pytest

from wechat.menu import MenuInvalid, same_menu, validate_menu

CLICK = {"type": "click", "name": "讲座", "key": "LECTURES"}
VIEW = {"type": "view", "name": "我的", "url": "https://m.example.org/m/"}
PARENT = {"name": "学习", "sub_button": [CLICK, VIEW]}


def test_a_menu_within_the_limits_is_valid():
    widest = {"name": "五" * 5, "sub_button": [{**CLICK, "name": "二" * 20}] * 5}

    validate_menu([widest, PARENT, {**VIEW, "url": "https://m.example.org/" + "x" * 1002}])


@pytest.mark.parametrize(
    ("buttons", "problem"),
    [
        ([], "1 至 3 个"),
        ([CLICK] * 4, "1 至 3 个"),
        ([{**CLICK, "name": "六个汉字菜单"}], "超过 16 字节"),
        ([{**CLICK, "name": " "}], "没有名称"),
        ([{"name": "学习", "sub_button": [CLICK] * 6}], "至多 5 个"),
        ([{"name": "学习", "sub_button": [{**CLICK, "name": "二" * 21}]}], "超过 60 字节"),
        ([{"name": "学习", "sub_button": [PARENT]}], "不能再有子菜单"),
        ([{**PARENT, "type": "click"}], "不能再有类型"),
        ([{"name": "学习"}], "没有类型"),
        ([{**CLICK, "type": "view_limited"}], "不存在"),
        ([{"type": "click", "name": "讲座"}], "缺少 key"),
        ([{**CLICK, "key": "K" * 129}], "key 超过 128"),
        ([{"type": "view", "name": "我的"}], "缺少 url"),
        ([{**VIEW, "url": "https://" + "x" * 1020}], "链接超过 1024"),
        ([{**VIEW, "url": "javascript:alert(1)"}], "http"),
        ([{"type": "miniprogram", "name": "签到", "url": "https://a.example", "appid": "wx"}], "pagepath"),
    ],
)
def test_each_limit_is_named(buttons, problem):
    with pytest.raises(MenuInvalid, match=problem) as caught:
        validate_menu(buttons)
    assert len(caught.value.problems) == 1


def test_all_problems_are_told_at_once():
    with pytest.raises(MenuInvalid) as caught:
        validate_menu([{"name": ""}, {**CLICK, "key": ""}])
    assert len(caught.value.problems) == 3


def test_what_the_platform_adds_makes_no_difference():
    told = {"menu": {"button": [
        {"name": "学习", "sub_button": [{**CLICK, "sub_button": []}, {**VIEW, "sub_button": []}]},
        {**VIEW, "sub_button": []},
    ], "menuid": 1001}}  # fmt: skip

    assert same_menu(told, [PARENT, VIEW])
    assert same_menu(told["menu"]["button"], [PARENT, VIEW])


@pytest.mark.parametrize(
    "wanted",
    [
        [PARENT],
        [VIEW, PARENT],
        [PARENT, {**VIEW, "url": "https://other.example"}],
        [PARENT, {**VIEW, "name": "你的"}],
    ],
)
def test_a_difference_is_seen(wanted):
    assert not same_menu([PARENT, VIEW], wanted)


def test_no_menu_is_no_menu():
    assert not same_menu(None, [VIEW])
    assert same_menu(None, [])
