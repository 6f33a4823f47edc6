"""The account's template library against the local WeChat: what comes, what goes, what is wrong with ours."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import pytest
from peewee import Database

import config
from models.accounts import AccountRoleKind
from models.audit import AuditEntry
from models.messaging import Basis, ContentKind, TemplateMapping
from models.people import Topic
from models.template_library import AccountTemplate
from sandbox.testing import Sandbox, running_sandbox
from services.errors import Invalid
from services.messaging import template_library, template_mappings
from tests.factories import make_account
from wechat.errors import WeChatError
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


def make_mapping(template: AccountTemplate, **values: object) -> TemplateMapping:
    fields = dict.fromkeys(template.fields, "title")
    defaults = {"name": template.title, "template_id": template.template_id, "title": template.title[:40]}
    kept = {"basis": Basis.SIGN_UP, "content_kind": ContentKind.ACTIVITY, "fields": fields}
    return TemplateMapping.create(**(defaults | kept | values))


def test_the_library_is_kept_as_wechat_tells_it(wechat: Gateway) -> None:
    first = template_library.sync(wechat=wechat)
    again = template_library.sync(wechat=wechat)

    told = {template.template_id: template.fields for template in wechat.get_templates()}
    assert {row.template_id: row.fields for row in template_library.templates()} == told
    assert first.total == len(first.added) == len(told) > 0
    assert (again.added, again.gone) == ([], [])


def test_a_mapping_whose_template_is_gone_is_put_out_of_use(wechat: Gateway) -> None:
    template_library.sync(wechat=wechat)
    gone = AccountTemplate.create(
        template_id="TPL_DELETED", title="旧模板", content="", fields={}, seen_at=datetime(2026, 11, 1)
    )
    mapping = make_mapping(gone)

    told = template_library.sync(wechat=wechat)

    assert (told.gone, told.stopped) == (["旧模板"], ["旧模板"])
    assert not TemplateMapping.get_by_id(mapping.id).is_active
    assert [(each.mapping.id, each.why) for each in template_library.faults()] == [
        (mapping.id, template_library.GONE)
    ]


def test_keys_that_the_template_has_not_are_told_before_anything_is_sent(wechat: Gateway) -> None:
    template_library.sync(wechat=wechat)
    template = template_library.templates()[0]
    keys = list(template.fields)
    values = {
        "name": "讲座提醒",
        "template_id": template.template_id,
        "title": template.title,
        "basis": Basis.OPT_IN,
        "topic": Topic.LECTURE,
        "content_kind": ContentKind.ACTIVITY,
        "fields": {key: "title" for key in keys[1:]} | {"phrase99": "title"},
    }

    with pytest.raises(Invalid) as wrong:
        template_mappings.save(None, values, actor=make_account(AccountRoleKind.SECRETARIAT))

    assert wrong.value.fields == {"fields": f"缺少字段 {keys[0]}；这个模板没有字段 phrase99"}


def test_an_id_of_another_account_is_refused_once_the_library_is_known(wechat: Gateway) -> None:
    assert template_library.why_unfit("TPL_FOREIGN", {}) == {}

    template_library.sync(wechat=wechat)

    assert set(template_library.why_unfit("TPL_FOREIGN", {})) == {"template_id"}


def test_a_refusal_changes_nothing(wechat: Gateway, sandbox: Sandbox) -> None:
    template_library.sync(wechat=wechat)
    before = [row.seen_at for row in AccountTemplate.select()]
    sandbox.fault(path="/cgi-bin/template/get_all_private_template", errcode=48001, times=1)

    with pytest.raises(WeChatError):
        template_library.sync(wechat=wechat, actor=make_account(AccountRoleKind.SECRETARIAT))

    assert [row.seen_at for row in AccountTemplate.select()] == before
    assert AuditEntry.select().count() == 0
