"""The ledger (台账): what became of each recipient, live while it is sent, and one person's history."""

from __future__ import annotations

from flask import Response, make_response, render_template, request, url_for
from peewee import Field, ModelSelect

from models.alliance import MemberUnit
from models.base import db
from models.messaging import (
    BASIS_WORDS,
    CHANNEL_WORDS,
    DELIVERY_STATUS_WORDS,
    AttemptOutcome,
    Basis,
    Campaign,
    Channel,
    Delivery,
    DeliveryStatus,
    MassBatchStatus,
)
from models.people import Person
from server.console import exports, words
from server.console.campaigns import bp, figures, screens
from server.console.guard import find, me, requires, scope
from server.console.listing import Column, Filter, Listing, badge, choices
from services import audit, masking
from services.messaging import quotas, reasons, results

HISTORY = 100
ATTEMPT_OUTCOME_WORDS = {
    AttemptOutcome.ACCEPTED: "微信已接受",
    AttemptOutcome.REFUSED: "被拒绝",
    AttemptOutcome.TRY_LATER: "稍后再试",
    AttemptOutcome.UNKNOWN: "结果不明",
}
BATCH_STATUS_WORDS = {
    MassBatchStatus.PLANNED: "待发送",
    MassBatchStatus.CLAIMED: "发送中",
    MassBatchStatus.ACCEPTED: "微信已接受",
    MassBatchStatus.FINISHED: "已完成",
    MassBatchStatus.FAILED: "失败",
    MassBatchStatus.UNKNOWN: "结果不明",
}


def channel_word(channel: Channel | None) -> str:
    return CHANNEL_WORDS[channel] if channel is not None else words.NOTHING


LIST = Listing(
    columns=(
        Column(
            "姓名",
            lambda row: masking.mask_name(row.person.name),
            link=lambda row: url_for("console.campaigns.history", person_id=row.person_id),
            css="nowrap",
        ),
        Column("单位", lambda row: row.person.member_unit.short_name, on_phone=False),
        Column("渠道", lambda row: channel_word(row.channel), css="nowrap"),
        Column("依据", lambda row: BASIS_WORDS[row.basis], on_phone=False),
        Column("状态", lambda row: badge(row.status, DELIVERY_STATUS_WORDS)),
        Column("原因", lambda row: reasons.words(row.reason), on_phone=False),
        Column("时间", lambda row: words.local_time(row.settled_at), css="nowrap", on_phone=False),
    ),
    filters=(
        Filter(
            "status",
            "状态",
            choices(DELIVERY_STATUS_WORDS),
            lambda value: Delivery.status == DeliveryStatus(value),
        ),
        Filter("channel", "渠道", choices(CHANNEL_WORDS), lambda value: Delivery.channel == Channel(value)),
        Filter("basis", "依据", choices(BASIS_WORDS), lambda value: Delivery.basis == Basis(value)),
        Filter(
            "reason",
            "原因",
            choices({code: word for code, word in reasons.REASON_WORDS.items() if code}),
            lambda value: Delivery.reason == value,
        ),
    ),
    search=lambda text: Delivery.person.in_(Person.select(Person.id).where(Person.name.contains(text))),
    search_hint="姓名",
    order=(Delivery.person,),  # the unique index of (campaign, person) gives this order
    page_size=50,
    empty="还没有投递。推送启动时，受众会冻结成每人一行。",
)


@bp.get("/<int:campaign_id>/ledger")
@requires("campaigns.view")
def ledger(campaign_id: int) -> str:
    campaign = find(Campaign, campaign_id)
    told = figures.of(campaign)
    count = told.total if scope() is None else None
    page = LIST.page(_joined(), keys=_deliveries(campaign, Delivery.id), count=count)
    return render_template(
        "console/campaigns/ledger.html", page=page, is_bound=scope() is not None, **_live(campaign, told)
    )


@bp.get("/<int:campaign_id>/progress")
@requires("campaigns.view", is_poll=True)
def progress(campaign_id: int) -> Response:
    """The moving part of the ledger, asked for every three seconds; a changed status reloads the page."""
    campaign = find(Campaign, campaign_id)
    if request.args.get("was") != campaign.status.value:
        return make_response("", 200, {"HX-Refresh": "true"})
    return make_response(
        render_template("console/campaigns/progress.html", **_live(campaign, figures.of(campaign)))
    )


@bp.get("/<int:campaign_id>/export")
@requires("campaigns.view")
def export(campaign_id: int) -> Response:
    """The deliveries the filters select, names masked."""
    campaign = find(Campaign, campaign_id)
    with db.atomic():
        audit.record("campaign.exported", campaign, actor=me())
    shown = (
        Person.name,
        MemberUnit.short_name,
        Delivery.channel,
        Delivery.basis,
        Delivery.status,
        Delivery.reason,
        Delivery.settled_at,
    )
    query = LIST.narrowed(_deliveries(campaign, *shown).join(Person).join(MemberUnit)).order_by(
        Delivery.person
    )
    rows = (
        (
            masking.mask_name(name),
            unit,
            channel_word(channel),
            BASIS_WORDS[basis],
            DELIVERY_STATUS_WORDS[status],
            reasons.words(reason),
            words.local_time(settled_at),
        )
        for name, unit, channel, basis, status, reason, settled_at in query.tuples().iterator()
    )
    return exports.xlsx("投递明细", ("姓名", "单位", "渠道", "依据", "状态", "原因", "时间"), rows)


@bp.get("/people/<int:person_id>")
@requires("campaigns.view")
def history(person_id: int) -> str:
    """All that was sent, or not sent, to one person, with every call."""
    person = find(Person, person_id)
    deliveries = results.history(person, limit=HISTORY)
    return render_template(
        "console/campaigns/history.html",
        name=masking.mask_name(person.name),
        person=person,
        deliveries=deliveries,
        attempts=results.attempts_of(deliveries),
        limit=HISTORY,
        status_words=DELIVERY_STATUS_WORDS,
        basis_words=BASIS_WORDS,
        outcome_words=ATTEMPT_OUTCOME_WORDS,
        channel_word=channel_word,
        reason_words=reasons.words,
        errcode_words=lambda code: reasons.words(reasons.of_errcode(code)) if code else "",
    )


def _deliveries(campaign: Campaign, *columns: Field) -> ModelSelect[Delivery]:
    """The rows the account may see: a school lists its own people, whatever the campaign's reach."""
    query = Delivery.select(*columns).where(Delivery.campaign == campaign)
    bound = scope()
    if bound is None:
        return query
    return query.where(Delivery.person.in_(Person.select(Person.id).where(Person.member_unit == bound)))


def _joined() -> ModelSelect[Delivery]:
    return Delivery.select(Delivery, Person, MemberUnit).join(Person).join(MemberUnit)


def _live(campaign: Campaign, told: figures.Figures) -> dict[str, object]:
    return {
        **screens.frame(campaign),
        "figures": told,
        "is_moving": figures.is_moving(campaign),
        "quota": [
            (CHANNEL_WORDS[channel], used, limit) for channel, (used, limit) in quotas.used_today().items()
        ],
        "status_words": DELIVERY_STATUS_WORDS,
        "batch_words": BATCH_STATUS_WORDS,
    }
