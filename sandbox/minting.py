"""Tokens, tickets, quotas, addresses and request ids, as asked for by call (contract §2)."""

from __future__ import annotations

import re
import secrets
from typing import Any

from .endpoints import BOTH, ENDPOINTS, Answer, Call, Rights, Takes, endpoint, ok, text_in
from .errors import PlatformError

TICKET_LIFE = 7200
RID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{8}")
RID_KEPT = 7 * 86400
OPERATORS = ("CHINANET", "UNICOM", "CAP", "DEFAULT")


@endpoint(
    "GET|POST",
    "/cgi-bin/token",
    rights=Rights.ANY,
    takes=Takes.NOTHING,
    needs_token=False,
    daily=2000,
    apps=BOTH,
)
def token(platform: Any, call: Call) -> Answer:
    if call.query.get("grant_type") != "client_credential":
        raise PlatformError(40002)
    app = platform.apps.by_secret(call.query.get("appid"), call.query.get("secret"))
    platform.apps.check_address(call.client)
    platform.admit(app, call)
    minted: Answer = app.credentials.mint_plain(platform.clock.now())
    return minted


@endpoint(
    "POST",
    "/cgi-bin/stable_token",
    rights=Rights.ANY,
    needs_token=False,
    daily=500_000,
    minute=10_000,
    apps=BOTH,
)
def stable_token(platform: Any, call: Call) -> Answer:
    if call.body.get("grant_type") != "client_credential":
        raise PlatformError(40002)
    app = platform.apps.by_secret(call.body.get("appid"), call.body.get("secret"))
    platform.apps.check_address(call.client)
    is_forced = call.body.get("force_refresh", False)
    if not isinstance(is_forced, bool):
        raise PlatformError(40035, "force_refresh")
    platform.admit(app, call)
    minted: Answer = app.credentials.mint_stable(platform.clock.now(), platform.clock.day(), is_forced)
    return minted


@endpoint("GET", "/cgi-bin/ticket/getticket", rights=Rights.ANY, daily=1_000_000)
def ticket(platform: Any, call: Call) -> Answer:
    """The JS-SDK's ticket: the same until five minutes before its end."""
    if call.query.get("type") != "jsapi":
        raise PlatformError(40097, "type")
    now, kept = platform.clock.now(), platform.ticket
    if kept["dies_at"] - now <= 300:
        kept.update(ticket="sandbox_ticket_" + secrets.token_urlsafe(40), dies_at=now + TICKET_LIFE)
    return ok(ticket=kept["ticket"], expires_in=int(kept["dies_at"] - now))


@endpoint("GET", "/cgi-bin/get_api_domain_ip", rights=Rights.ANY, apps=BOTH)
@endpoint("GET", "/cgi-bin/getcallbackip", rights=Rights.ANY, apps=BOTH)
def addresses(platform: Any, call: Call) -> Answer:
    return {"ip_list": [platform.options.host]}


@endpoint("POST", "/cgi-bin/callback/check", rights=Rights.ANY, apps=BOTH)
def check_callback(platform: Any, call: Call) -> Answer:
    action, operator = call.body.get("action"), call.body.get("check_operator")
    if action not in ("dns", "ping", "all"):
        raise PlatformError(40202)
    if operator not in OPERATORS:
        raise PlatformError(40203)
    if not platform.pushes.callback_of(call.app.kind).has_address:
        raise PlatformError(40201)
    told: Answer = {}
    if action in ("dns", "all"):
        told["dns"] = [{"ip": platform.options.host, "real_operator": operator}]
    if action in ("ping", "all"):
        row = {"ip": platform.options.host, "from_operator": "CAP", "package_loss": "0%", "time": "1.2ms"}
        told["ping"] = [row]
    return told


# quotas ---------------------------------------------------------------------------


def _known(platform: Any, call: Call) -> tuple[str, int]:
    """The path asked about and its own daily limit. Raises 76021, 76022."""
    path = text_in(call.body, "cgi_path", 76021)
    known = ENDPOINTS.get(path)
    if known is None or path.startswith("/sns/"):
        raise PlatformError(76021)
    if not platform.may_call(call.app, known):
        raise PlatformError(76022)
    return path, known.daily if known.daily is not None else 1_000_000


@endpoint("POST", "/cgi-bin/openapi/quota/get", rights=Rights.ANY, apps=BOTH)
def get_quota(platform: Any, call: Call) -> Answer:
    path, daily = _known(platform, call)
    minute = call.app.quotas.limits.minute.get(path, ENDPOINTS[path].minute or 42_000)
    return ok(
        quota=call.app.quotas.told(path, daily, platform.clock.day()),
        rate_limit={"call_count": minute, "refresh_second": 60},
        component_rate_limit={"call_count": 0, "refresh_second": 0},
    )


@endpoint("POST", "/cgi-bin/openapi/quota/clear", rights=Rights.ANY, apps=BOTH)
def clear_one(platform: Any, call: Call) -> Answer:
    path, _ = _known(platform, call)
    call.app.quotas.clear(platform.clock.month(), path)
    return ok()


@endpoint("POST", "/cgi-bin/clear_quota", rights=Rights.ANY, apps=BOTH)
def clear_quota(platform: Any, call: Call) -> Answer:
    if call.body.get("appid") != call.app.app_id:
        raise PlatformError(40013)
    call.app.quotas.clear(platform.clock.month())
    return ok()


@endpoint("POST", "/cgi-bin/clear_quota/v2", rights=Rights.ANY, needs_token=False, apps=BOTH)
def clear_quota_by_secret(platform: Any, call: Call) -> Answer:
    app = platform.apps.by_secret(call.body.get("appid"), call.body.get("appsecret"))
    app.quotas.clear(platform.clock.month())
    return ok()


@endpoint("POST", "/cgi-bin/openapi/rid/get", rights=Rights.ANY, apps=BOTH)
def get_request(platform: Any, call: Call) -> Answer:
    """What was asked under a rid of a refusal; only one's own, seven days long."""
    rid = call.body.get("rid")
    if not rid:
        raise PlatformError(76001)
    if not isinstance(rid, str) or not RID.fullmatch(rid):
        raise PlatformError(76002)
    kept = platform.wire.refused.get(rid)
    if kept is None:
        raise PlatformError(76001)
    if kept["app"] != call.app.kind:
        raise PlatformError(76003)
    if platform.clock.now() - kept["request"]["invoke_time"] > RID_KEPT:
        raise PlatformError(76004)
    return ok(request=kept["request"])
