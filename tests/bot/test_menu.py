"""The menu: within the platform's limits, every key answered, published only where it differs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from click.testing import CliRunner, Result
from flask import Flask
from flask.cli import ScriptInfo
from peewee import Database

import config
from bot.menu import CONDITIONAL, MENU, in_lines
from bot.router import on
from sandbox.testing import Sandbox, running_sandbox
from server.commands.menu import commands
from services import inbox_threads, wechat_account
from tests.bot.conftest import event
from wechat.capabilities import Capability
from wechat.gateway import make_gateway
from wechat.menu import validate_menu
from wechat.token_stores import MemoryTokenStore

KEYS = [button["key"] for top in MENU for button in top["sub_button"] if button["type"] == "click"]


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with running_sandbox() as running:
        use(running)
        yield running
    wechat_account.set_gateway(None)


def use(running: Sandbox, **changes: object) -> None:
    settings = config.settings().model_copy(update={"wechat_api_url": running.url, **changes})
    wechat_account.set_gateway(make_gateway(settings, MemoryTokenStore()))


def run(*arguments: str) -> Result:
    return CliRunner().invoke(commands, arguments, obj=ScriptInfo(create_app=lambda: Flask("menu")))


def test_the_menu_keeps_the_platforms_limits() -> None:
    validate_menu(MENU)
    assert len(KEYS) == len(set(KEYS)) == 10


@pytest.mark.parametrize("key", KEYS)
def test_each_key_has_a_rule_of_its_own(key: str) -> None:
    class Clicked:
        message = event("o", "CLICK", key)

    assert sum(rule.applies(Clicked()) for rule in on.rules[: _first_after_events()]) == 1  # type: ignore[arg-type]


def _first_after_events() -> int:
    return next(at for at, rule in enumerate(on.rules) if rule.rank > 0)


def test_publishing_tells_what_differs_and_sends_only_then(sandbox: Sandbox, unbound: Database) -> None:
    tried = run("publish", "--dry-run")
    assert "+ 学习" in tried.output
    assert sandbox.call("/cgi-bin/menu/get")["errcode"] == 46003
    first, again = run("publish"), run("publish")

    assert (first.exit_code, again.exit_code) == (0, 0)
    assert "菜单已发布" in first.output
    assert again.output.startswith("菜单没有变化，不需要发布。\n")
    assert in_lines(sandbox.call("/cgi-bin/menu/get")["menu"]["button"]) == in_lines(MENU)
    assert sandbox.get("/_sandbox/stats")["calls"]["/cgi-bin/menu/create"] == {"0": 1}


def test_a_changed_button_is_named(sandbox: Sandbox, unbound: Database) -> None:
    old = [{"type": "click", "name": "旧按钮", "key": "OLD"}]
    sandbox.call("/cgi-bin/menu/create", {"button": old})

    said = run("publish").output

    assert "- 旧按钮（click OLD）" in said
    assert "+   最新讲座（click LECTURES）" in said


def test_an_unverified_account_is_told_so(sandbox: Sandbox, unbound: Database) -> None:
    use(sandbox, wechat_verified=False)

    said = run("publish")

    assert said.exit_code == 1
    assert "公众号未认证，没有自定义菜单权限" in said.output


def test_a_silent_platform_is_told_so(sandbox: Sandbox, unbound: Database) -> None:
    sandbox.fault(path="/cgi-bin/menu/get", errcode=-1, times=5)

    said = run("publish")

    assert said.exit_code == 1
    assert "请稍后再试" in said.output


@pytest.fixture
def unbound(engine: Database) -> Iterator[Database]:
    """Commands open and close the connection themselves."""
    if not engine.is_closed():
        engine.close()
    yield engine
    engine.connect(reuse_if_open=True)


def _conditional(sandbox: Sandbox) -> list[tuple[str, list[str]]]:
    """Names of tags and second columns of the conditional menus in force, the newest first."""
    names = {str(tag["id"]): tag["name"] for tag in sandbox.call("/cgi-bin/tags/get")["tags"]}
    rows = sandbox.call("/cgi-bin/menu/get").get("conditionalmenu", [])
    return [
        (names[row["matchrule"]["tag_id"]], [each["name"] for each in row["button"][1]["sub_button"]])
        for row in rows
    ]


@pytest.mark.parametrize("name", ["教师", "工作人员"])
def test_the_conditional_menus_keep_the_limits_and_have_answers(name: str) -> None:
    buttons = next(each for _, told, each in CONDITIONAL if told == name)

    validate_menu(buttons)
    for button in [child for top in buttons for child in top["sub_button"]]:
        assert button["type"] == "scancode_waitmsg" or any(
            rule.applies(_clicked(button["key"])) for rule in on.rules[: _first_after_events()]
        )


def _clicked(key: str) -> Any:
    class Clicked:
        message = event("o", "CLICK", key)

    return Clicked()


def test_staff_and_instructors_have_a_menu_of_their_own(sandbox: Sandbox, unbound: Database) -> None:
    said = run("publish")

    assert "教师、工作人员的菜单已发布（2 个）" in said.output
    shown = _conditional(sandbox)
    assert [name for name, _ in shown] == ["工作人员", "教师"]  # who is both sees the staff's
    assert shown[0][1][0] == "工作台"
    staff, both, anybody = sandbox.add("甲"), sandbox.add("乙"), sandbox.add("丙")
    tags = {tag["name"]: tag["id"] for tag in sandbox.call("/cgi-bin/tags/get")["tags"]}
    for name, openids in (("工作人员", [staff, both]), ("教师", [both])):
        body = {"openid_list": openids, "tagid": tags[name]}
        sandbox.call("/cgi-bin/tags/members/batchtagging", body)
    second = [
        sandbox.call("/cgi-bin/menu/trymatch", {"user_id": each})["button"][1]["name"]
        for each in (staff, both, anybody)
    ]
    assert second == ["工作", "工作", "服务"]


def test_a_second_publishing_sends_nothing_and_a_changed_one_is_replaced(
    sandbox: Sandbox, unbound: Database
) -> None:
    run("publish")
    assert "教师、工作人员的菜单没有变化" in run("publish").output
    newest = sandbox.call("/cgi-bin/menu/get")["conditionalmenu"][0]["menuid"]
    sandbox.call("/cgi-bin/menu/delconditional", {"menuid": newest})

    run("publish")

    assert [name for name, _ in _conditional(sandbox)] == ["工作人员", "教师"]
    calls = sandbox.get("/_sandbox/stats")["calls"]
    assert calls["/cgi-bin/menu/create"] == {"0": 1}
    assert calls["/cgi-bin/menu/addconditional"] == {"0": 4}


def test_menus_are_taken_away_again(sandbox: Sandbox, unbound: Database) -> None:
    run("publish")

    assert "已撤下" in run("remove", "--yes", "--conditional-only").output
    assert _conditional(sandbox) == []
    assert "全部撤下" in run("remove", "--yes").output
    assert sandbox.call("/cgi-bin/menu/get")["errcode"] == 46003


def test_a_missing_ability_is_told_in_words(sandbox: Sandbox, unbound: Database) -> None:
    sandbox.fault(path="/cgi-bin/tags/get", errcode=48001, times=1)

    said = run("publish")

    assert said.exit_code == 1
    assert "48001" in said.output
    assert "用户标签" in said.output
    assert "菜单已发布" in said.output  # the default one stands


def test_an_account_without_tags_keeps_the_default_menu(sandbox: Sandbox, unbound: Database) -> None:
    gateway = wechat_account.gateway()
    gateway.capabilities.turn_off(Capability.TAGS, "微信答复 48001")

    said = run("publish")

    assert said.exit_code == 0
    assert "教师和工作人员看到默认菜单" in said.output
    assert "conditionalmenu" not in sandbox.call("/cgi-bin/menu/get")


def test_the_inbox_calls_every_button_by_its_name() -> None:
    menus = [MENU, *(menu for _, _, menu in CONDITIONAL)]
    clicks = [one for menu in menus for top in menu for one in top["sub_button"] if one["type"] == "click"]

    assert {one["key"] for one in clicks} == set(inbox_threads.MENU_WORDS)
    assert all(inbox_threads.MENU_WORDS[one["key"]] in one["name"] for one in clicks)
