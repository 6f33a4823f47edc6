"""What the form shows while it is filled in: the phone, channel by channel."""

from __future__ import annotations

from flask import flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from models.messaging import CHANNEL_WORDS, AttemptOutcome, Campaign, Channel
from server.console import forms, outbound
from server.console.campaigns import bp, editing, looks
from server.console.forms import Form
from server.console.guard import find, me, requires
from services import wechat_account
from services.errors import DomainError, Invalid
from services.messaging import campaign_values, previews, trials

bp.add_app_template_filter(looks.bubble, "bubble")


@bp.post("/preview")
@requires("campaigns.manage")
def preview() -> str:
    """The campaign as it is typed at this moment; nothing is saved."""
    try:
        campaign = _typed(forms.submitted())
    except DomainError as wrong:
        return render_template(
            "console/campaigns/preview.html",
            previews=[],
            judgement=previews.Judgement(stops=(wrong.message,)),
            channel_words=CHANNEL_WORDS,
        )
    return render_template(
        "console/campaigns/preview.html",
        previews=previews.of(campaign) if campaign is not None else [],
        judgement=previews.judge(campaign) if campaign is not None else previews.Judgement(),
        channel_words=CHANNEL_WORDS,
    )


@bp.post("/<int:campaign_id>/trial")
@requires("campaigns.manage")
def trial(campaign_id: int) -> Response:
    """Send it as it stands to oneself or to testers."""
    campaign, form = find(Campaign, campaign_id), forms.submitted()
    back = redirect(url_for(".show", campaign_id=campaign.id, _anchor="trials"))
    known = {each.value for each in Channel}
    chosen = [Channel(each) for each in form.many("trial_channels") if each in known]
    if not outbound.OUTBOUND_CALLS.acquire(timeout=outbound.OUTBOUND_WAIT_SECONDS):
        flash("现在请求太多，没有试发，请稍后再试", "warning")
        return back
    try:
        sent = trials.send(
            campaign, form.integers("people"), chosen, actor=me(), wechat=wechat_account.gateway()
        )
    except Invalid as wrong:
        flash(f"没有试发：{wrong.message}", "danger")
        return back
    finally:
        outbound.OUTBOUND_CALLS.release()
    went = sum(each.outcome is AttemptOutcome.ACCEPTED for each in sent)
    flash(f"试发 {len(sent)} 条，已发出 {went} 条，请看手机", "success" if went == len(sent) else "warning")
    return back


@bp.get("/testers")
@requires("campaigns.manage")
def testers() -> str:
    return _testers(forms.Form())


@bp.post("/testers")
@requires("campaigns.manage")
def add_tester() -> str | tuple[str, int] | Response:
    form = forms.submitted()
    try:
        trials.add_tester(form.integer("person", required="请选择一个人") or 0, actor=me())
    except Invalid as wrong:
        form.fail(wrong)
        return _testers(form), 422
    flash("已登记为试收人", "success")
    return redirect(url_for(".testers"))


@bp.post("/testers/<int:tester_id>/remove")
@requires("campaigns.manage")
def remove_tester(tester_id: int) -> Response:
    trials.remove_tester(tester_id, actor=me())
    flash("不再向这个人试发", "success")
    return redirect(url_for(".testers"))


def _testers(form: Form) -> str:
    return render_template(
        "console/campaigns/testers.html",
        form=form,
        testers=trials.testers(me()),
        reachable={person.id for person in trials.people(me())},
        candidates=[(person.id, f"{person.name}　{person.position}") for person in trials.candidates(me())],
        mine=me().person_id,
    )


def _cover(token: str) -> str:
    return token if token and campaign_values.may_cover(token, actor=me()) else ""


def _typed(form: Form) -> Campaign | None:
    """A campaign of the values typed, never saved; None while no content is chosen."""
    kind, topic, title, chosen = editing.content(form.text("content"))
    if kind is None:
        return None
    known = {each.value for each in Channel}
    columns = {f"{column}_id": number for column, number in chosen.items()}
    account = me()
    campaign = Campaign(
        title=form.text("title")[:80] or title,
        summary=form.text("summary")[:120],
        cover_token=_cover(form.text("cover_token")),
        topic=topic,
        content_kind=kind,
        member_unit=account.member_unit_id,
        author=account.id,
        channels=[each for each in form.many("channels") if each in known],
    )
    for name, number in columns.items():
        setattr(campaign, name, number)
    return campaign
