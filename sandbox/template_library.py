"""The account's templates and the library they come from (contract §6)."""

from __future__ import annotations

from typing import Any

from .endpoints import Answer, Call, Rights, endpoint, list_in, ok, text_in
from .errors import PlatformError
from .templates import CATEGORY_LIBRARY, INDUSTRIES, TEMPLATES_KEPT, Template


@endpoint("GET", "/cgi-bin/template/get_all_private_template", rights=Rights.SERVICE)
def get_all(platform: Any, call: Call) -> Answer:
    return {
        "template_list": [
            {
                "template_id": template.id,
                "title": template.title,
                "primary_industry": "",
                "deputy_industry": "",
                "content": template.content,
                "example": "",
            }
            for template in platform.templates.by_id.values()
        ]
    }


@endpoint("POST", "/cgi-bin/template/del_private_template", rights=Rights.SERVICE)
def delete(platform: Any, call: Call) -> Answer:
    template = platform.templates.find(call.body.get("template_id"))
    del platform.templates.by_id[template.id]
    return ok()


@endpoint("POST", "/cgi-bin/template/api_add_template", rights=Rights.SERVICE)
def add(platform: Any, call: Call) -> Answer:
    """Only the category library's short ids, which are digits; the old ones are refused."""
    short = text_in(call.body, "template_id_short", 40037)
    known = CATEGORY_LIBRARY.get(short)
    if known is None:
        raise PlatformError(40037 if short.isdecimal() else 40247)
    names = list_in(call.body, "keyword_name_list", 40246)
    title, keywords = known
    is_known = all(isinstance(name, str) and name in keywords for name in names)
    if not names or not is_known or len(set(names)) != len(names):
        raise PlatformError(40246)
    if len(platform.templates.by_id) >= TEMPLATES_KEPT:
        raise PlatformError(45026)
    lines = [f"{name}:{{{{{keywords[name]}{place}.DATA}}}}" for place, name in enumerate(names, 1)]
    platform.templates.last_added += 1
    made = Template(f"TPL{platform.templates.last_added}_sandbox", title, "\n".join(lines))
    platform.templates.by_id[made.id] = made
    return ok(template_id=made.id)


def _industry(number: int) -> dict[str, str]:
    first, second = INDUSTRIES[number]
    return {"first_class": first, "second_class": second}


@endpoint("GET", "/cgi-bin/template/get_industry", rights=Rights.SERVICE)
def industries(platform: Any, call: Call) -> Answer:
    primary, secondary = platform.templates.industries
    return {"primary_industry": _industry(primary), "secondary_industry": _industry(secondary)}


@endpoint("POST", "/cgi-bin/template/api_set_industry", rights=Rights.SERVICE)
def set_industries(platform: Any, call: Call) -> Answer:
    told = [str(call.body.get(f"industry_id{place}", "")) for place in (1, 2)]
    if not all(number.isdecimal() and int(number) in INDUSTRIES for number in told):
        raise PlatformError(40035, "industry_id")
    platform.templates.industries = [int(number) for number in told]
    return ok()


@endpoint("POST", "/wxa/sec/queryblocktmplmsg", rights=Rights.SERVICE)
def intercepted(platform: Any, call: Call) -> Answer:
    """Nothing is intercepted here, so the list is empty."""
    text_in(call.body, "tmpl_msg_id", 40035)
    return ok(msginfo=[])
