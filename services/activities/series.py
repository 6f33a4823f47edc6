"""Series (系列) of activities: 红色讲坛, 教学沙龙 … They belong to the whole alliance."""

from __future__ import annotations

from peewee import IntegrityError, fn

from models.accounts import Account
from models.activities import ActivityKind, ActivitySeries
from models.base import db
from services import audit
from services.errors import Invalid, NotFound, StaleState


def series_list(kind: ActivityKind | None = None) -> list[ActivitySeries]:
    query = ActivitySeries.select().order_by(ActivitySeries.order_no, ActivitySeries.id)
    return list(query if kind is None else query.where(ActivitySeries.kind == kind))


def create_series(name: str, kind: ActivityKind, *, actor: Account | None) -> ActivitySeries:
    """A new series, last in order. Raises Invalid for an empty, overlong or taken name."""
    name = _checked_name(name)
    try:
        with db.atomic():
            last = ActivitySeries.select(fn.MAX(ActivitySeries.order_no)).scalar() or 0
            series = ActivitySeries.create(name=name, kind=kind, order_no=last + 1)
            audit.record("activity_series.created", series, actor=actor, name=name)
    except IntegrityError as error:
        raise Invalid(fields={"name": f"已有名为“{name}”的系列"}) from error
    return series


def find_series(series_id: int) -> ActivitySeries:
    """Raises NotFound."""
    series = ActivitySeries.get_or_none(ActivitySeries.id == series_id)
    if series is None:
        raise NotFound()
    return series


def update_series(
    series: ActivitySeries, name: str, kind: ActivityKind, *, version: int, actor: Account
) -> None:
    """Change name and kind of a series that belongs to all.

    Raises Invalid as above, StaleState where somebody changed it since `version`.
    """
    name = _checked_name(name)
    try:
        with db.atomic():
            changed = (
                ActivitySeries.update(name=name, kind=kind, version=version + 1)
                .where(ActivitySeries.id == series.id, ActivitySeries.version == version)
                .execute()
            )
            if not changed:
                raise StaleState("这个系列刚刚被别人修改过，您的修改没有保存")
            audit.record("activity_series.changed", series, actor=actor, was=series.name, to=name)
    except IntegrityError as error:
        raise Invalid(fields={"name": f"已有名为“{name}”的系列"}) from error


def _checked_name(name: str) -> str:
    name = " ".join(name.split())
    limit = ActivitySeries.name.max_length
    if not name or len(name) > limit:
        raise Invalid(fields={"name": f"请填写系列名称，不超过{limit}个字"})
    return name
