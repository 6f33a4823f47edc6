"""The gateway against the sandbox: every call of it, and the platform's refusals."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from config import Settings
from sandbox.testing import Sandbox, running_sandbox
from tests.wechat.stand_in import StandIn
from wechat.answers import Article
from wechat.errors import ErrorClass, NotAllowed, OutcomeUnknown, Refused
from wechat.gateway import Gateway, make_gateway
from wechat.menu import MenuInvalid, same_menu
from wechat.messages import OneTimeMessage, TemplateMessage, WindowMessage
from wechat.sender import Outcome
from wechat.token_stores import MemoryTokenStore

PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 64
LECTURE = {"thing1": "红色讲坛", "time2": "2026年11月25日 14:00", "thing3": "报告厅", "name4": "王老师"}
MENU = [
    {"name": "学习", "sub_button": [{"type": "click", "name": "讲座", "key": "LECTURES"}]},
    {"type": "view", "name": "我的", "url": "https://m.example.org/m/"},
]


def gateway_of(sandbox: Sandbox, **changes: object) -> Gateway:
    settings = Settings(
        wechat_api_url=sandbox.url,
        wechat_open_url=sandbox.url,
        wechat_mp_url=sandbox.url,
        send_connections=8,
        **changes,
    )
    return make_gateway(settings, MemoryTokenStore())


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with running_sandbox() as running:
        yield running


@pytest.fixture
def account(sandbox: Sandbox) -> Iterator[Gateway]:
    made = gateway_of(sandbox)
    yield made
    made.close()


def template(key: int, openid: str, **changes: object) -> TemplateMessage:
    told = {"template_id": "TPL_LECTURE", "values": LECTURE, "client_msg_id": f"c{key}", **changes}
    return TemplateMessage(key, openid, **told)


def draft(account: Gateway) -> str:
    cover = account.add_image_material(PNG, "封面.PNG")
    picture = account.upload_article_image(PNG, "图.png")
    article = Article(
        title="第3期", content=f'<p>目录</p><img src="{picture}">', cover_media_id=cover.media_id
    )
    return account.draft_add([article])


def test_a_menu_is_made_read_and_removed(account):
    assert account.menu_get() is None
    account.menu_create(MENU)

    current = account.menu_get()

    assert same_menu(current, MENU)
    account.menu_delete()
    assert account.menu_get() is None


def test_a_wrong_menu_never_leaves(account, sandbox):
    with pytest.raises(MenuInvalid):
        account.menu_create([])

    assert account.menu_get() is None


def test_a_window_message_reaches_whoever_wrote(account, sandbox):
    openid = sandbox.add()
    with pytest.raises(Refused) as caught:
        account.send_window_message(openid, "通知")
    sandbox.say(openid, "你好")

    account.send_window_message(openid, '<a href="https://m.example.org">通知</a>')

    assert (caught.value.errcode, caught.value.error_class) == (45015, ErrorClass.F2)
    assert "通知" in str(sandbox.chat(openid)[-1])


def test_templates_are_sent_and_told_one_by_one(account, sandbox):
    openids = [sandbox.add(f"学员{n}") for n in range(20)]
    messages = [template(n, openid, url="https://m.example.org/m/a/1") for n, openid in enumerate(openids)]
    messages += [
        template(100, "oNobody", client_msg_id=""),
        template(101, openids[0], values=LECTURE | {"time2": "明天"}),
    ]

    outcomes = {o.key: o for o in account.send_templates(messages)}

    assert {o.outcome for key, o in outcomes.items() if key < 100} == {Outcome.ACCEPTED}
    assert len({o.msgid for key, o in outcomes.items() if key < 100}) == 20
    assert (outcomes[100].errcode, outcomes[100].error_class) == (40003, ErrorClass.F1)
    assert (outcomes[101].errcode, outcomes[101].error_class) == (47003, ErrorClass.F2)
    assert all(outcomes[key].rid for key in (100, 101))
    assert len(sandbox.chat(openids[3])) == 1


def test_the_same_client_msg_id_is_delivered_once(account, sandbox):
    openid = sandbox.add()

    first, second = [next(account.send_templates([template(1, openid)])) for _ in range(2)]

    assert (second.outcome, second.msgid) == (Outcome.ACCEPTED, first.msgid)
    assert len(sandbox.chat(openid)) == 1


def test_a_reply_lost_after_the_sending_is_unknown_and_not_doubled(account, sandbox):
    openid = sandbox.add()
    sandbox.say(openid, "你好")
    list(account.send_window_messages([WindowMessage(0, openid, "一")]))  # a kept connection
    sandbox.fault(path="/cgi-bin/message/custom/send", times=1, drop="after")

    (told,) = account.send_window_messages([WindowMessage(1, openid, "二")])

    assert told.outcome is Outcome.UNKNOWN
    assert str(sandbox.chat(openid)).count("二") == 1


def test_a_token_killed_by_another_client_is_renewed(account, sandbox):
    openids = [sandbox.add(f"学员{n}") for n in range(10)]
    before = account.access_token()
    told = {"grant_type": "client_credential", "force_refresh": True}
    options = sandbox.platform.options
    sandbox.post("/cgi-bin/stable_token", told | {"appid": options.app_id, "secret": options.app_secret})

    outcomes = list(account.send_templates(template(n, openid) for n, openid in enumerate(openids)))

    assert {o.outcome for o in outcomes} == {Outcome.ACCEPTED}
    assert [len(sandbox.chat(openid)) for openid in openids] == [1] * 10
    assert account.access_token() != before


def test_one_consent_is_one_message(account, sandbox):
    openid = sandbox.add()
    sandbox.platform.people.find(openid).consents["ONE_NOTICE|7"] = 1
    message = OneTimeMessage(1, openid, "ONE_NOTICE", 7, "讲座通知", "周三下午两点", "https://m.example.org")

    outcomes = [next(account.send_one_time([message])) for _ in range(2)]

    assert [o.outcome for o in outcomes] == [Outcome.ACCEPTED, Outcome.REFUSED]
    assert (outcomes[1].errcode, outcomes[1].error_class) == (43101, ErrorClass.F2)


def test_templates_are_listed_with_their_fields(account):
    known = {t.template_id: t for t in account.get_templates()}

    assert known["TPL_LECTURE"].fields == {
        "thing1": "thing",
        "time2": "time",
        "thing3": "thing",
        "name4": "name",
    }


def test_a_draft_is_made_and_removed(account):
    media_id = draft(account)
    account.draft_delete(media_id)

    with pytest.raises(Refused) as caught:
        account.draft_delete(media_id)
    assert caught.value.errcode == 40007


def test_a_mass_send_by_list_is_sent_once(account, sandbox):
    openids = [sandbox.add(f"学员{n}") for n in range(3)]
    media_id, again = draft(account), draft(account)

    receipt = account.mass_send_list(openids, media_id, clientmsgid="j3-1")
    repeat = account.mass_send_list(openids, again, clientmsgid="j3-1")

    assert (repeat.msg_id, repeat.was_duplicate) == (receipt.msg_id, True)
    assert receipt.msg_data_id
    assert not receipt.was_duplicate
    assert account.mass_get(receipt.msg_id) == "SEND_SUCCESS"
    assert [len(sandbox.chat(openid)) for openid in openids] == [1, 1, 1]
    account.mass_delete(receipt.msg_id)
    assert account.mass_get(receipt.msg_id) == "DELETE"


def test_a_mass_send_whose_answer_was_lost_is_found_again(account, sandbox):
    openids, media_id = [sandbox.add("甲"), sandbox.add("乙")], draft(account)
    sandbox.fault(path="/cgi-bin/message/mass/send", times=1, drop="after")
    with pytest.raises(OutcomeUnknown):
        account.mass_send_list(openids, media_id, clientmsgid="j3-2")

    again = draft(account)  # the first left the box; the key decides, not the draft
    receipt = account.mass_send_list(openids, again, clientmsgid="j3-2")

    assert receipt.was_duplicate
    assert [len(sandbox.chat(openid)) for openid in openids] == [1, 1]


def test_a_mass_send_of_one_is_refused(account, sandbox):
    with pytest.raises(Refused) as caught:
        account.mass_send_list([sandbox.add()], draft(account), clientmsgid="x")
    assert caught.value.errcode == 40130


def test_a_mass_send_to_all_and_a_preview(account, sandbox):
    openid = sandbox.add()
    media_id = draft(account)

    assert account.mass_preview(openid, media_id)
    assert account.mass_send_all(media_id, clientmsgid="all-1").msg_id
    assert len(sandbox.chat(openid)) == 2


def test_followers_are_read(account, sandbox):
    openids = {sandbox.add(f"学员{n}") for n in range(3)}
    stranger = sandbox.add("路人", follow=False)

    page = account.users()
    follower, other = account.user_info(next(iter(openids))), account.user_info(stranger)

    assert set(page.openids) == openids
    assert page.total == 3
    assert account.users(page.next_openid).next_openid == "" if page.next_openid else True
    assert (follower.is_following, other.is_following) == (True, False)
    assert follower.subscribed_at > 0


def test_quota_is_told(account, sandbox):
    path = "/cgi-bin/message/template/send"
    list(account.send_templates([template(1, sandbox.add())]))

    quota = account.quota(path)

    assert (quota.daily_limit, quota.used, quota.remain) == (100_000, 1, 99_999)


def test_a_used_up_quota_stops_the_sending(sandbox):
    with running_sandbox(limits={"/cgi-bin/message/template/send": 5}) as small:
        account = gateway_of(small)
        openids = [small.add(f"学员{n}") for n in range(100)]

        outcomes = list(account.send_templates(template(n, o) for n, o in enumerate(openids)))
        account.close()

    assert [o.outcome for o in outcomes].count(Outcome.ACCEPTED) == 5
    assert any(o.errcode == 45009 and o.stops_campaign for o in outcomes)
    assert len(outcomes) <= 32


def test_a_subscription_account_may_not_what_it_may_not(sandbox):
    account = gateway_of(sandbox, wechat_account_kind="subscription")

    with pytest.raises(NotAllowed, match="订阅号没有模板消息权限"):
        account.send_templates([])
    with pytest.raises(NotAllowed):
        account.mass_send_list(["a", "b"], "D1", clientmsgid="x")
    with pytest.raises(NotAllowed):
        account.oauth_url("https://m.example.org", "s1")
    account.menu_create(MENU)
    assert same_menu(account.menu_get(), MENU)


def test_a_right_the_platform_denies_is_turned_off():
    with running_sandbox(kind="subscription") as sandbox:
        account = gateway_of(sandbox)  # the settings say service; the platform knows better
        openid = sandbox.add()

        (told,) = account.send_templates([template(1, openid)])
        with pytest.raises(Refused) as refused:
            account.mass_send_list([openid, "oX"], "D1", clientmsgid="x")
        account.close()

    assert (told.errcode, refused.value.errcode) == (48001, 48001)
    assert "48001" in account.capabilities.reason("template_message")
    assert not account.capabilities.allows("mass_by_list")
    assert account.capabilities.allows("menu")


def test_an_oauth_address_keeps_its_order_and_fragment(account, sandbox):
    url = account.oauth_url("https://m.example.org/m/in?to=/m/a/1", "s1")

    assert url == (
        f"{sandbox.url}/connect/oauth2/authorize?appid={account.app_id}"
        "&redirect_uri=https%3A%2F%2Fm.example.org%2Fm%2Fin%3Fto%3D%2Fm%2Fa%2F1"
        "&response_type=code&scope=snsapi_base&state=s1#wechat_redirect"
    )
    with pytest.raises(ValueError, match="state"):
        account.oauth_url("https://m.example.org", "a b")


def test_an_oauth_code_is_exchanged_without_an_access_token(gateway, platform: StandIn):
    path = "/sns/oauth2/access_token"
    who = {"access_token": "ua", "openid": "oU1", "unionid": "uU1", "scope": "snsapi_base"}
    platform.answer(path, who, who | {"is_snapshotuser": 1}, {"errcode": 40163, "errmsg": "code been used"})

    first, snapshot = gateway.oauth_identity("c1"), gateway.oauth_identity("c2")
    with pytest.raises(Refused) as used:
        gateway.oauth_identity("c1")

    assert (first.openid, first.unionid, first.is_snapshot_user) == ("oU1", "uU1", False)
    assert snapshot.is_snapshot_user
    assert used.value.error_class is ErrorClass.H
    assert platform.seen[0].query == {
        "appid": "wx0123456789abcdef",
        "secret": "the-secret-of-the-account",
        "code": "c1",
        "grant_type": "authorization_code",
    }
    assert platform.calls("/cgi-bin/stable_token") == []


def test_the_consent_page_has_its_address(account, sandbox):
    url = account.one_time_url("ONE_NOTICE", scene=7, redirect_url="https://m.example.org/m/once")

    assert url.startswith(f"{sandbox.url}/mp/subscribemsg?action=get_confirm&appid={account.app_id}&scene=7")
    assert url.endswith("#wechat_redirect")
