"""Error-prone words (易错词) as the alliance keeps them; they go before those shipped with the product."""

from __future__ import annotations

from peewee import BooleanField, CharField

from models.base import BaseModel


class ErrorWord(BaseModel):
    """A wrong word, what was meant, and whether it stops a text or only warns.

    One that is not active switches the shipped word of the same spelling off.
    """

    word = CharField(max_length=20, unique=True)
    suggestion = CharField(max_length=40, default="")
    stops = BooleanField(default=True, help_text="false: it only warns")
    is_active = BooleanField(default=True)
    note = CharField(max_length=100, default="")
