"""The schema's history: the migrations runner."""

from __future__ import annotations

from playhouse.migrations import Runner

import config
from models.base import db


def runner() -> Runner:
    """The runner over `migrations/` for the bound database, which must be open."""
    return Runner(db.obj, str(config.ROOT / "migrations"))
