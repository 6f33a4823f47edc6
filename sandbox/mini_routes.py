"""/_sandbox/people/<openid>/mini: what a person does in the mini program, told by the page that runs it."""

from __future__ import annotations

from typing import Any

from .apps import MINI, OFFICIAL
from .mini_login import MiniUser
from .people import Person
from .phone_routes import find
from .subscribe import check_ids, list_event
from .web import BadRequest, Request, route

ANSWERS = ("accept", "reject")


def user_of(platform: Any, request: Request) -> tuple[Person, MiniUser]:
    person = find(platform, request)
    user: MiniUser = platform.mini.user_of(person)
    return person, user


def shown(platform: Any, person: Person, user: MiniUser) -> dict[str, Any]:
    return {
        "openid": user.openid,
        "name": person.name,
        "consents": user.consents,
        "kept_answers": user.kept_answers,
        "scopes": user.scopes,
        "risk_rank": user.risk_rank,
        "refused": user.is_refused,
        "session_key": user.session_key,
    }


@route("GET", "/_sandbox/people/{openid}/mini")
async def show(platform: Any, request: Request) -> Any:
    return shown(platform, *user_of(platform, request))


@route("POST", "/_sandbox/people/{openid}/mini")
async def change(platform: Any, request: Request) -> Any:
    """{risk_rank: 0..4, refused: bool, scopes: {name: bool}}"""
    person, user = user_of(platform, request)
    body = request.body
    if "risk_rank" in body:
        if body["risk_rank"] not in range(5):
            raise BadRequest("risk_rank must be 0 to 4")
        user.risk_rank = body["risk_rank"]
    if "refused" in body:
        user.is_refused = bool(body["refused"])
    scopes = body.get("scopes") or {}
    if not isinstance(scopes, dict):
        raise BadRequest("scopes must be {name: bool}")
    for name, is_allowed in scopes.items():
        user.scopes[str(name)] = bool(is_allowed)
    return shown(platform, person, user)


@route("POST", "/_sandbox/people/{openid}/mini/login")
async def login(platform: Any, request: Request) -> Any:
    """wx.login: a code for jscode2session, once and five minutes long."""
    _, user = user_of(platform, request)
    return {"code": platform.mini.new_code(user, "login", platform.clock.now())}


@route("POST", "/_sandbox/people/{openid}/mini/phone")
async def give_phone(platform: Any, request: Request) -> Any:
    """The getPhoneNumber button, allowed: a code for getuserphonenumber."""
    _, user = user_of(platform, request)
    return {"code": platform.mini.new_code(user, "phone", platform.clock.now())}


@route("POST", "/_sandbox/people/{openid}/mini/enter")
async def enter(platform: Any, request: Request) -> Any:
    """The person opens the mini program: active for the text check."""
    person, user = user_of(platform, request)
    user.active_at = platform.clock.now()
    return shown(platform, person, user)


def _answered(request: Request, numbers: list[str]) -> dict[str, str]:
    told = request.body.get("answers") or {}
    if not isinstance(told, dict) or any(told.get(number, "reject") not in ANSWERS for number in numbers):
        raise BadRequest('answers must be {template id: "accept" or "reject"}')
    return {number: told.get(number, "reject") for number in numbers}


@route("POST", "/_sandbox/people/{openid}/mini/consents")
async def consent(platform: Any, request: Request) -> Any:
    """{template_ids, answers: {id: accept | reject}, always: bool}: the end of a consent dialog.

    Each accept is one message more; "always" only spares the dialog next time.
    """
    person, user = user_of(platform, request)
    numbers = check_ids(platform, MINI, request.body)
    answers = _answered(request, numbers)
    for number, answer in answers.items():
        if answer == "accept":
            user.consents[number] = user.consents.get(number, 0) + 1
        if request.body.get("always"):
            user.kept_answers[number] = answer
    await _tell(platform, MINI, user.openid, answers)
    return {**shown(platform, person, user), "answers": answers}


@route("POST", "/_sandbox/people/{openid}/mini/settings")
async def settings(platform: Any, request: Request) -> Any:
    """{template_id, answer: accept | reject | ask}: changed in the settings of the mini program"""
    person, user = user_of(platform, request)
    number, answer = request.text("template_id"), request.text("answer")
    platform.subscriptions.find(MINI, number)
    if answer == "ask":
        user.kept_answers.pop(number, None)
        return shown(platform, person, user)
    if answer not in ANSWERS:
        raise BadRequest("answer must be accept, reject or ask")
    user.kept_answers[number] = answer
    if answer == "reject":
        user.consents.pop(number, None)
        row = {"TemplateId": number, "SubscribeStatusString": "reject"}
        await _push(platform, MINI, user.openid, "subscribe_msg_change_event", [row])
    return shown(platform, person, user)


@route("POST", "/_sandbox/people/{openid}/consents")
async def official_consent(platform: Any, request: Request) -> Any:
    """As above for the official account's own notifications (wx-open-subscribe in an article or page)."""
    person = find(platform, request)
    numbers = check_ids(platform, OFFICIAL, request.body)
    answers = _answered(request, numbers)
    for number, answer in answers.items():
        if answer == "accept":
            key = f"{number}|biz"
            person.consents[key] = person.consents.get(key, 0) + 1
    await _tell(platform, OFFICIAL, person.openid, answers)
    return {"consents": person.consents, "answers": answers}


async def _tell(platform: Any, app: str, openid: str, answers: dict[str, str]) -> None:
    rows = [
        {"TemplateId": number, "SubscribeStatusString": answer, "PopupScene": "0"}
        for number, answer in answers.items()
    ]
    await _push(platform, app, openid, "subscribe_msg_popup_event", rows)


async def _push(platform: Any, app: str, openid: str, name: str, rows: list[dict[str, str]]) -> None:
    await platform.pushes.push(openid, list_event(platform, app, openid, name, rows), name, app)
