"""Phones for `make run`: the first sample people follow and bind in the sandbox, in chat as anyone would."""

from __future__ import annotations

import config
from demo.alliance import invite_code_for
from demo.local_wechat import LocalWeChat
from models.people import Follower, Person


def bind(count: int) -> list[str]:
    """Names of the people who have a bound phone now and had none before.

    Raises requests.RequestException when the sandbox does not answer.
    """
    wechat = LocalWeChat(config.settings().wechat_api_url)
    bound = Follower.select(Follower.person).where(Follower.person.is_null(False))
    people = list(
        Person.select().where(Person.is_sample, Person.erased_at.is_null()).order_by(Person.id).limit(count)
    )
    already = {row.person_id for row in bound}
    names = []
    for person in people:
        if person.id in already:
            continue
        openid = f"oDemoPhone{person.id:018d}"
        wechat.post("/_sandbox/people", {"people": [{"name": person.name, "openid": openid}], "follow": True})
        wechat.act(openid, "text", content=f"绑定 {invite_code_for(person)}")
        wechat.act(openid, "text", content="同意")
        names.append(person.name)
    return names


def say(openid: str, text: str) -> None:
    """A phone of the sandbox writes in chat."""
    LocalWeChat(config.settings().wechat_api_url).act(openid, "text", content=text)
