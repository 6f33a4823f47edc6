"""How personal data looks on screen unless somebody asked to see it: 张*, 张*明, 138****8000."""

from __future__ import annotations


def mask_name(name: str) -> str:
    """The first and, from three characters on, the last character stay; one star for each between.

    A single character is hidden altogether.
    """
    if len(name) <= 1:
        return "*" * len(name)
    if len(name) == 2:
        return name[0] + "*"
    return name[0] + "*" * (len(name) - 2) + name[-1]


def mask_phone(phone: str | None) -> str:
    """Three digits, four stars, four digits; a shorter number shows its last two; "" for none."""
    if not phone:
        return ""
    if len(phone) < 11:
        return "*" * max(0, len(phone) - 2) + phone[-2:]
    return phone[:3] + "*" * (len(phone) - 7) + phone[-4:]


def mask_openid(openid: str) -> str:
    """Enough to tell two apart on one page, not enough to send to."""
    return f"…{openid[-4:]}"
