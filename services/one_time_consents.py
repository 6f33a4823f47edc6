"""“提醒我”: one-time subscriptions (一次性订阅), the only push per person that a 订阅号 has (contract §6).

The member opens WeChat's own page, allows one message, and comes back with the answer. What we
sent along is signed, so that nobody grants a consent in another's name, and each answer counts once.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import quote

from itsdangerous import BadData, URLSafeSerializer
from peewee import IntegrityError

import clock
import config
from models.base import db
from models.operations import UsedLink
from models.people import Follower, SubscriptionConsent
from services.errors import Invalid
from wechat.capabilities import Capability, granted

SCENE = 1
MOST_WAITING = 5  # consents kept unused; more would only be a hoard
ANSWER_WITHIN = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class Told:
    """What WeChat's page brings back in the address."""

    openid: str
    template_id: str
    action: str
    scene: str
    reserved: str


def is_offered() -> bool:
    """Whether the account may, and its template is set (`ONE_TIME_TEMPLATE`)."""
    settings = config.settings()
    allowed = granted(settings.wechat_account_kind, verified=settings.wechat_verified)
    return Capability.ONE_TIME_SUBSCRIPTION in allowed and bool(settings.one_time_template)


def waiting(follower: Follower) -> int:
    """Messages the person has allowed and not yet been sent."""
    unused = SubscriptionConsent.used_at.is_null()
    return int(SubscriptionConsent.select().where(SubscriptionConsent.follower == follower, unused).count())


def address(follower: Follower, *, back: str) -> str:
    """WeChat's page that asks for one message; `back` is the path of ours it returns to. "" where it is
    not offered, or as many consents as are good wait unused."""
    if not is_offered() or waiting(follower) >= MOST_WAITING:
        return ""
    settings = config.settings()
    ends = int(clock.timestamp() + ANSWER_WITHIN.total_seconds())
    reserved = _serializer().dumps([follower.get_id(), ends, secrets.token_hex(6)])
    return (
        f"{settings.wechat_mp_url}/mp/subscribemsg?action=get_confirm&appid={settings.wechat_app_id}"
        f"&scene={SCENE}&template_id={quote(settings.one_time_template, safe='')}"
        f"&redirect_url={quote(settings.public_url + back, safe='')}"
        f"&reserved={quote(reserved, safe='')}#wechat_redirect"
    )


def answered(follower: Follower, told: Told) -> bool:
    """Keep what the member answered: True for a yes, False for a no; a repeat changes nothing.

    Raises Invalid for an answer that is not to our question, or is another's.
    """
    nonce = _checked(follower, told)
    if told.action != "confirm":
        return False
    now = clock.utc_now()
    try:
        with db.atomic():
            UsedLink.create(nonce=nonce, follower=follower, used_at=now)
            SubscriptionConsent.create(
                follower=follower, template_id=told.template_id, scene=SCENE, granted_at=now
            )
    except IntegrityError:
        return True  # the page was opened again
    return True


def _checked(follower: Follower, told: Told) -> str:
    stale = Invalid("这次授权已经失效，请回到订阅设置再点一次“提醒我”")
    try:
        follower_id, ends, nonce = _serializer().loads(told.reserved)
    except (BadData, ValueError, TypeError) as error:
        raise stale from error
    is_ours = (
        follower_id == follower.get_id()
        and told.openid == follower.openid
        and told.template_id == config.settings().one_time_template
        and told.scene == str(SCENE)
    )
    if not is_ours or clock.timestamp() > ends:
        raise stale
    return f"once-{nonce}"


def _serializer() -> URLSafeSerializer:
    return URLSafeSerializer(config.settings().secret_key, salt="one-time-consent")
