"""Conformance: wechatpy's client calls each modelled interface it knows; its callback classes read pushes."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from wechatpy import WeChatClient, create_reply, parse_message
from wechatpy.client.api import WeChatWxa
from wechatpy.crypto import WeChatCrypto
from wechatpy.events import SubscribeScanEvent, TemplateSendJobFinishEvent
from wechatpy.exceptions import WeChatClientException

from sandbox.testing import Sandbox, running_sandbox

REAL = "https://api.weixin.qq.com"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)
SALON = {"thing1": {"value": "沙龙"}, "time2": {"value": "14:00"}, "thing3": {"value": "报告厅"}}
SURVEY = {"thing1": {"value": "需求"}, "time2": {"value": "18:00"}, "thing3": {"value": "三分钟"}}
BUTTON = {"button": [{"type": "click", "name": "最新", "key": "LATEST"}]}
Checked = Callable[[Sandbox, WeChatClient, str], Any]


class Client(WeChatClient):
    """wechatpy with its hard-wired host turned to the sandbox."""

    def __init__(self, sandbox: Sandbox, app: str = "official") -> None:
        chosen = sandbox.platform.apps.mini if app == "mini" else sandbox.platform.apps.official
        super().__init__(chosen.app_id, chosen.secret)
        self._sandbox_url = sandbox.url

    def _request(self, method: str, url_or_endpoint: str, **kwargs: Any) -> Any:
        base = kwargs.pop("api_base_url", self.API_BASE_URL)
        url = url_or_endpoint if url_or_endpoint.startswith("http") else base + url_or_endpoint
        return super()._request(method, url.replace(REAL, self._sandbox_url), **kwargs)

    def fetch_access_token(self) -> Any:
        params = {"grant_type": "client_credential", "appid": self.appid, "secret": self.secret}
        told = self._http.get(f"{self._sandbox_url}/cgi-bin/token", params=params).json()
        self.session.set(self.access_token_key, told["access_token"], told["expires_in"])
        self.expires_at = 2**40
        return told


class Crowd:
    """Pushes go to a callback written with wechatpy alone."""

    def __init__(self) -> None:
        self.received: list[Any] = []
        self.crypto: WeChatCrypto | None = None
        self.reply = ""

    def __call__(self, query: dict[str, str], body: bytes) -> tuple[int, bytes]:
        assert self.crypto is not None
        opened = self.crypto.decrypt_message(body, query["msg_signature"], query["timestamp"], query["nonce"])
        message = parse_message(opened)
        self.received.append(message)
        if not self.reply or message.type == "event":
            return 200, b"success"
        xml = create_reply(self.reply, message).render()
        return 200, self.crypto.encrypt_message(xml, query["nonce"], query["timestamp"]).encode()


@pytest.fixture(scope="module")
def callback() -> Crowd:
    return Crowd()


@pytest.fixture(scope="module")
def sandbox(callback: Crowd) -> Iterator[Sandbox]:
    with running_sandbox(callback=callback, mini="") as running:
        options = running.platform.options
        callback.crypto = WeChatCrypto(options.token, options.aes_key, options.app_id)
        running.post("/_sandbox/clock", {"time": 1735704000, "rate": 0})
        yield running


@pytest.fixture(scope="module")
def client(sandbox: Sandbox) -> Client:
    return Client(sandbox)


@pytest.fixture
def openid(sandbox: Sandbox) -> str:
    openid = sandbox.add("甲")
    sandbox.say(openid, "你好")
    return openid


def test_menus(client: Client, openid: str) -> None:
    tag = client.tag.create("菜单组")["id"]
    client.menu.create(BUTTON)
    assert client.menu.get()["menu"]["button"][0]["key"] == "LATEST"
    assert client.menu.get_menu_info()["is_menu_open"] == 1
    rule = {**BUTTON, "matchrule": {"tag_id": str(tag)}}
    number = client.menu.add_conditional(rule)["menuid"]
    assert client.menu.try_match(openid)["button"]
    client.menu.del_conditional(number)
    client.menu.update(BUTTON)
    client.menu.delete()


def test_people_and_tags(client: Client, openid: str) -> None:
    assert client.user.get(openid)["subscribe"] == 1
    assert openid in client.user.get_followers()["data"]["openid"]
    assert openid in list(client.user.iter_followers())
    assert client.user.get_batch([openid])[0]["openid"] == openid
    client.user.update_remark(openid, "七校")
    assert client.user.change_openid("wxOld", [openid])[0]["new_openid"] == openid
    tag = client.tag.create("讲师")["id"]
    client.tag.update(tag, "教员")
    client.tag.tag_user(tag, [openid])
    assert client.tag.get_user_tag(openid) == [tag]
    assert client.tag.get_tag_users(tag)["data"]["openid"] == [openid]
    assert list(client.tag.iter_tag_users(tag)) == [openid]
    client.tag.untag_user(tag, [openid])
    assert client.tag.get()[-1]["name"] == "教员"
    client.tag.delete(tag)
    client.tag.batch_black_list([openid])
    assert openid in client.tag.get_black_list()["data"]["openid"]
    client.tag.batch_unblack_list([openid])


def test_messages(sandbox: Sandbox, client: Client, openid: str) -> None:
    image = client.media.upload("image", ("a.png", io.BytesIO(PNG)))["media_id"]
    client.message.send_text(openid, "您好")
    client.message.send_image(openid, image)
    client.message.send_articles(
        openid, [{"title": "一堂课", "description": "", "url": "https://m.example.org", "image": ""}]
    )
    menu = {"head_content": "如何", "list": [{"id": "1", "content": "好"}], "tail_content": "谢谢"}
    client.message.send_msg_menu(openid, menu)
    sandbox.say(openid, "再来")
    program = {"title": "签到", "appid": sandbox.platform.options.mini_app_id, "pagepath": "pages/a"}
    client.message.send_mini_program_page(openid, {**program, "thumb_media_id": image})
    assert client.message.send_template(openid, "TPL_SALON", SALON)["msgid"] > 10**18
    sandbox.platform.people.by_openid[openid].consents = {"ONE_NOTICE|7": 1, "BIZ_ACTIVITY|biz": 1}
    one = {"content": {"value": "明天"}}
    client.message.send_subscribe_template(openid, "ONE_NOTICE", 7, "提醒", one, url="https://x.org")
    client.message.send_subscribe_message(openid, "BIZ_ACTIVITY", SALON, page="https://x.org")
    assert len([row for row in sandbox.chat(openid) if row["by"] == "account"]) == 8


def test_mass_sends(sandbox: Sandbox, client: Client, openid: str) -> None:
    other = sandbox.add("乙")
    sent = client.message.send_mass_text("通知", [openid, other])
    assert client.message.get_mass(sent["msg_id"])["msg_status"] == "SEND_SUCCESS"
    client.message.send_mass_text("全体", is_to_all=True)
    picture = client.material.add("image", ("a.png", io.BytesIO(PNG)))["media_id"]
    article = {"title": "第三期", "content": "<p>x</p>", "thumb_media_id": picture}
    draft = client.draft.add([article])["media_id"]
    client.message.send_mass_article(draft, openid, preview=True)
    job = client.message.send_mass_article(draft, [openid, other])
    client.message.delete_mass(job["msg_id"])


def test_media_and_publishing(client: Client) -> None:
    temporary = client.media.upload("image", ("a.png", io.BytesIO(PNG)))["media_id"]
    assert client.media.download(temporary).content == PNG
    assert client.media.upload_image(("a.png", io.BytesIO(PNG)))
    made = client.material.add("image", ("a.png", io.BytesIO(PNG)))["media_id"]
    assert client.material.get(made).content == PNG
    assert client.material.get_count()["image_count"] >= 1
    assert client.material.batchget("image")["total_count"] >= 1
    article = {"title": "第三期", "content": "<p>x</p>", "thumb_media_id": made}
    draft = client.draft.add([article])["media_id"]
    client.draft.update(draft, 0, article)
    assert client.draft.get(draft)["news_item"][0]["title"] == "第三期"
    assert client.draft.count()["total_count"] >= 1
    assert client.draft.batchget()["item_count"] >= 1
    number = client.freepublish.submit(draft)["publish_id"]
    told = client.freepublish.get(number)
    assert client.freepublish.batchget(0, 20)["total_count"] >= 1
    assert client.freepublish.getarticle(told["article_id"])["news_item"]
    client.freepublish.delete(told["article_id"])
    spare = client.draft.add([article])["media_id"]
    client.draft.delete(spare)
    client.material.delete(made)


def test_codes_templates_and_the_rest(client: Client) -> None:
    scene = {"action_name": "QR_STR_SCENE", "action_info": {"scene": {"scene_str": "l7"}}}
    assert client.qrcode.create({"expire_seconds": 60, **scene})["ticket"]
    client.template.set_industry("39", "40")
    assert client.template.get_industry()["primary_industry"]["first_class"] == "教育"
    assert len(client.template.get_all_private_template()["template_list"]) >= 4
    client.template.del_private_template("TPL_JOURNAL")
    assert client.misc.get_wechat_ips() == ["127.0.0.1"]
    assert client.misc.check_network()["dns"]
    assert client.jsapi.get_jsapi_ticket()
    number = client.template.add_subscribe_message_template("401", [1, 2], "讲座提醒")
    assert client.template.get_category()[0]["name"] == "教育"
    assert client.template.get_subscribe_message_template_keywords("401")[0] == 4
    assert number in [row["priTmplId"] for row in client.template.get_subscribe_message_templates()]
    client.template.del_subscribe_message_template(number)


FIGURES = (
    *("get_user_summary", "get_user_cumulate", "get_interface_summary", "get_interface_summary_hour"),
    *("get_article_summary", "get_article_total", "get_user_read", "get_user_read_hour", "get_user_share"),
    *("get_user_share_hour", "get_upstream_msg", "get_upstream_msg_hour", "get_upstream_msg_week"),
    *("get_upstream_msg_month", "get_upstream_msg_dist", "get_upstream_msg_dist_week"),
    "get_upstream_msg_dist_month",
)


@pytest.mark.parametrize("name", FIGURES)
def test_figures(client: Client, name: str) -> None:
    assert isinstance(getattr(client.datacube, name)("2024-12-31", "2024-12-31"), list)


def test_the_mini_program(sandbox: Sandbox, openid: str) -> None:
    wxa: WeChatWxa = Client(sandbox, "mini").wxa
    mini_openid = wxa.code_to_session(sandbox.mini_login(openid))["openid"]
    assert mini_openid == sandbox.mini_openid(openid)
    code = sandbox.post(f"/_sandbox/people/{openid}/mini/phone")["code"]
    assert wxa.get_phone_number(code)["phone_info"]["countryCode"] == "86"
    assert wxa.get_wxa_code_unlimited("l=7", 280, page="pages/l").content[:2] == b"\xff\xd8"
    assert wxa.get_wxa_code("pages/l?id=7", 280).content[:2] == b"\xff\xd8"
    assert wxa.create_qrcode("pages/l?id=7", 280).content[:2] == b"\xff\xd8"
    sandbox.mini_consent(openid, "SUB_SURVEY")
    assert wxa.send_subscribe_message(mini_openid, "SUB_SURVEY", SURVEY, "pages/l")["errcode"] == 0
    target = {"path": "/pages/l", "query": "id=7"}
    assert wxa.get_url_scheme(is_expire=True, expire_type=1, expire_interval=7, jump_wxa=target)
    assert wxa.get_url_link(path="/pages/l", is_expire=True, expire_type=1, expire_interval=7)


def test_refusals_are_its_own_exceptions(client: Client) -> None:
    with pytest.raises(WeChatClientException) as refusal:
        client.message.send_text("oNobody", "您好")

    assert refusal.value.errcode == 40003


def test_a_killed_token_is_fetched_anew(sandbox: Sandbox, client: Client, openid: str) -> None:
    client.user.get(openid)
    sandbox.fault(kill_tokens=True)

    assert client.user.get(openid)["subscribe"] == 1


def test_pushes_are_opened_and_replies_accepted(sandbox: Sandbox, callback: Crowd) -> None:
    openid = sandbox.add("丙", follow=False)
    callback.received.clear()
    sandbox.act(openid, "scan", scene="lecture_7")
    callback.reply = "收到"
    told = sandbox.say(openid, "报名<&]]>")
    sandbox.act(openid, "location", latitude=31.8, longitude=120.5, label="党校")
    body = {"touser": openid, "template_id": "TPL_SALON", "data": SALON}
    sandbox.call("/cgi-bin/message/template/send", body)
    sandbox.settle()

    followed, text, place, event = callback.received
    assert isinstance(followed, SubscribeScanEvent)
    assert (followed.scene_id, text.content, place.label) == ("lecture_7", "报名<&]]>", "党校")
    assert told["reply"]["text"] == "收到"
    assert isinstance(event, TemplateSendJobFinishEvent)
    assert event.status == "success"
