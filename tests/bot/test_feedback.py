"""投诉建议 in chat: a number and a day, the way to the answer, one word about it; and our staff's answers."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta

import pytest

import clock
from models.accounts import AccountRoleKind
from models.complaints import Complaint, ComplaintKind, ComplaintStatus
from models.inbound import InboundMessage, InboxItem, InboxStatus, StaffReply, StaffReplyStatus
from models.people import Follower
from services import complaints, inbox, staff_replies
from tests.bot.conftest import Phone
from tests.factories import make_account, make_follower, make_member

Phones = Callable[..., Phone]
LINK = re.compile(r"msgmenuid=([^\"]+)\">([^<]+)</a>")


def answered(complaint: Complaint, text: str = "已改到周六") -> Complaint:
    actor = make_account(AccountRoleKind.SECRETARIAT)
    complaints.answer(complaint, text, version=complaint.version, once=f"a{complaint.id}", actor=actor)
    return Complaint.get_by_id(complaint.id)


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("反馈 讲座排在周末", ComplaintKind.OPINION),
        ("投诉：讲座排在周末", ComplaintKind.COMPLAINT),
        ("建议，讲座排在周末", ComplaintKind.SUGGESTION),
        ("投诉建议 讲座排在周末", ComplaintKind.COMPLAINT),
    ],
)
def test_it_is_kept_with_a_number_and_a_day(phone: Phones, words: str, kind: ComplaintKind) -> None:
    member = make_member()

    said = phone(member).says(words)

    row = Complaint.get()
    assert (row.kind, row.text, row.due_on) == (kind, "讲座排在周末", date(2026, 12, 3))
    assert (row.follower_id, row.person_id) == (member.id, member.person_id)
    assert row.member_unit_id == member.person.member_unit_id
    assert f"编号 TS261123-{row.id:03d}，本单位会在 12月3日 前答复您" in said
    assert phone(make_member()).says("反馈").startswith("请发送“反馈 您的意见”")
    assert Complaint.select().count() == 1
    assert InboxItem.select().count() == 0


def test_who_is_not_to_be_named_is_not_found_in_the_chat_either(phone: Phones) -> None:
    said = phone(make_member()).says("匿名投诉 食堂不干净")

    row = Complaint.get()
    assert (row.hides_name, row.member_unit_id, row.text) == (True, None, "食堂不干净")
    assert "联盟秘书处" in said
    assert InboundMessage.get().raw is None


def test_a_stranger_may_complain_and_reads_on(phone: Phones) -> None:
    stranger = phone()
    assert "还没有提交过" in stranger.says("我的投诉")
    stranger.says("投诉 关注后没有反应")

    assert "（已收到）关注后没有反应\n　12月3日 前答复" in stranger.says("我的投诉")
    assert "1 条投诉建议" in stranger.says("我的")
    assert Complaint.get().member_unit is None


def test_the_answer_is_read_and_rated_once_by_tap(phone: Phones) -> None:
    mine = phone(make_member())
    mine.says("反馈 讲座排在周末")
    answered(Complaint.get())

    shown = mine.says("我的投诉")
    assert "答复：已改到周六" in shown
    links = {words: menu_id for menu_id, words in LINK.findall(shown)}
    assert mine.taps(links["满意"], "满意").startswith("谢谢您的评价")
    assert "已经评价过" in mine.taps(links["不满意"], "不满意")

    row = Complaint.get()
    assert (row.status, row.is_satisfied) == (ComplaintStatus.CLOSED, True)


def test_not_satisfied_by_word_opens_it_again_with_a_new_day(phone: Phones) -> None:
    mine = phone(make_member())
    mine.says("反馈 讲座排在周末")
    answered(Complaint.get())
    clock.advance(timedelta(days=1))

    assert "12月4日 前再答复您" in mine.says("不满意")

    row = Complaint.get()
    assert (row.status, row.due_on) == (ComplaintStatus.REOPENED, date(2026, 12, 4))
    assert "已转给工作人员" in mine.says("满意")  # nothing waits for the word


def test_anothers_answer_cannot_be_rated(phone: Phones) -> None:
    mine, other = phone(make_member()), phone(make_member())
    mine.says("反馈 讲座排在周末")
    answered(Complaint.get())
    links = {words: menu_id for menu_id, words in LINK.findall(mine.says("我的投诉"))}

    assert "没有找到" in other.taps(links["不满意"])
    assert Complaint.get().is_satisfied is None


@pytest.mark.parametrize(
    ("words", "told"),
    [("请回电 13800138000", "会就 TS"), ("请回电", "请连同号码"), ("请回电 12", "不像一个电话号码")],
)
def test_a_call_may_be_asked_for(phone: Phones, words: str, told: str) -> None:
    mine = phone(make_member())
    assert "没有正在办理" in mine.says("请回电 13800138000")
    mine.says("反馈 讲座排在周末")

    assert told in mine.says(words)
    assert Complaint.get().contact == ("13800138000" if "会就" in told else None)


def test_what_nobody_understood_becomes_a_complaint_by_a_tap(phone: Phones) -> None:
    mine, other = phone(make_member()), phone(make_member())
    said = mine.says("食堂的菜总是凉的")
    links = {words: menu_id for menu_id, words in LINK.findall(said)}

    assert "已经处理过了" in other.taps(links["作为意见提交"])
    assert "编号 TS" in mine.taps(links["作为意见提交"], "作为意见提交")

    assert InboxItem.get().status is InboxStatus.DONE
    assert Complaint.get().text == "食堂的菜总是凉的"
    assert "编号 TS" in mine.taps(links["作为意见提交"], "作为意见提交")
    assert Complaint.select().count() == 1


def test_too_many_in_a_day_are_refused_in_words(phone: Phones) -> None:
    mine = phone(make_member())
    for n in range(10):
        mine.says(f"反馈 意见{n}")

    assert "今天已经提交了 10 条" in mine.says("反馈 再来一条")
    clock.advance(timedelta(days=1))
    assert "编号" in mine.says("反馈 再来一条")


def waiting_reply(follower: Follower, text: str) -> StaffReply:
    actor = make_account(AccountRoleKind.SECRETARIAT)
    return staff_replies.begin(follower, text, once=text[:20], actor=actor)


@pytest.mark.parametrize("is_bound", [True, False])
def test_an_answer_of_our_staff_rides_on_the_next_reply_once(phone: Phones, is_bound: bool) -> None:
    follower = make_member() if is_bound else make_follower()
    reply = waiting_reply(follower, "食堂 <11:30> 开饭")

    first, second = phone(follower).says("帮助"), phone(follower).says("帮助")

    assert first.endswith("\n——\n【工作人员答复】\n食堂 &lt;11:30&gt; 开饭")
    assert "工作人员答复" not in second
    assert StaffReply.get_by_id(reply.id).status is StaffReplyStatus.OFFERED


def test_a_long_answer_is_pointed_at_and_read_by_word(phone: Phones) -> None:
    follower = make_member()
    reply = waiting_reply(follower, "长" * 600)
    mine = phone(follower)

    assert "工作人员给您的答复较长" in mine.says("帮助")
    assert StaffReply.get_by_id(reply.id).status is StaffReplyStatus.WAITING
    assert "长" * 600 in mine.says("查看答复")
    assert StaffReply.get_by_id(reply.id).status is StaffReplyStatus.OFFERED
    assert "长" * 600 in mine.says("查看答复")  # to be read again
    assert "工作人员给您" not in mine.says("帮助")


def test_several_messages_of_one_matter_are_one_item(phone: Phones) -> None:
    mine = phone(make_member())
    mine.says("请问一下"), mine.says("停车场从哪个门进"), mine.sends("image", MediaId="m")

    item = InboxItem.get()
    assert item.text == "请问一下\n停车场从哪个门进\n［图片］"
    assert item.kind == inbox.QUESTION
    clock.advance(timedelta(minutes=11))
    mine.says("另外还有一件事")
    assert InboxItem.select().count() == 2


@pytest.mark.parametrize(
    ("kind", "fields", "kept"),
    [
        ("image", {"MediaId": "m"}, "［图片］"),
        ("file", {"Title": "花名册.xlsx"}, "［文件］花名册.xlsx"),
        ("link", {"Title": "新闻", "Url": "https://example.com/"}, "［链接］新闻 https://example.com/"),
        ("voice", {"MediaId": "m"}, "［语音，没有识别出文字］"),
    ],
)
def test_pictures_links_and_files_go_to_a_person(
    phone: Phones, kind: str, fields: dict[str, str], kept: str
) -> None:
    said = phone(make_member()).sends(kind, **fields)

    assert "已转给工作人员" in said
    item = InboxItem.get()
    assert (item.text, item.kind) == (kept, inbox.MEDIA)


def test_a_place_is_not_kept(phone: Phones) -> None:
    said = phone(make_member()).sends("location", Location_X="31.9", Location_Y="120.5", Label="某处")

    assert "不收集" in said
    assert InboxItem.select().count() == 0
    assert InboundMessage.get().raw is None
