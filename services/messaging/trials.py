"""Trial sends (试发): a campaign on the phones of those who make it, by the same texts and calls.

A trial has a row of its own, written before its call: a kill leaves it as unknown, and no figure, no
ledger and no review counts it. It says 试发, goes to people of the own unit who are named as testers
(or to oneself), and is a line of the audit trail.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress

from peewee import ModelSelect

import clock
import config
from models.accounts import Account
from models.alliance import MemberUnit
from models.base import db
from models.messaging import AttemptOutcome, Campaign, CampaignStatus, Channel
from models.people import Follower, Person, SubscriptionConsent
from models.trial_sends import Tester, TrialSend
from services import access, audit, followers
from services.errors import IllegalMove, Invalid, NotFound
from services.messaging import (
    article_pictures,
    contents,
    mass_drafts,
    planner,
    quotas,
    reasons,
    variables,
)
from wechat.capabilities import Capability, granted
from wechat.errors import NotAllowed, OutcomeUnknown, Refused, TryLater, WeChatError
from wechat.gateway import Gateway
from wechat.messages import OneTimeMessage, TemplateMessage, WindowMessage
from wechat.sender import SendOutcome

MARK = "【试发】"
MOST_PEOPLE = 5
NEEDS = {
    Channel.WINDOW_MESSAGE: {Capability.WINDOW_MESSAGE},
    Channel.TEMPLATE_MESSAGE: {Capability.TEMPLATE_MESSAGE},
    Channel.ONE_TIME_SUBSCRIPTION: {Capability.ONE_TIME_SUBSCRIPTION},
    Channel.MASS_SEND: {Capability.DRAFT, Capability.MASS_BY_TAG},
    Channel.RIDER: {Capability.WINDOW_MESSAGE},  # shown by a window message: nothing is asked for it
}
SENDING = "正在发送；如果一直这样，说明发送中断，请看手机有没有收到"
WINDOW_SHUT = "48 小时内没有和公众号说过话，或可发的条数用完了：请先给公众号发一条消息再试"
OUTCOME_WORDS = {
    AttemptOutcome.ACCEPTED: "已发出",
    AttemptOutcome.REFUSED: "没有发出",
    AttemptOutcome.TRY_LATER: "没有发出，可以稍后再试",
    AttemptOutcome.UNKNOWN: "结果不明",
}
Said = tuple[AttemptOutcome, int, str, str]  # outcome, errcode, msg_id, words


def channels_of_account() -> list[Channel]:
    """The channels a trial may take. A one-time subscription uses up a consent of the tester's."""
    settings = config.settings()
    allowed = granted(settings.wechat_account_kind, verified=settings.wechat_verified)
    return [channel for channel, needed in NEEDS.items() if needed <= allowed]


def channels_for(campaign: Campaign) -> list[Channel]:
    """Those of them that this campaign may be tried by: a digest is one draft, shown by preview."""
    found = channels_of_account()
    return [each for each in found if each is Channel.MASS_SEND] if campaign.is_digest else found


def people(actor: Account) -> list[Person]:
    """Who may be sent a trial by this account: itself and its unit's testers, bound and following."""
    named = Tester.select(Tester.person).where(Tester.member_unit == actor.member_unit_id)
    meant = Person.id.in_(named)
    if actor.person_id is not None:
        meant = meant | (Person.id == actor.person_id)
    return list(_bound().where(meant).order_by(Person.id))


def candidates(actor: Account) -> list[Person]:
    """Bound followers of the account's unit who are not testers yet."""
    named = Tester.select(Tester.person).where(Tester.member_unit == actor.member_unit_id)
    own = _bound().where(Person.member_unit == actor.member_unit_id, Person.id.not_in(named))
    return list(own.order_by(Person.name, Person.id).limit(500))


def testers(actor: Account) -> list[Tester]:
    """The unit's testers with their persons, also those who left meanwhile."""
    query = Tester.select(Tester, Person).join(Person)
    return list(query.where(Tester.member_unit == actor.member_unit_id).order_by(Tester.id))


def add_tester(person_id: int, *, actor: Account) -> Tester:
    """Name a bound follower of the own unit. A second time changes nothing. Raises Invalid."""
    access.require(actor, "campaigns.manage")
    person = _bound().where(Person.id == person_id, Person.member_unit == actor.member_unit_id).first()
    if person is None:
        raise Invalid(fields={"person": "请选择本单位已绑定、正在关注公众号的人"})
    with db.atomic():
        tester, is_new = Tester.get_or_create(
            member_unit=actor.member_unit_id, person=person, defaults={"added_by": actor}
        )
        if is_new:
            audit.record("tester.added", tester, actor=actor, person_ids=[person.id])
    return tester


def remove_tester(tester_id: int, *, actor: Account) -> None:
    access.require(actor, "campaigns.manage")
    with db.atomic():
        tester = Tester.get_or_none(Tester.id == tester_id, Tester.member_unit == actor.member_unit_id)
        if tester is None:
            raise NotFound()
        audit.record("tester.removed", tester, actor=actor, person_ids=[tester.person_id])
        tester.delete_instance()


