"""One message, one act, one reply; the same reply to a repeat; nothing lost to an error."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from peewee import Database, OperationalError

import clock
from bot import dispatcher
from bot.context import Context
from bot.handlers import guide
from bot.router import Rank, Rule, on
from models.inbound import InboundMessage, InboundOutcome, InboxItem
from models.messaging import Campaign, CampaignStatus, Channel, ContentKind, Delivery, DeliveryStatus
from models.people import Follower, FollowPeriod, Topic, TopicOptIn
from services import followers, inbound
from services.messaging import riders
from tests.bot.conftest import Phone, event, message
from tests.factories import make_account, make_activity, make_follower, make_member
from tests.factories.surveys import free_text, make_questionnaire

Phones = Callable[..., Phone]


def test_a_repeat_gets_the_first_reply_and_no_second_act(phone: Phones) -> None:
    member = make_member()
    sent = message(member.openid, "订阅 讲座")

    first = dispatcher.answer(sent)
    make_activity()
    second = dispatcher.answer(sent)

    assert first == second
    assert InboundMessage.select().count() == 1
    assert TopicOptIn.select().where(TopicOptIn.topic == Topic.LECTURE, TopicOptIn.is_on).count() == 1


def test_two_followers_with_one_msg_id_are_both_answered(phone: Phones) -> None:
    one, other = make_member(), make_member()
    first = message(one.openid, "帮助")
    second = message(other.openid, "帮助", msg_id=first.msg_id)

    dispatcher.answer(first)
    dispatcher.answer(second)

    assert InboundMessage.select().count() == 2


def test_the_raw_message_and_the_reply_are_kept_sealed(phone: Phones, db: Database) -> None:
    said = phone(make_member()).says("帮助")

    row = InboundMessage.get()
    assert "<Content><![CDATA[帮助]]></Content>" in row.raw
    assert row.reply == said
    raw, reply = db.execute_sql("SELECT raw, reply FROM inbound_message").fetchone()
    assert "帮助".encode() not in bytes(raw)
    assert "帮助".encode() not in bytes(reply)
    assert row.act == "guide.guide"
    assert row.outcome is InboundOutcome.HANDLED


def _rule_of(handler: Callable[..., object], monkeypatch: pytest.MonkeyPatch, words: str) -> None:
    rule = Rule(Rank.EVENT, lambda ctx: ctx.words == words, handler, "test.breaks")  # type: ignore[arg-type]
    monkeypatch.setattr(on, "rules", [rule, *on.rules])


def test_a_handlers_error_undoes_the_act_and_keeps_the_message(
    phone: Phones, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def breaks(ctx: Context) -> str:
        make_activity(title="不该留下")
        raise ZeroDivisionError(f"{ctx.words}|{ctx.follower.openid}")

    _rule_of(breaks, monkeypatch, "坏了")
    member = make_member()
    sent = message(member.openid, "坏了")

    said = dispatcher.answer(sent)

    assert said == inbound.SORRY == dispatcher.answer(sent)
    row = InboundMessage.get()
    assert (row.outcome, row.act, row.follower_id) == (InboundOutcome.FAILED, "failed", member.id)
    assert row.raw is not None
    assert phone(member).says("最新讲座").startswith("近期还没有安排")
    assert "ZeroDivisionError" in caplog.text
    assert "坏了" not in caplog.text
    assert member.openid not in caplog.text


def test_when_the_database_does_not_answer_nothing_is_kept(
    phone: Phones, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(ctx: object) -> str:
        raise OperationalError("disk I/O error")

    _rule_of(breaks, monkeypatch, "坏了")
    member = make_member()

    with pytest.raises(OperationalError):
        dispatcher.answer(message(member.openid, "坏了"))

    assert InboundMessage.select().count() == 0
    assert phone(member).follower.last_message_at is None


def test_a_known_keyword_costs_three_statements(phone: Phones, count_statements: Callable[..., int]) -> None:
    member = make_member()
    make_activity(), make_activity()
    for words in ("最新讲座", "帮助", "期刊", "沙龙"):
        sent = message(member.openid, words)
        assert count_statements(lambda sent=sent: dispatcher.answer(sent)) <= 3, words


def test_a_follow_is_welcomed_with_what_to_do_next_and_recorded(phone: Phones) -> None:
    stranger = phone()

    said = stranger.follows("qrscene_leyu")

    assert "欢迎" in said
    assert "绑定 邀请码" in said
    assert "msgmenucontent" in said
    assert FollowPeriod.get(FollowPeriod.follower == stranger.follower).scene == "qrscene_leyu"


def test_a_follow_again_keeps_the_binding_and_says_so(phone: Phones) -> None:
    member = phone(make_member())
    member.leaves()
    assert not member.follower.is_following
    clock.advance(timedelta(days=3))

    said = member.follows()

    assert "欢迎回来" in said
    assert "第一步" not in said
    assert member.follower.is_following
    assert member.follower.person_id is not None


def test_the_leave_of_somebody_unknown_is_kept_and_not_answered(phone: Phones) -> None:
    phone().leaves()

    row = InboundMessage.get()
    assert row.follower_id is None
    assert row.reply is None


def test_a_message_opens_the_window_as_followers_does(phone: Phones, noon: datetime) -> None:
    """The hot path has this rule in SQL; it must agree with services/followers.py."""
    by_sql, by_service = make_follower(), make_follower()

    phone(by_sql).says("帮助")
    followers.seen(by_service, at=clock.utc_now())
    clock.advance(timedelta(hours=47, minutes=59, seconds=30))
    phone(by_sql).clicks("TOPICS"), phone(by_sql).taps("w", "帮助")
    followers.tapped(by_service, at=clock.utc_now())

    told = [(row.window_until, row.window_left, row.last_message_at) for row in _fresh(by_sql, by_service)]
    assert told[0] == told[1] == (clock.utc_now() + timedelta(minutes=1), 3, noon)


def _fresh(*rows: object) -> list[object]:
    return [type(row).get_by_id(row.id) for row in rows]  # type: ignore[attr-defined]


def test_a_late_older_message_does_not_shorten_the_window(phone: Phones, noon: datetime) -> None:
    member = make_member()
    phone(member).says("帮助")

    dispatcher.answer(message(member.openid, "帮助", create_time=int(clock.timestamp()) - 300))

    assert phone(member).follower.last_message_at == noon


@pytest.mark.parametrize("kind", ["image", "voice", "video", "shortvideo", "location", "link", "hologram"])
def test_no_kind_of_message_stays_unanswered(phone: Phones, kind: str) -> None:
    assert phone(make_member()).sends(kind, MediaId="m1")


def test_the_words_of_a_voice_are_text(phone: Phones) -> None:
    make_activity(title="基层治理专题")

    assert "基层治理专题" in phone(make_member()).sends("voice", Recognition="最新讲座。")


def test_what_nobody_understood_becomes_an_inbox_row(phone: Phones) -> None:
    member = make_member()

    said = phone(member).says("食堂几点开饭 ]]> <a href='x'>")

    assert "转给工作人员" in said
    item = InboxItem.get()
    assert (item.follower_id, item.text) == (member.id, "食堂几点开饭 ]]> <a href='x'>")
    assert InboundMessage.get().outcome is InboundOutcome.NOT_UNDERSTOOD


@pytest.mark.parametrize(
    "name", ["VIEW", "LOCATION", "view_miniprogram", "kf_close_session", "next_years_event"]
)
def test_events_that_ask_for_no_words_get_none(phone: Phones, name: str) -> None:
    assert dispatcher.answer(event(make_member().openid, name, "x")) is None


@pytest.mark.parametrize(
    "key",
    [
        "LECTURES",
        "SALONS",
        "E_JOURNALS",
        "SURVEY",
        "TOPICS",
        "FEEDBACK",
        "MY_SIGN_UPS",
        "MY_MESSAGES",
        "BIND",
    ],
)
def test_every_menu_key_is_answered_for_members_and_strangers(phone: Phones, key: str) -> None:
    assert phone(make_member()).clicks(key)
    assert phone().clicks(key)


def test_a_rider_goes_along_but_not_into_a_surveys_question(
    phone: Phones, monkeypatch: pytest.MonkeyPatch
) -> None:
    member = make_member()
    _wait_for(member)
    offered: list[int] = []
    monkeypatch.setattr(
        riders, "offer", lambda follower, *, budget_bytes, at: offered.append(budget_bytes) or "顺带一提"
    )
    make_questionnaire(free_text())

    assert "【1/1】" in phone(member).says("需求征集")
    assert offered == []
    aside = phone(member).says("帮助")  # who leaves a survey half done still gets the notice
    assert "\n——\n顺带一提\n——\n" in aside
    assert aside.endswith("接着答。")
    phone(member).says("希望多办现场教学")
    assert phone(member).says("帮助").endswith("\n——\n顺带一提")
    assert 0 < offered[0] < offered[-1] < 2048


def _wait_for(member: Follower) -> None:
    """A notice that waits for this member's next message."""
    campaign = Campaign.create(
        title="讲座", topic=Topic.LECTURE, content_kind=ContentKind.ACTIVITY, activity=make_activity(),
        member_unit=member.person.member_unit, author=make_account(), status=CampaignStatus.SENDING,
    )  # fmt: skip
    Delivery.create(
        campaign=campaign, person=member.person, follower=member, chunk=0,
        channel=Channel.RIDER, status=DeliveryStatus.PLANNED,
    )  # fmt: skip


def test_the_help_lists_words_that_are_understood(phone: Phones) -> None:
    for word, _ in guide.LINES:
        assert "还没看懂" not in phone(make_member()).says(word)


def test_a_message_from_one_who_had_left_is_a_new_follow(phone: Phones) -> None:
    member = phone(make_member())
    member.leaves()

    member.says("帮助")

    assert member.follower.is_following
    assert FollowPeriod.select().where(FollowPeriod.follower == member.follower).count() == 2


def test_a_rider_that_cannot_be_worded_undoes_nothing(
    phone: Phones, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    member = make_member()
    _wait_for(member)

    def fault(follower: Follower, *, budget_bytes: int, at: datetime) -> str:
        raise KeyError(member.openid)

    monkeypatch.setattr(riders, "offer", fault)

    assert phone(member).says("订阅 讲座").startswith("已订阅讲座")
    assert TopicOptIn.get().is_on
    assert "riders of follower" in caplog.text
    assert member.openid not in caplog.text
