"""The account's template library, kept in step with WeChat's, and what is wrong with our mappings to it.

WeChat deletes templates when the account's category changes; a send with such an id is refused
(40037) and would stop a campaign. So a mapping whose template is gone is put out of use at once:
the planner then takes another channel.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import clock
from models.accounts import Account
from models.base import db
from models.messaging import TemplateMapping
from models.template_library import AccountTemplate
from services import access, audit
from wechat.answers import Template
from wechat.gateway import Gateway

GONE = "公众号里已没有这个模板，已停用；请在公众平台重新申请，再换上新的编号"


@dataclass(slots=True)
class Synced:
    """What a look at WeChat's library changed: titles of templates, names of mappings."""

    total: int = 0
    added: list[str] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    stopped: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Fault:
    mapping: TemplateMapping
    why: str


def sync(*, wechat: Gateway, actor: Account | None = None) -> Synced:
    """Ask WeChat for the library and keep it. Raises wechat.errors.WeChatError; then nothing changed."""
    if actor is not None:
        access.require(actor, "templates.manage")
    told = wechat.get_templates()
    with db.atomic():
        synced = _keep(told)
        if actor is not None:
            audit.record(
                "template_library.synced",
                None,
                actor=actor,
                total=synced.total,
                gone=synced.gone,
                stopped=synced.stopped,
            )
    return synced


def is_known() -> bool:
    """Whether WeChat was ever asked: before, nothing can be said of an id."""
    return AccountTemplate.select().exists()


def templates() -> list[AccountTemplate]:
    """What the account has now, by title."""
    query = AccountTemplate.select().where(AccountTemplate.gone_at.is_null())
    return list(query.order_by(AccountTemplate.title, AccountTemplate.id))


def find(template_id: str) -> AccountTemplate | None:
    found: AccountTemplate | None = AccountTemplate.get_or_none(
        AccountTemplate.template_id == template_id, AccountTemplate.gone_at.is_null()
    )
    return found


def why_unfit(template_id: str, keys: Mapping[str, str]) -> dict[str, str]:
    """What is wrong with a mapping's id and keys, by form field; {} also when WeChat was never asked."""
    if not is_known():
        return {}
    template = find(template_id)
    if template is None:
        return {"template_id": "公众号的模板库里没有这个编号；请先同步模板库，再从右侧选用"}
    missing = [key for key in template.fields if key not in keys]
    extra = [key for key in keys if key not in template.fields]
    told = []
    if missing:
        told.append(f"缺少字段 {'、'.join(missing)}")
    if extra:
        told.append(f"这个模板没有字段 {'、'.join(extra)}")
    return {"fields": "；".join(told)} if told else {}


def faults() -> list[Fault]:
    """Mappings that WeChat would refuse: their template is gone, or its keys are others."""
    gone = {row.template_id for row in AccountTemplate.select().where(AccountTemplate.gone_at.is_null(False))}
    has = {row.template_id: row for row in templates()}
    found = []
    for mapping in TemplateMapping.select().order_by(TemplateMapping.name):
        if mapping.template_id in gone:
            found.append(Fault(mapping, GONE))
        elif mapping.is_active and (gone or has):
            wrong = why_unfit(mapping.template_id, mapping.fields)
            found += [Fault(mapping, why) for why in wrong.values()]
    return found


def _keep(told: list[Template]) -> Synced:
    now, synced = clock.utc_now(), Synced(total=len(told))
    known = {row.template_id: row for row in AccountTemplate.select()}
    for each in told:
        row = known.pop(each.template_id, None)
        if row is None or row.gone_at is not None:
            synced.added.append(each.title)
        row = row or AccountTemplate(template_id=each.template_id)
        row.title, row.content, row.example = each.title[:80], each.content, each.example
        row.fields, row.seen_at, row.gone_at = each.fields, now, None
        row.save()
    for row in known.values():
        if row.gone_at is None:
            row.gone_at = now
            row.save(only=[AccountTemplate.gone_at])
            synced.gone.append(row.title)
    synced.stopped = _stop_gone([row.template_id for row in known.values()])
    return synced


def _stop_gone(template_ids: list[str]) -> list[str]:
    where = (TemplateMapping.template_id.in_(template_ids), TemplateMapping.is_active)
    stopped = [row.name for row in TemplateMapping.select().where(*where)]
    TemplateMapping.update(is_active=False, version=TemplateMapping.version + 1).where(*where).execute()
    return stopped