def of_campaign(campaign: Campaign) -> list[TrialSend]:
    """The trials of a campaign with persons and accounts, the latest first."""
    query = TrialSend.select(TrialSend, Person, Account).join(Person).switch(TrialSend).join(Account)
    return list(query.where(TrialSend.campaign == campaign).order_by(TrialSend.id.desc()).limit(30))


def send(
    campaign: Campaign,
    person_ids: Iterable[int],
    chosen: Iterable[Channel],
    *,
    actor: Account,
    wechat: Gateway,
) -> list[TrialSend]:
    """Send the campaign as it stands to each of these people by each of these channels.

    Raises Invalid naming `people`, `channels` or `content`; what the platform says stands in the rows.
    """
    access.require(actor, "campaigns.manage")
    access.require_unit(actor, campaign.member_unit_id)
    _check_campaign(campaign)
    wanted, ways = set(person_ids), [each for each in channels_for(campaign) if each in set(chosen)]
    meant = [person for person in people(actor) if person.id in wanted]
    errors = {}
    if not meant or len(meant) < len(wanted):
        errors["people"] = "请选择自己，或本单位登记的试收人"
    elif len(meant) > MOST_PEOPLE:
        errors["people"] = f"一次最多试发给 {MOST_PEOPLE} 人"
    if not ways:
        errors["channels"] = "请至少选择一个渠道"
    if errors:
        raise Invalid(fields=errors)
    with db.atomic():
        audit.record(
            "campaign.tried",
            campaign,
            actor=actor,
            person_ids=[person.id for person in meant],
            channels=[each.value for each in ways],
        )
    return [_one(campaign, person, way, actor, wechat) for way in ways for person in meant]


def _bound() -> ModelSelect[Person]:
    following = Follower.select(Follower.person).where(
        Follower.person.is_null(False),
        Follower.is_following == True,  # noqa: E712 - SQL
        Follower.app_id == config.settings().wechat_app_id,
    )
    query = Person.select(Person, MemberUnit).join(MemberUnit)
    return query.where(Person.id.in_(following), Person.erased_at.is_null())


def _check_campaign(campaign: Campaign) -> None:
    if campaign.is_automatic:
        raise IllegalMove("自动通知的用语审定一次，不试发")
    if campaign.status is CampaignStatus.CANCELLED:
        raise IllegalMove("已取消的推送不能试发")
    content = contents.content_of(campaign)
    stops = [variables.problems_of(campaign, content), article_pictures.why_not_licensed(campaign)]
    if content is None:
        stops.append("请先选择要推送的内容")
    if why := "；".join(each for each in stops if each):
        raise Invalid(fields={"content": why})


def _one(campaign: Campaign, person: Person, channel: Channel, actor: Account, wechat: Gateway) -> TrialSend:
    trial = TrialSend.create(
        campaign=campaign,
        person=person,
        account=actor,
        channel=channel,
        at=clock.utc_now(),
        outcome=AttemptOutcome.UNKNOWN,
        told=SENDING,
        content_hash=contents.content_hash(campaign),
    )
    follower = _follower_of(person)
    if follower is None:
        said: Said = (AttemptOutcome.REFUSED, 0, "", "刚刚取消了关注或解除了绑定")
    else:
        said = WAYS[channel](campaign, trial, follower, wechat)
    trial.outcome, trial.errcode, trial.msg_id, trial.told = said
    trial.save(only=[TrialSend.outcome, TrialSend.errcode, TrialSend.msg_id, TrialSend.told])
    return trial


def _follower_of(person: Person) -> Follower | None:
    return Follower.get_or_none(
        Follower.person == person,
        Follower.is_following == True,  # noqa: E712 - SQL
        Follower.app_id == config.settings().wechat_app_id,
    )


def _by_window(campaign: Campaign, trial: TrialSend, follower: Follower, wechat: Gateway) -> Said:
    if not followers.spend_window(follower.id):
        return AttemptOutcome.REFUSED, 0, "", WINDOW_SHUT
    words = variables.words_of([follower.id]).get(follower.id)
    message = WindowMessage(trial.id, follower.openid, f"{MARK}\n{contents.chat_text(campaign, words)}")
    return _outcome(Channel.WINDOW_MESSAGE, list(wechat.send_window_messages([message])))


def _by_template(campaign: Campaign, trial: TrialSend, follower: Follower, wechat: Gateway) -> Said:
    mapping = next((each for each in planner.mappings(campaign) if each is not None), None)
    if mapping is None:
        return AttemptOutcome.REFUSED, 0, "", "这类内容没有登记可用的消息模板"
    words = variables.words_of([follower.id]).get(follower.id)
    try:
        values = contents.template_fields(campaign, mapping, words)
    except Invalid as error:
        return AttemptOutcome.REFUSED, 0, "", error.message[:200]
    first = next((key for key in values if key.startswith("thing")), None)
    if first is not None:
        values[first] = f"{MARK}{values[first]}"[: contents.THING]
    key = f"t{trial.id}-{int(clock.to_timestamp(trial.at))}"
    message = TemplateMessage(
        trial.id, follower.openid, mapping.template_id, values, contents.link(campaign), key
    )
    return _outcome(Channel.TEMPLATE_MESSAGE, list(wechat.send_templates([message])))


