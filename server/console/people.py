"""人员: the list, one person's page, and what is done there."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from markupsafe import Markup
from peewee import Case
from werkzeug.wrappers import Response

import clock
import config
from models.messaging import CHANNEL_WORDS, DELIVERY_STATUS_WORDS, Campaign, Delivery
from models.people import ROLE_WORDS, TOPIC_WORDS, Follower, Person, PersonRole, PersonRoleKind, Topic
from server.console import conflicts, forms, words
from server.console.areas import MenuEntry
from server.console.bulk_acts import BulkAct
from server.console.exports import xlsx
from server.console.guard import me, requires, scope
from server.console.list_routes import serve
from server.console.listing import Column, Filter, Listing, choices
from server.console.row_history import serve_history
from services import alliance, bindings, held_data, invite_codes, opt_ins, people, personal_data, transfers
from services.errors import Conflict, Invalid, NotFound, StaleState
from services.masking import mask_openid, mask_phone
from services.messaging import reasons

bp = Blueprint("people", __name__, url_prefix="/console/people")
MENU = MenuEntry("成员", "人员", "people.index", "people.view", "users", 10)
Answer = str | Response | tuple[str, int]

BOUND = (("yes", "已绑定"), ("no", "未绑定"))
SHOWN_DELIVERIES = 20
SOURCE_WORDS = {
    "chat": "公众号",
    "chat_word": "公众号（发送文字）",
    "chat_link": "公众号（点击链接）",
    "page": "网页",
    "console": "后台",
    "demo": "样例数据",
    "import": "导入",
}


FIELDS = ("name", "position", "member_unit", "version")
LABELS = {"name": "姓名", "position": "职务", "member_unit": "单位"}


class _NameOrPhone:
    """Searched like a column: a part of the name, or a whole phone number."""

    @staticmethod
    def contains(text: str) -> Any:
        return people.is_meant_by(text)


def _binding(row: Any) -> Markup:
    colour, word = ("green", "已绑定") if row.is_bound else ("secondary", "未绑定")
    return Markup('<span class="badge bg-{}-lt">{}</span>').format(colour, word)


def _fill(rows: list[Any]) -> None:
    """What the cells read besides the row: present roles, and whether a WeChat is bound."""
    ids = [row.id for row in rows]
    roles, bound = people.roles_today(ids), people.bound_among(ids)
    for row in rows:
        row.role_words, row.is_bound = roles.get(row.id, []), row.id in bound


def _order() -> tuple[Any, ...]:
    """By unit in the fixed order (机构序), then by name: along the index where ids keep that order."""
    ids = [unit.id for unit in alliance.listed(with_past=True)]
    if scope() is not None or ids == sorted(ids):
        return (Person.member_unit, Person.name, Person.id)
    place = Case(Person.member_unit, [(unit_id, number) for number, unit_id in enumerate(ids)], len(ids))
    return (place, Person.name, Person.id)


def _units() -> list[tuple[str, str]]:
    return [(str(unit.id), unit.short_name) for unit in alliance.choices(me())]


BULK = (
    BulkAct(
        "invite",
        "发邀请码",
        "people.manage",
        do=lambda row, _: bindings.issue_codes([row.id], actor=me()),
        why_not=lambda row: "已绑定微信，不需要邀请码" if row.is_bound else "",
        told="每人一个邀请码；以前没用过的会作废。做完后到“邀请码”里导出，分发给本人。",
        icon="ticket",
    ),
    BulkAct(
        "end_role",
        "结束身份",
        "people.manage",
        do=lambda row, role: transfers.end_role(row, PersonRoleKind(role), actor=me()),
        was=transfers.open_roles,
        undo=lambda row, were: transfers.reopen_roles(row, were, actor=me()),
        choices=lambda: choices(ROLE_WORDS),
        told="所选身份到今天为止；没有这个身份的人不变。",
        ask="结束哪个身份",
        icon="user-minus",
    ),
    BulkAct(
        "move",
        "转到其他单位",
        "units.manage",
        do=lambda row, unit: transfers.move(row, int(unit), actor=me()),
        was=lambda row: str(row.member_unit_id),
        undo=lambda row, unit: transfers.move(row, int(unit), actor=me()),
        choices=_units,
        told="只改所属单位；身份登记不变，需要时另行结束或登记。",
        ask="转到哪个单位",
        icon="arrows-exchange",
    ),
)

LIST = Listing(
    name="people",
    title="人员",
    permission="people.view",
    export_permission="people.manage",
    rows=lambda: people.search(me()),
    keys=lambda: transfers.keys(me()),
    prepare=_fill,
    bulk=BULK,
    columns=(
        Column(
            "姓名",
            "name",
            sort=Person.name,
            link=lambda row: url_for(".show", person_id=row.id),
            css="nowrap",
        ),
        Column("手机", lambda row: mask_phone(row.phone), css="nowrap", full=lambda row: row.phone),
        Column("单位", lambda row: row.member_unit.short_name, on_phone=False),
        Column("职务", "position", on_phone=False),
        Column("身份", lambda row: "、".join(row.role_words), on_phone=False),
        Column("微信", _binding),
    ),
    filters=(
        Filter("unit", "单位", _units, lambda value: Person.member_unit == int(value)),
        Filter("role", "身份", choices(ROLE_WORDS), lambda value: people.holds(PersonRoleKind(value))),
        Filter("bound", "微信", BOUND, lambda value: people.has_wechat(value == "yes")),
    ),
    search=(_NameOrPhone(),),
    search_hint="姓名，或完整手机号",
    order=_order,
    empty="还没有人员。可以从 Excel 导入名单，或逐个新增。",
)
serve(bp, LIST)
serve_history(
    bp,
    "person_id",
    Person,
    "people.view",
    find=lambda row_id: people.find(row_id, actor=me()),
    name=lambda row: row.name,
)


@bp.get("/")
@requires("people.view")
def index() -> Answer:
    return render_template("console/people/index.html", page=LIST.page())


@bp.get("/new")
@requires("people.manage")
def new() -> Answer:
    return _form(forms.filled({"member_unit": me().member_unit_id, "roles": [PersonRoleKind.MEMBER]}))


@bp.post("/new")
@requires("people.manage")
def create() -> Answer:
    form = forms.submitted()
    try:
        roles = [PersonRoleKind(value) for value in form.many("roles") if value in _ROLE_VALUES]
        person = people.create(**_values(form), roles=roles, actor=me())
    except Invalid as wrong:
        form.fail(wrong)
        return _form(form), 422
    flash("已新增。可在此页为其生成邀请码", "success")
    return redirect(url_for(".show", person_id=person.id))


@bp.get("/<int:person_id>")
@requires("people.view")
def show(person_id: int) -> Answer:
    return _page(people.find(person_id, actor=me()))


@bp.get("/<int:person_id>/edit")
@requires("people.manage")
def edit(person_id: int) -> Answer:
    person = people.find(person_id, actor=me())
    return _form(forms.of(person, *FIELDS), person)


@bp.post("/<int:person_id>/edit")
@requires("people.manage")
def update(person_id: int) -> Answer:
    person, form = people.find(person_id, actor=me()), forms.submitted()
    try:
        people.update(person, **_values(form), version=form.integer("version"), actor=me())
    except StaleState as stale:
        form.fail(stale)
        fresh = people.find(person_id, actor=me())
        labels = {name: label for name, label in LABELS.items() if name != "member_unit" or scope() is None}
        conflicts.tell(form, person, forms.of(fresh, *FIELDS), labels, choices={"member_unit": _units()})
        return _form(form, fresh), 409
    except (Invalid, Conflict) as wrong:
        form.fail(wrong)
        return _form(form, person), 422
    flash("已保存", "success")
    return redirect(url_for(".show", person_id=person_id))


@bp.post("/<int:person_id>/phone")
@requires("people.unmask")
def unmask(person_id: int) -> Answer:
    person = people.find(person_id, actor=me())
    phone = personal_data.unmask(person, reason=forms.submitted().text("reason"), actor=me())
    return _page(person, phone=phone or "未登记")


@bp.post("/<int:person_id>/erase")
@requires("people.manage")
def erase(person_id: int) -> Answer:
    person = people.find(person_id, actor=me())
    personal_data.erase(person, reason=forms.submitted().text("reason"), actor=me())
    flash("个人资料已注销，不能恢复", "warning")
    return redirect(url_for(".index"))


@bp.post("/<int:person_id>/export.xlsx")
@requires("people.unmask")
def export(person_id: int) -> Response:
    """The file holds the whole phone number: never without a reason, which is kept."""
    person = people.find(person_id, actor=me())
    told = personal_data.export(person, reason=forms.submitted().text("reason"), actor=me())
    return xlsx("个人信息", ("项目", "内容"), held_data.flat(told))


@bp.post("/<int:person_id>/roles")
@requires("people.manage")
def give_role(person_id: int) -> Answer:
    person, form = people.find(person_id, actor=me()), forms.submitted()
    try:
        role = form.choice("role", PersonRoleKind, required="请选择身份")
        start, end = form.day("valid_from"), form.day("valid_to")
        form.check()
        if role is not None:
            people.add_role(person, role, valid_from=start, valid_to=end, actor=me())
    except Invalid as wrong:
        form.fail(wrong)
        return _page(person, role_form=form), 422
    flash("已登记身份", "success")
    return redirect(url_for(".show", person_id=person_id))


@bp.post("/<int:person_id>/roles/<int:role_id>/end")
@requires("people.manage")
def end_role(person_id: int, role_id: int) -> Answer:
    people.end_role(role_id, actor=me())
    flash("身份到今天为止", "success")
    return redirect(url_for(".show", person_id=person_id))


@bp.post("/<int:person_id>/topics/<topic>/off")
@requires("people.manage")
def switch_off(person_id: int, topic: str) -> Answer:
    if topic not in {each.value for each in TOPIC_WORDS}:
        raise NotFound()
    person = people.find(person_id, actor=me())
    opt_ins.set_topic(person, Topic(topic), False, source="console", actor=me())
    flash(f"已退订{TOPIC_WORDS[Topic(topic)]}", "success")
    return redirect(url_for(".show", person_id=person_id))


@bp.post("/<int:person_id>/followers/<int:follower_id>/unbind")
@requires("people.manage")
def unbind(person_id: int, follower_id: int) -> Answer:
    person = people.find(person_id, actor=me())
    follower = Follower.get_or_none((Follower.id == follower_id) & (Follower.person == person))
    if follower is None:
        raise NotFound()
    bindings.unbind(follower, actor=me(), source="console")
    flash("已解除绑定。本人可用新的邀请码重新绑定", "success")
    return redirect(url_for(".show", person_id=person_id))


@bp.post("/<int:person_id>/invite-code")
@requires("people.manage")
def invite(person_id: int) -> Answer:
    """The code is shown once, in the answer to the act; it is never in an address."""
    person = people.find(person_id, actor=me())
    [(_, code)] = bindings.issue_codes([person.id], actor=me())
    days = invite_codes.VALID_FOR.days
    return _page(person, code=f"{code[:4]} {code[4:]}", code_words=f"绑定 {code}", code_days=days)


_ROLE_VALUES = {role.value for role in PersonRoleKind}


def _values(form: forms.Form) -> dict[str, Any]:
    return {
        "name": form.text("name"),
        "phone": form.text("phone"),
        "member_unit": (form.integer("member_unit") or 0) if scope() is None else me().member_unit_id,
        "position": form.text("position"),
    }


def _form(form: forms.Form, person: Person | None = None) -> str:
    return render_template(
        "console/people/form.html",
        form=form,
        person=person,
        units=[(str(unit.id), unit.name) for unit in alliance.choices(me())] if scope() is None else [],
        role_choices=choices(ROLE_WORDS),
        masked=mask_phone(person.phone) if person else "",
    )


def _page(person: Person, *, role_form: forms.Form | None = None, phone: str = "", **shown: Any) -> str:
    today = clock.local_today()
    roles = (
        PersonRole.select().where(PersonRole.person == person).order_by(PersonRole.valid_from, PersonRole.id)
    )
    wanted = opt_ins.topics_of(person)
    number = max(1, request.args.get("sent", 1, type=int))
    sent = list(_deliveries(person, number))
    return render_template(
        "console/people/show.html",
        person=person,
        phone=phone,
        masked=mask_phone(person.phone),
        roles=[(row, ROLE_WORDS[row.role], _span(row), people.is_current(row, today)) for row in roles],
        role_form=role_form or forms.filled({"valid_from": today}),
        role_choices=choices(ROLE_WORDS),
        followers=[(row, mask_openid(row.openid)) for row in person.followers.order_by(Follower.id)],
        mini_app_id=config.settings().mini_app_id,
        topics=[(topic.value, word, topic in wanted) for topic, word in TOPIC_WORDS.items()],
        consents=[_consent_cells(row) for row in opt_ins.history_of(person)],
        deliveries=sent[:SHOWN_DELIVERIES],
        sent_page=number,
        has_more_sent=len(sent) > SHOWN_DELIVERIES,
        **shown,
    )


def _span(row: PersonRole) -> str:
    end: date | None = row.valid_to
    return f"{row.valid_from} 起" if end is None else f"{row.valid_from} 至 {end}"


def _consent_cells(row: Any) -> tuple[str, str, str, str]:
    about = f"订阅{TOPIC_WORDS[row.topic]}" if row.topic else "个人信息告知"
    answer = "同意" if row.is_granted else "不同意或撤回"
    return about, answer, words.local_time(row.given_at), SOURCE_WORDS.get(row.source, row.source)


def _deliveries(person: Person, number: int) -> Any:
    """One page of what was sent, the latest first, and one row more where there is a next."""
    rows = (
        Delivery.select(Delivery, Campaign)
        .join(Campaign)
        .where(Delivery.person == person)
        .order_by(Delivery.id.desc())
        .limit(SHOWN_DELIVERIES + 1)
        .offset((number - 1) * SHOWN_DELIVERIES)
    )
    for row in rows:
        channel = CHANNEL_WORDS[row.channel] if row.channel else words.NOTHING
        status = DELIVERY_STATUS_WORDS[row.status]
        yield (
            row.campaign.title,
            channel,
            row.status,
            status,
            reasons.words(row.reason),
            words.local_time(row.settled_at),
        )
