"""What happens to the account: tokens, secrets, addresses, punishment."""

from __future__ import annotations

from typing import Any

from ..faults import CallFault
from .registry import ACCOUNT, MANY, PATH, TEMPLATE, Did, fail_calls, path_in, scenario


@scenario(
    "token-killed",
    "令牌被别的程序换掉",
    "所有 access_token 立刻作废，再用答 40001",
    ACCOUNT,
    app="official 或 mini；不填是两个",
)
async def token_killed(platform: Any, body: dict[str, Any]) -> Did:
    wanted = body.get("app")
    apps = [app for app in platform.apps.both if wanted in (None, "", app.kind)]
    killed = sum(app.credentials.kill_all(platform.clock.now()) for app in apps)
    return [f"{killed} 个令牌作废了，再用答 40001"]


@scenario("ip-not-listed", "出口地址不在白名单", "换取令牌答 40164；已有的令牌照常可用", ACCOUNT)
async def ip_not_listed(platform: Any, body: dict[str, Any]) -> Did:
    platform.apps.ip_list = ["203.0.113.9"]
    return ["只有 203.0.113.9 可以换取令牌，别处答 40164"]


@scenario("secret-frozen", "密钥被冻结", "换取令牌答 40243", ACCOUNT)
async def secret_frozen(platform: Any, body: dict[str, Any]) -> Did:
    for app in platform.apps.both:
        app.is_frozen = True
    return ["两个账号的密钥都冻结了，换取令牌答 40243"]


@scenario("account-punished", "接口被封禁", "发送接口答 48004，一直到情景结束", ACCOUNT, path=PATH)
async def account_punished(platform: Any, body: dict[str, Any]) -> Did:
    path = path_in(body, TEMPLATE)
    fail_calls(platform, CallFault(path, MANY, errcode=48004), "account-punished")
    return [f"{path} 一直答 48004"]
