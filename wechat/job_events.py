"""Results that WeChat reports after the fact: template, mass, publish and subscribe jobs (contract §1.6, §8).

The worker reads them from the stored XML: `read_job_event(parse_inbound(raw))`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from wechat.inbound import Fields, Inbound, Value, as_list

_ERR = re.compile(r"err\((\d+)\)")


@dataclass(frozen=True, slots=True)
class TemplateResult:
    """One template message. `reason` of a failure: `user_block`, `system_failed` or the platform's word."""

    msgid: str
    openid: str = field(repr=False)
    delivered: bool
    reason: str = ""


@dataclass(frozen=True, slots=True)
class MassResult:
    """One mass send: counts only, nobody is named. `review_code` is the n of a status `err(n)`."""

    msg_id: str
    succeeded: bool
    status: str
    total: int
    filtered: int
    sent: int
    errors: int
    review_code: int | None = None
    urls: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PublishResult:
    """One publication. `status` 0 is success; see contract §9."""

    publish_id: str
    status: int
    article_id: str = ""
    urls: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SubscribeResult:
    """One subscribe notice of a person."""

    msgid: str
    openid: str = field(repr=False)
    template_id: str
    errcode: int
    status: str


JobResult = TemplateResult | MassResult | PublishResult | SubscribeResult


def read_job_event(inbound: Inbound) -> list[JobResult]:
    """The results one job event reports: one, except for subscribe notices. [] for other events."""
    if inbound.event == "TEMPLATESENDJOBFINISH":
        return [_template(inbound)]
    if inbound.event == "MASSSENDJOBFINISH":
        return [_mass(inbound)]
    if inbound.event in ("PUBLISHJOBFINISH", "FREEPUBLISHJOBFINISH"):
        return [_publish(inbound)]
    if inbound.event == "subscribe_msg_sent_event":
        return [_subscribe(inbound, entry) for entry in inbound.entries("SubscribeMsgSentEvent")]
    return []


def _msgid(inbound: Inbound) -> str:
    return inbound.text("MsgID") or inbound.text("MsgId")  # both spellings occur


def _template(inbound: Inbound) -> TemplateResult:
    status = _squeeze(inbound.text("Status"))
    reason = "" if status == "success" else _REASONS.get(status, status)
    return TemplateResult(_msgid(inbound), inbound.openid, status == "success", reason)


_REASONS = {"failed:userblock": "user_block", "failed:systemfailed": "system_failed"}


def _mass(inbound: Inbound) -> MassResult:
    status = inbound.text("Status")
    review = _ERR.fullmatch(_squeeze(status))
    return MassResult(
        msg_id=_msgid(inbound),
        succeeded=_squeeze(status) == "sendsuccess",
        status=status,
        total=_count(inbound.text("TotalCount")),
        filtered=_count(inbound.text("FilterCount")),
        sent=_count(inbound.text("SentCount")),
        errors=_count(inbound.text("ErrorCount")),
        review_code=int(review.group(1)) if review else None,
        urls=_urls(inbound.group("ArticleUrlResult").get("ResultList"), "ArticleUrl"),
    )


def _publish(inbound: Inbound) -> PublishResult:
    info = inbound.group("PublishEventInfo")
    return PublishResult(
        publish_id=_text(info, "publish_id"),
        status=_count(_text(info, "publish_status"), absent=-1),
        article_id=_text(info, "article_id"),
        urls=_urls(info.get("article_detail"), "article_url"),
    )


def _subscribe(inbound: Inbound, entry: Fields) -> SubscribeResult:
    return SubscribeResult(
        msgid=_text(entry, "MsgID"),
        openid=inbound.openid,
        template_id=_text(entry, "TemplateId"),
        errcode=_count(_text(entry, "ErrorCode"), absent=-1),
        status=_text(entry, "ErrorStatus"),
    )


def _urls(holder: Value | None, name: str) -> tuple[str, ...]:
    items = as_list(holder.get("item", [])) if isinstance(holder, dict) else []
    return tuple(_text(item, name) for item in items if isinstance(item, dict))


def _text(fields: Fields, name: str) -> str:
    value = fields.get(name, "")
    return value if isinstance(value, str) else ""


def _squeeze(status: str) -> str:
    """For comparing: the platform writes `failed: system failed` and `failed:user block`."""
    return re.sub(r"\s+", "", status).lower()


def _count(text: str, *, absent: int = 0) -> int:
    return int(text) if text.isascii() and text.isdigit() else absent
