"""Message templates: only wordings and fields that can be sent."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

import config
from models.accounts import Account, AccountRoleKind
from models.messaging import Basis, ContentKind, TemplateMapping
from models.people import Topic
from sandbox.testing import running_sandbox
from services import wechat_account
from tests.factories import make_account
from wechat.gateway import make_gateway
from wechat.token_stores import MemoryTokenStore

SignIn = Callable[[Account], FlaskClient]
FORM = {
    "name": "讲座通知",
    "template_id": "TPL_LECTURE",
    "title": "讲座订阅提醒",
    "content_kind": "activity",
    "basis": "opt_in",
    "topic": "lecture",
    "fields": "thing1 = title\ntime2＝starts_at\n",
    "is_active": "1",
}


def test_a_template_is_added_and_changed(sign_in: SignIn) -> None:
    client = sign_in(make_account(AccountRoleKind.SECRETARIAT))

    client.post("/console/templates/new", data=FORM)
    mapping = TemplateMapping.get()
    client.post(f"/console/templates/{mapping.id}", data=FORM | {"title": "讲座提醒", "is_active": ""})

    changed = TemplateMapping.get()
    assert (mapping.fields, mapping.topic) == ({"thing1": "title", "time2": "starts_at"}, Topic.LECTURE)
    assert (changed.title, changed.is_active, TemplateMapping.select().count()) == ("讲座提醒", False, 1)
    assert "thing1=title" in client.get(f"/console/templates/{mapping.id}").text


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"template_id": ""}, "请填写模板编号"),
        ({"topic": ""}, "请选择订阅的主题"),
        ({"content_kind": "questionnaire"}, "问卷邀请不能用模板消息"),
        ({"fields": ""}, "请至少写一行"),
        ({"fields": "thing1"}, "缺少等号"),
        ({"fields": "标题=title"}, "不是模板的字段名"),
        ({"fields": "thing1=phone"}, "不能填入模板"),
    ],
)
def test_what_cannot_be_sent_is_refused(sign_in: SignIn, wrong: dict[str, str], words: str) -> None:
    answer = sign_in(make_account(AccountRoleKind.SECRETARIAT)).post(
        "/console/templates/new", data=FORM | wrong
    )

    assert (answer.status_code, words in answer.text) == (422, True)
    assert TemplateMapping.select().count() == 0


def test_two_templates_do_not_share_a_name(sign_in: SignIn) -> None:
    TemplateMapping.create(
        name="讲座通知", template_id="A", title="A", basis=Basis.SIGN_UP, content_kind=ContentKind.ACTIVITY
    )

    answer = sign_in(make_account(AccountRoleKind.SECRETARIAT)).post("/console/templates/new", data=FORM)

    assert "已有同名的模板" in answer.text


def test_the_accounts_library_is_synced_and_used(sign_in: SignIn, monkeypatch: pytest.MonkeyPatch) -> None:
    with running_sandbox() as sandbox:
        settings = config.settings().model_copy(update={"wechat_api_url": sandbox.url})
        gateway = make_gateway(settings, MemoryTokenStore())
        monkeypatch.setattr(wechat_account, "gateway", lambda: gateway)
        client = sign_in(make_account(AccountRoleKind.SECRETARIAT))

        told = client.post("/console/templates/sync", follow_redirects=True).text
        template = gateway.get_templates()[0]
        chosen = client.get(f"/console/templates/new?template={template.template_id}").text
        sandbox.fault(path="/cgi-bin/template/get_all_private_template", errcode=48001, times=1)
        refused = client.post("/console/templates/sync", follow_redirects=True).text
        gateway.close()

    assert "公众号现有" in told
    assert template.title in told
    assert f'value="{template.template_id}"' in chosen
    assert f"{next(iter(template.fields))}=" in chosen
    assert "没有同步" in refused
