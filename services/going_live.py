"""What must hold before the first member follows: each point asked of the product or of WeChat itself."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC
from typing import Any
from urllib.parse import urlsplit

import config
from models.accounts import Account, AccountRole, AccountRoleKind
from models.messaging import TemplateMapping
from models.operations import Lease
from models.people import InviteCode, Person
from services import readiness
from services.messaging import template_library
from wechat.capabilities import Capability
from wechat.errors import WeChatError
from wechat.gateway import Gateway
from wechat.menu import same_menu

NEEDED_ROLES = (
    (AccountRoleKind.SECRETARIAT, 3, "三审要三个人，都不能是作者"),
    (AccountRoleKind.SYSTEM_ADMIN, 1, "三员分立"),
    (AccountRoleKind.SECURITY_ADMIN, 1, "三员分立"),
    (AccountRoleKind.AUDIT_ADMIN, 1, "三员分立"),
)
OLD_CLOCK_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Point:
    """One step of docs/going-live.md. `do` is what to do about it; "" when it holds."""

    step: str
    do: str = ""

    @property
    def holds(self) -> bool:
        return not self.do


def points(*, wechat: Gateway, menu: Sequence[dict[str, Any]]) -> Iterator[Point]:
    """Every point, in the order of the document; a refusal of WeChat is told, never raised."""
    yield Point("运行方式", _mode())
    yield Point("网址", _address())
    yield Point("数据库与队列", readiness.why_not_ready())
    yield Point("时钟进程", _clock())
    yield Point("后台账号", _accounts())
    yield Point("名单与邀请码", _people())
    yield Point("接口凭据与 IP 白名单", _asked(lambda: wechat.access_token() and ""))
    yield Point("自定义菜单", _allowed(wechat, Capability.MENU, lambda: _menu(wechat, menu)))
    yield Point("消息模板", _allowed(wechat, Capability.TEMPLATE_MESSAGE, lambda: _templates(wechat)))
    yield Point("接口配额", _asked(lambda: _quota(wechat)))
    yield Point("域名验证文件", _verification())


def _mode() -> str:
    if config.settings().app_env == "production":
        return ""
    return "设 APP_ENV=production；它会拒绝沙盒的凭据和默认密钥"


def _address() -> str:
    parts = urlsplit(config.settings().public_url)
    if parts.scheme != "https":
        return "PUBLIC_URL 须是会员打开的 https 网址，域名已备案"
    return "PUBLIC_URL 的端口须是 443" if parts.port not in (None, 443) else ""


def _clock() -> str:
    row = Lease.get_or_none(Lease.name == "clock")
    age = time.time() - row.until.replace(tzinfo=UTC).timestamp() if row is not None else None
    if age is None or age > OLD_CLOCK_SECONDS:
        return "没有时钟在领头：启动 flask clock run，否则到点的推送不会启动"
    return ""


def _accounts() -> str:
    missing = []
    for role, count, why in NEEDED_ROLES:
        held = AccountRole.select().join(Account).where(AccountRole.role == role, Account.is_active)
        if held.count() < count:
            missing.append(f"{role.value} 须有 {count} 个（{why}）")
    return f"用 flask accounts create 建立：{'；'.join(missing)}" if missing else ""


def _people() -> str:
    if Person.select().where(Person.is_sample).exists():
        return "库里还有示范数据：正式使用请用新的空数据库"
    if not Person.select().exists():
        return "还没有名单：在后台“导入名单”导入各校的 Excel"
    return "" if InviteCode.select().exists() else "还没有邀请码：在“人员”里勾选后生成，交给各校联络员"


def _menu(wechat: Gateway, menu: Sequence[dict[str, Any]]) -> str:
    return "" if same_menu(wechat.menu_get(), list(menu)) else "与公众号上的不同：执行 flask menu publish"


def _templates(wechat: Gateway) -> str:
    has = {template.template_id for template in wechat.get_templates()}
    if not has:
        return "公众号里还没有模板：按 docs/going-live.md 的类目和标题申请"
    used = {row.template_id for row in TemplateMapping.select().where(TemplateMapping.is_active)}
    if not used:
        return "还没有登记：在后台“消息模板”里同步模板库，再逐个选用"
    if used - has:
        return "登记的模板在公众号里没有：在后台“消息模板”里同步模板库，看提示"
    return "；".join(dict.fromkeys(fault.why for fault in template_library.faults()))


def _quota(wechat: Gateway) -> str:
    told = wechat.quota("/cgi-bin/message/custom/send")
    return "" if told.remain > 0 else "客服消息今天的配额已用完，明天零点恢复"


def _verification() -> str:
    if config.settings().verification_files:
        return ""
    return "公众平台设置网页授权域名时会给一个 MP_verify_….txt，把它写进 VERIFICATION_FILES"


def _allowed(wechat: Gateway, capability: Capability, ask: Callable[[], str]) -> str:
    """ "" too where this kind of account has no such right: the planner does without it."""
    return _asked(ask) if wechat.capabilities.allows(capability) else ""


def _asked(ask: Callable[[], str]) -> str:
    try:
        return ask()
    except WeChatError as error:
        return f"微信没有答应：{error}"
