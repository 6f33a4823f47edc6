"""The check before the first member: what is missing is told with what to do, what WeChat refuses too."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import pytest
from peewee import Database

import config
from bot.menu import MENU
from models.accounts import AccountRoleKind
from sandbox.testing import Sandbox, running_sandbox
from services import going_live, leases
from services.messaging import template_library
from tests.factories import make_account, make_person
from tests.services.messaging.test_template_library import make_mapping
from wechat.gateway import Gateway, make_gateway
from wechat.token_stores import MemoryTokenStore


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with running_sandbox() as running:
        yield running


@pytest.fixture
def wechat(sandbox: Sandbox, db: Database, noon: datetime) -> Iterator[Gateway]:
    settings = config.settings().model_copy(update={"wechat_api_url": sandbox.url})
    gateway = make_gateway(settings, MemoryTokenStore())
    yield gateway
    gateway.close()


def missing(wechat: Gateway) -> dict[str, str]:
    return {point.step: point.do for point in going_live.points(wechat=wechat, menu=MENU) if point.do}


def test_an_empty_installation_is_told_all_it_lacks(wechat: Gateway) -> None:
    told = missing(wechat)

    assert "flask clock run" in told["时钟进程"]
    assert "secretariat 须有 3 个" in told["后台账号"]
    assert "导入名单" in told["名单与邀请码"]
    assert "flask menu publish" in told["自定义菜单"]
    assert "VERIFICATION_FILES" in told["域名验证文件"]
    assert "接口凭据与 IP 白名单" not in told


def test_points_hold_one_by_one(wechat: Gateway) -> None:
    leases.take("clock", seconds=20)
    for role, count, _ in going_live.NEEDED_ROLES:
        for _ in range(count):
            make_account(role)
    make_person()
    wechat.menu_create(MENU)
    template_library.sync(wechat=wechat)
    make_mapping(template_library.templates()[0])

    told = missing(wechat)

    assert {"时钟进程", "后台账号", "自定义菜单", "消息模板", "接口配额"}.isdisjoint(told)
    assert "邀请码" in told["名单与邀请码"]


def test_a_machine_that_wechat_does_not_know_is_told_the_code(wechat: Gateway, sandbox: Sandbox) -> None:
    sandbox.fault(path="/cgi-bin/stable_token", errcode=40164, times=3)

    assert "40164" in missing(wechat)["接口凭据与 IP 白名单"]


def test_a_suspended_account_does_not_count(wechat: Gateway) -> None:
    make_account(AccountRoleKind.AUDIT_ADMIN, is_active=False)

    assert "audit_admin" in missing(wechat)["后台账号"]
