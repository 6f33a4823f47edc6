"""The inbox: list, chat, answers by window and rider, two at once, other hands, and who sees what."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

import clock
import config
from bot import dispatcher
from models.accounts import AccountRoleKind
from models.audit import AuditEntry
from models.inbound import InboundMessage, InboxItem, InboxStatus, SavedReply, StaffReply, StaffReplyStatus
from models.people import Follower
from sandbox.testing import Sandbox, running_sandbox
from server.console import outbound
from services import inbox, staff_replies, wechat_account
from tests.bot.conftest import message
from tests.factories import make_account, make_follower, make_member, make_person, make_unit
from tests.factories.surveys import free_text, make_questionnaire
from tests.server.console.conftest import SignIn
from wechat.gateway import make_gateway
from wechat.token_stores import MemoryTokenStore

pytestmark = pytest.mark.usefixtures("noon")


@pytest.fixture(scope="module")
def running() -> Iterator[Sandbox]:
    with running_sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(running: Sandbox, noon: object) -> Iterator[Sandbox]:
    """A WeChat that takes our calls; it pushes nothing."""
    running.post("/_sandbox/reset")
    running.post("/_sandbox/clock", {"time": clock.timestamp()})
    settings = config.settings().model_copy(update={"wechat_api_url": running.url})
    wechat_account.set_gateway(make_gateway(settings, MemoryTokenStore()))
    yield running
    wechat_account.set_gateway(None)


def writer(sandbox: Sandbox | None = None, *, says: str = "食堂几点开饭", **values: Any) -> Follower:
    """A member who has just written something nobody understood: the window is open on both sides."""
    if sandbox is not None:
        values["openid"] = sandbox.add("方庆")
        sandbox.act(values["openid"], "text", content=says)
    member = make_member(**values)
    dispatcher.answer(message(member.openid, says))
    return Follower.get_by_id(member.id)


def form_of(client: FlaskClient, item: InboxItem) -> dict[str, str]:
    page = client.get(f"/console/inbox/{item.id}").text
    reply = page[page.index("/reply") :]
    return {
        name: re.search(rf'name="{name}" value="([^"]*)"', reply)[1]  # type: ignore[index]
        for name in ("version", "once")
    }


def secretary(sign_in: SignIn) -> FlaskClient:
    return sign_in(make_account(AccountRoleKind.SECRETARIAT))


def test_items_are_listed_masked_and_escaped_with_their_window(sign_in: SignIn) -> None:
    follower = writer(says="<script>食堂</script>")
    follower.person.name = "王小明"
    follower.person.save()
    inbox.keep(make_follower(), "在吗？？")
    client = secretary(sign_in)

    page = client.get("/console/inbox/").text

    assert "&lt;script&gt;食堂" in page
    assert "王小明" not in page
    assert "王*明" in page
    assert "未绑定的关注者" in page
    assert '剩 48 小时<span class="d-none d-md-inline">，5 条</span>' in page
    assert "已关闭" in page
    assert "在吗" not in client.get("/console/inbox/?window=open").text
    assert "在吗" in client.get("/console/inbox/?window=shut").text


def test_an_answer_goes_out_as_a_window_message_and_its_fate_is_shown(
    sign_in: SignIn, sandbox: Sandbox
) -> None:
    follower = writer(sandbox)
    account = make_account(AccountRoleKind.SECRETARIAT)
    client, item = sign_in(account), InboxItem.get()
    typed = form_of(client, item) | {"text": "11:30 <开饭>", "is_done": "1"}

    answer = client.post(f"/console/inbox/{item.id}/reply", data=typed)

    assert answer.status_code == 302
    reply = StaffReply.get()
    assert (reply.status, reply.account_id, reply.text) == (
        StaffReplyStatus.ACCEPTED,
        account.id,
        "11:30 <开饭>",
    )
    assert Follower.get_by_id(follower.id).window_left == 4
    got = sandbox.person(follower.openid)["chat"][-1]
    assert "11:30 &lt;开饭&gt;" in str(got)
    assert InboxItem.get().status is InboxStatus.DONE
    page = client.get(f"/console/inbox/{item.id}").text
    assert "微信已接受" in page
    assert "可再发 4 条" in page
    assert AuditEntry.select().where(AuditEntry.action == "inbox_item.replied").count() == 1


def test_a_form_sent_twice_makes_one_reply(sign_in: SignIn, sandbox: Sandbox) -> None:
    writer(sandbox)
    client, item = secretary(sign_in), InboxItem.get()
    typed = form_of(client, item) | {"text": "十一点半"}

    for _ in range(2):
        assert client.post(f"/console/inbox/{item.id}/reply", data=typed).status_code == 302

    assert StaffReply.select().count() == 1
    assert sandbox.get("/_sandbox/stats")["calls"]["/cgi-bin/message/custom/send"] == {"0": 1}


def test_a_form_without_its_number_is_refused_each_time(sign_in: SignIn, sandbox: Sandbox) -> None:
    writer(sandbox)
    client, item = secretary(sign_in), InboxItem.get()

    for _ in range(2):
        version = str(InboxItem.get().version)
        answer = client.post(
            f"/console/inbox/{item.id}/reply", data={"version": version, "once": " ", "text": "十一点半"}
        )
        assert answer.status_code == 422
        assert "这份表单不完整，没有发出" in answer.text
        assert "十一点半" in answer.text

    assert StaffReply.select().count() == 0


def test_of_two_who_answer_at_once_the_second_is_told_and_loses_nothing(
    sign_in: SignIn, sandbox: Sandbox
) -> None:
    writer(sandbox)
    one, other, item = secretary(sign_in), secretary(sign_in), InboxItem.get()
    first, second = form_of(one, item), form_of(other, item)

    assert one.post(f"/console/inbox/{item.id}/reply", data=first | {"text": "十一点半"}).status_code == 302
    refused = other.post(f"/console/inbox/{item.id}/reply", data=second | {"text": "我写的另一个答复"})

    assert refused.status_code == 409
    assert "别人刚刚处理了这一条" in refused.text
    assert ">我写的另一个答复</textarea>" in refused.text
    assert "十一点半" in refused.text
    assert StaffReply.select().count() == 1


@pytest.mark.parametrize(
    ("text", "told"), [("", "请填写回复内容"), ("长" * 700, "回复太长"), ("<" * 600, "回复太长")]
)
def test_an_empty_or_too_long_answer_is_refused_before_any_call(
    sign_in: SignIn, sandbox: Sandbox, text: str, told: str
) -> None:
    writer(sandbox)
    client, item = secretary(sign_in), InboxItem.get()

    answer = client.post(f"/console/inbox/{item.id}/reply", data=form_of(client, item) | {"text": text})

    assert answer.status_code == 422
    assert told in answer.text
    assert StaffReply.select().count() == 0
    assert "/cgi-bin/message/custom/send" not in sandbox.get("/_sandbox/stats")["calls"]


def test_after_the_window_the_answer_waits_for_the_next_message(sign_in: SignIn) -> None:
    follower = writer()
    item = InboxItem.get()
    clock.advance(timedelta(hours=49))
    client = secretary(sign_in)
    page = client.get(f"/console/inbox/{item.id}").text
    assert "客服窗口已关闭" in page
    assert "现在发送" not in page

    client.post(
        f"/console/inbox/{item.id}/reply", data=form_of(client, item) | {"text": "十一点半", "as_rider": "1"}
    )

    assert StaffReply.get().status is StaffReplyStatus.WAITING
    assert "等对方下次来消息时附上" in client.get(f"/console/inbox/{item.id}").text
    said = dispatcher.answer(message(follower.openid, "帮助"))
    assert str(said).endswith("【工作人员答复】\n十一点半")
    assert StaffReply.get().status is StaffReplyStatus.OFFERED


@pytest.mark.parametrize(
    ("errcode", "status", "told"),
    [
        (45015, StaffReplyStatus.WAITING, "等对方下次来消息时附上"),
        (45047, StaffReplyStatus.WAITING, "等对方下次来消息时附上"),
        (-1, StaffReplyStatus.FAILED, "微信暂时不可用"),
        (45002, StaffReplyStatus.FAILED, "没有发出"),
        (43004, StaffReplyStatus.FAILED, "没有发出"),
    ],
)
def test_what_wechat_refuses_is_shown_in_words(
    sign_in: SignIn, sandbox: Sandbox, errcode: int, status: StaffReplyStatus, told: str
) -> None:
    writer(sandbox)
    sandbox.fault(path="/cgi-bin/message/custom/send", errcode=errcode, times=5)
    client, item = secretary(sign_in), InboxItem.get()

    client.post(f"/console/inbox/{item.id}/reply", data=form_of(client, item) | {"text": "十一点半"})

    assert StaffReply.get().status is status
    assert told in client.get(f"/console/inbox/{item.id}").text


@pytest.mark.parametrize(
    ("status", "reason", "told"),
    [
        (StaffReplyStatus.ACCEPTED, "accepted", "回复已发出，微信已接受，会显示在对方的聊天里"),
        (StaffReplyStatus.WAITING, "", "回复已存好，等对方下次来消息时附上；在那以前可以撤下"),
        (StaffReplyStatus.WAITING, "window_shut", "客服窗口已关闭。回复已存好，等对方下次来消息时附上"),
        (StaffReplyStatus.FAILED, "try_later", "没有发到聊天里：微信暂时不可用。可以在对话里再发一次"),
        (StaffReplyStatus.UNKNOWN, "no_answer", "微信没有答复，不知道是否送到，不会自动重发。请先问对方"),
    ],
)
def test_what_became_of_a_reply_is_said_in_a_sentence(
    db: object, status: StaffReplyStatus, reason: str, told: str
) -> None:
    item = inbox.keep(make_follower(), "问句")

    assert outbound.told(StaffReply(inbox_item=item, status=status, reason=reason)).startswith(told)


def test_a_failed_one_is_sent_again_and_an_unknown_one_only_by_a_decision(
    sign_in: SignIn, sandbox: Sandbox
) -> None:
    writer(sandbox)
    client, item = secretary(sign_in), InboxItem.get()
    sandbox.fault(path="/cgi-bin/message/custom/send", errcode=-1, times=5)
    client.post(f"/console/inbox/{item.id}/reply", data=form_of(client, item) | {"text": "十一点半"})
    sandbox.post("/_sandbox/faults", {"clear": True})
    reply = StaffReply.get()
    StaffReply.update(status=StaffReplyStatus.SENDING, lease_until=clock.utc_now()).execute()

    assert staff_replies.free_expired() == 1
    assert "结果不明" in client.get(f"/console/inbox/{item.id}").text
    client.post(f"/console/inbox/replies/{reply.id}/again")
    assert StaffReply.get().status is StaffReplyStatus.UNKNOWN  # never again by itself
    client.post(f"/console/inbox/replies/{reply.id}/hold")

    assert StaffReply.get().status is StaffReplyStatus.WAITING
    client.post(f"/console/inbox/replies/{reply.id}/withdraw")
    assert StaffReply.get().status is StaffReplyStatus.WITHDRAWN


def test_the_chat_shows_both_sides_and_nothing_of_surveys_and_bindings(sign_in: SignIn) -> None:
    make_questionnaire(free_text(), is_anonymous=True)
    follower = writer()
    for said in ("需求征集", "我最怕领导知道的话", "绑定 ABCD2345", "匿名投诉 处长迟到", "我的", "帮助"):
        dispatcher.answer(message(follower.openid, said))
        clock.advance(timedelta(seconds=5))
    client = secretary(sign_in)

    page = client.get(f"/console/inbox/{InboxItem.get().id}").text

    assert "食堂几点开饭" in page
    assert "点文字或直接发送" in page
    for secret in ("我最怕领导知道的话", "ABCD2345", "处长迟到", "TS2611"):
        assert secret not in page, secret
    assert "需求征集的回答，不在这里显示" in page


def test_old_messages_are_gone_and_say_so(sign_in: SignIn) -> None:
    writer()
    InboundMessage.update(raw=None, reply=None).execute()

    page = secretary(sign_in).get(f"/console/inbox/{InboxItem.get().id}").text

    assert "原文已删除或不保留" in page


def test_a_school_sees_what_is_in_its_hands_and_hands_over_within_bounds(sign_in: SignIn) -> None:
    admin, unit = make_account(AccountRoleKind.SCHOOL_ADMIN), make_unit()
    own = inbox.keep(make_follower(person=make_person(member_unit=admin.member_unit)), "本校的话")
    other = inbox.keep(make_member(), "别校的话")
    inbox.keep(make_follower(), "路人的话")
    client = sign_in(admin)

    page = client.get("/console/inbox/").text

    assert "本校的话" in page
    assert "别校的话" not in page
    assert "路人的话" not in page
    for what in ("done", "reopen", "reply", "hand-over"):
        assert client.post(f"/console/inbox/{other.id}/{what}", data={"to": "unit:"}).status_code == 404
    client.post(f"/console/inbox/{own.id}/hand-over", data={"to": f"unit:{unit.id}", "version": "1"})
    assert InboxItem.get_by_id(own.id).member_unit_id == admin.member_unit_id
    client.post(f"/console/inbox/{own.id}/hand-over", data={"to": "unit:", "version": "1"})
    assert InboxItem.get_by_id(own.id).member_unit_id is None
    assert client.get(f"/console/inbox/{own.id}").status_code == 404


def test_what_is_handed_to_another_unit_shows_that_item_alone(sign_in: SignIn) -> None:
    liaison = make_account(AccountRoleKind.LIAISON)
    follower = writer()
    dispatcher.answer(message(follower.openid, "帮助"))
    item = InboxItem.get()
    to = f"account:{liaison.member_unit_id}:{liaison.id}"
    answer = secretary(sign_in).post(f"/console/inbox/{item.id}/hand-over", data={"to": to, "version": "1"})
    assert answer.status_code == 302

    page = sign_in(liaison).get(f"/console/inbox/{item.id}").text

    assert "食堂几点开饭" in page
    assert "点文字或直接发送" not in page
    assert "只显示这一条" in page
    assert InboxItem.get().assigned_to_id == liaison.id


def test_done_and_open_again(sign_in: SignIn) -> None:
    writer()
    client, item = secretary(sign_in), InboxItem.get()

    answer = client.post(f"/console/inbox/{item.id}/done", data={"back": "status=open"})
    assert answer.location == "/console/inbox/?status=open"
    client.post(f"/console/inbox/{item.id}/done")
    assert "这一条刚刚已有人处理" in client.get("/console/inbox/").text
    client.post(f"/console/inbox/{item.id}/reopen")

    assert InboxItem.get().status is InboxStatus.OPEN


def test_saved_replies_are_written_used_and_bound(sign_in: SignIn) -> None:
    admin = make_account(AccountRoleKind.SCHOOL_ADMIN)
    secretariat, school = secretary(sign_in), sign_in(admin)
    secretariat.post("/console/saved-replies/new", data={"title": "停车", "text": "东门有停车场"})
    school.post("/console/saved-replies/new", data={"title": "食堂", "text": "11:30 开饭"})
    sign_in(make_account(AccountRoleKind.LIAISON)).post(
        "/console/saved-replies/new", data={"title": "别校的", "text": "别校的话"}
    )
    shared = SavedReply.get(SavedReply.title == "停车")
    own = SavedReply.get(SavedReply.title == "食堂")
    item = inbox.keep(make_follower(person=make_person(member_unit=admin.member_unit)), "问句")

    page = school.get(f"/console/inbox/{item.id}").text
    assert 'data-insert="东门有停车场"' in page
    assert 'data-insert="11:30 开饭"' in page
    assert "别校的话" not in page
    assert school.get(f"/console/saved-replies/{shared.id}").status_code == 404
    refused = school.post("/console/saved-replies/new", data={"title": "", "text": "长" * 700})
    assert refused.status_code == 422
    assert "请填写名称" in refused.text
    late = school.post(
        f"/console/saved-replies/{own.id}", data={"title": "食堂", "text": "12:00", "version": "9"}
    )
    assert late.status_code == 409
    assert re.findall(r'text-break">([^<]*)<', late.text) == ["12:00", "11:30 开饭"]
    school.post(f"/console/saved-replies/{own.id}/remove")
    assert SavedReply.select().where(SavedReply.id == own.id).count() == 0


def test_what_waits_stands_on_the_first_page(sign_in: SignIn) -> None:
    writer()
    clock.advance(timedelta(hours=43))

    page = secretary(sign_in).get("/console/").text

    assert "没有处理的来信（1 条窗口快关闭）" in page


def test_the_list_costs_the_same_with_one_row_and_with_three(sign_in: SignIn, count_statements: Any) -> None:
    client = secretary(sign_in)
    inbox.keep(make_member(), "一")
    client.get("/console/inbox/")
    one = count_statements(lambda: client.get("/console/inbox/"))
    inbox.keep(make_member(), "二"), inbox.keep(make_follower(), "三")

    assert count_statements(lambda: client.get("/console/inbox/")) == one