def _by_one_time(campaign: Campaign, trial: TrialSend, follower: Follower, wechat: Gateway) -> Said:
    unused = SubscriptionConsent.select().where(
        SubscriptionConsent.follower == follower, SubscriptionConsent.used_at.is_null()
    )
    consent = unused.order_by(SubscriptionConsent.id.desc()).first()
    if consent is None:
        why = "没有可用的一次性授权：请这个人先在活动页面点“提醒我”并允许"
        return AttemptOutcome.REFUSED, 0, "", why
    title, text = contents.one_time_fields(campaign, variables.words_of([follower.id]).get(follower.id))
    message = OneTimeMessage(
        trial.id,
        follower.openid,
        consent.template_id,
        consent.scene,
        f"{MARK}{title}"[: contents.ONE_TIME_TITLE],
        text,
        contents.link(campaign),
    )
    said = _outcome(Channel.ONE_TIME_SUBSCRIPTION, list(wechat.send_one_time([message])))
    if said[0] in (AttemptOutcome.ACCEPTED, AttemptOutcome.UNKNOWN):
        SubscriptionConsent.update(used_at=clock.utc_now()).where(
            SubscriptionConsent.id == consent.id
        ).execute()
    return said


def _by_rider(campaign: Campaign, trial: TrialSend, follower: Follower, wechat: Gateway) -> Said:
    """What would stand under a reply, as a message of its own."""
    if not followers.spend_window(follower.id):
        return AttemptOutcome.REFUSED, 0, "", WINDOW_SHUT
    text = f"{MARK}顺带通知会这样附在回复后面：\n{contents.rider_text(campaign)}"
    message = WindowMessage(trial.id, follower.openid, text)
    return _outcome(Channel.WINDOW_MESSAGE, list(wechat.send_window_messages([message])))


def _by_preview(campaign: Campaign, trial: TrialSend, follower: Follower, wechat: Gateway) -> Said:
    """The draft of a mass send, shown to one person by the platform's own preview.

    The draft stays as long as the page behind the preview is to be opened: until the next trial.
    """
    try:
        _forget_drafts(campaign, wechat)
        trial.media_id = mass_drafts.draft(campaign, wechat, mark=MARK)
        trial.save(only=[TrialSend.media_id])
        msg_id = wechat.mass_preview(follower.openid, trial.media_id)
    except NotAllowed:
        return AttemptOutcome.REFUSED, 48001, "", "这个公众号没有群发预览的权限"
    except TryLater as error:
        return AttemptOutcome.TRY_LATER, error.errcode or 0, "", "微信暂时没有接受，请稍后再试"
    except OutcomeUnknown:
        return AttemptOutcome.UNKNOWN, 0, "", "微信没有答复，请看手机有没有收到"
    except WeChatError as error:
        return AttemptOutcome.REFUSED, error.errcode or 0, "", reasons.words(f"e{error.errcode}")[:200]
    return AttemptOutcome.ACCEPTED, 0, msg_id[:32], "已发到手机，请核对"


def _forget_drafts(campaign: Campaign, wechat: Gateway) -> None:
    """Take the drafts of earlier trials out of the box; one that is gone already is no matter."""
    for old in TrialSend.select().where(TrialSend.campaign == campaign, TrialSend.media_id != ""):
        with suppress(Refused):
            wechat.draft_delete(old.media_id)
        TrialSend.update(media_id="").where(TrialSend.id == old.id).execute()


WAYS: dict[Channel, Callable[[Campaign, TrialSend, Follower, Gateway], Said]] = {
    Channel.WINDOW_MESSAGE: _by_window,
    Channel.TEMPLATE_MESSAGE: _by_template,
    Channel.ONE_TIME_SUBSCRIPTION: _by_one_time,
    Channel.MASS_SEND: _by_preview,
    Channel.RIDER: _by_rider,
}


def _outcome(channel: Channel, outcomes: Sequence[SendOutcome]) -> Said:
    if not outcomes:
        return AttemptOutcome.TRY_LATER, 0, "", "没有发出，请稍后再试"
    said = outcomes[0]
    outcome = AttemptOutcome(said.outcome.value)
    quotas.spend(channel, 1)
    if outcome is AttemptOutcome.ACCEPTED:
        return outcome, 0, said.msgid[:32], "已发到手机，请核对"
    why = reasons.words(f"e{said.errcode}") if said.errcode else said.errmsg
    return outcome, said.errcode or 0, "", (why or OUTCOME_WORDS[outcome])[:200]
