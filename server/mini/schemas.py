"""What the API takes and gives. Times are UTC with their zone; names of people in full only to who
runs the activity, or of oneself."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer

import clock
from models.activities import ActivityKind, ActivityStatus
from models.check_ins import CheckInStatus, CheckInWay
from services.check_ins import CheckInOutcome

MOST_ID = 2_147_483_647


def _with_zone(value: object) -> object:
    return value.replace(tzinfo=UTC) if isinstance(value, datetime) and value.tzinfo is None else value


def _as_text(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


# Stored times are naive UTC; the wire's are not.
Moment = Annotated[datetime, BeforeValidator(_with_zone), PlainSerializer(_as_text, return_type=str)]
Id = Annotated[int, Field(ge=1, le=MOST_ID)]


def naive(moment: AwareDatetime | None) -> datetime | None:
    """A time of the wire as it is stored; one that no calendar holds is now."""
    if moment is None:
        return None
    try:
        return moment.astimezone(UTC).replace(tzinfo=None)
    except OverflowError:
        return clock.utc_now()


class In(BaseModel):
    model_config = ConfigDict(str_strip_whitespace=True)


class SignInWanted(In):
    code: str = Field(min_length=1, max_length=128, description="wx.login 的 code")
    device: str = Field("", max_length=60, description="机型与微信版本，供本人辨认")


class BindingWanted(In):
    phone: str = Field(min_length=1, max_length=20)
    invite_code: str = Field(min_length=1, max_length=40)


class UnitBindingWanted(In):
    unit_id: Id = Field(description="单位小程序码里的编号")
    name: str = Field(min_length=1, max_length=40)
    digits: str = Field(min_length=4, max_length=20, description="手机号后四位")


class Decision(In):
    agrees: bool


class PlaceIn(In):
    latitude: float = Field(ge=-90, le=90)
    longitude: float = Field(ge=-180, le=180)


class HallIn(PlaceIn):
    radius_m: int = Field(300, ge=50, le=5000)


class CheckInWanted(In):
    """Exactly one of `code` (what was scanned) and `six_digits`."""

    code: str = Field("", max_length=300)
    six_digits: str = Field("", max_length=6, pattern=r"^(\d{6})?$")
    at: AwareDatetime | None = Field(None, description="扫码的时刻；离线补传时必填")
    place: PlaceIn | None = None


class OpeningWanted(In):
    takes_walk_ins: bool = False
    hall: HallIn | None = None


class MarkIn(In):
    person_id: Id
    is_present: bool
    at: AwareDatetime | None = None


class RollWanted(In):
    marks: list[MarkIn] = Field(min_length=1, max_length=500)


class ConfirmWanted(In):
    person_ids: list[Id] | None = Field(None, max_length=500, description="空：全部")


class ReminderWanted(In):
    accepted: bool = Field(description="wx.requestSubscribeMessage 的结果")


class Query(In):
    page: int = Field(1, ge=1, le=1000)
    scope: Literal["today", "coming"] = "coming"


class Done(BaseModel):
    done: bool = True


class Me(BaseModel):
    is_bound: bool
    name: str
    unit: str
    runs_check_ins: bool
    reminder_template_id: str = Field(description="空：不提供提醒")
    waiting: str = Field(description="还没绑定时，绑定办到哪一步、接下来怎样；空：没有在办")
    server_time: Moment


class Session(BaseModel):
    id: int
    device: str
    signed_in_at: Moment
    last_seen_at: Moment
    is_this: bool


class Sessions(BaseModel):
    sessions: list[Session]


class SignedIn(BaseModel):
    token: str
    expires_at: Moment
    me: Me


class Notice(BaseModel):
    title: str
    lines: list[str]
    version: str


class Binding(BaseModel):
    state: Literal["none", "notice", "bound", "waits"] = Field(
        description="notice：等本人同意；waits：等联络员处理"
    )
    name: str = Field(description="脱敏")
    unit: str
    replaces: str = Field(description="此微信现在绑定的人，脱敏")
    goes_to_liaison: bool
    words: str = Field(description="办到哪一步、接下来怎样；空：没有在办")
    notice: Notice


class Unit(BaseModel):
    id: int
    name: str


class MyCheckIn(BaseModel):
    status: CheckInStatus
    words: str
    at: Moment


class Card(BaseModel):
    id: int
    kind: ActivityKind
    kind_words: str
    series: str
    title: str
    speaker: str
    place: str
    starts_at: Moment
    ends_at: Moment
    status: ActivityStatus
    unit: str
    seats: int | None
    seats_left: int | None = Field(description="没有报名、没有留给候补和受邀单位的")
    is_open: bool = Field(description="现在能否报名")
    is_signed_up: bool
    standing: Literal["none", "signed_up", "waiting", "offered", "lapsed", "cancelled"] = Field(
        description="本人：没有报名、已报名、候补中、有名额待确认、没有按时确认、已取消"
    )
    offered_until: Moment | None = Field(description="名额为本人保留到何时")
    check_in: MyCheckIn | None


class Cards(BaseModel):
    activities: list[Card]
    has_more: bool


class Detail(Card):
    status_reason: str
    has_room: bool = Field(description="现在报名有没有名额，包括本单位的上限")
    queue_place: int | None = Field(description="候补第几位")
    sign_up_closes_at: Moment
    speaker_intro: list[str]
    introduction: list[str]
    runs_check_in: bool
    reminder: Literal["none", "planned", "sent"]


class MyRecord(BaseModel):
    activity_id: int
    title: str
    series: str
    place: str
    status: CheckInStatus
    words: str
    way: str
    at: Moment


class MyRecords(BaseModel):
    check_ins: list[MyRecord]


class CheckedIn(BaseModel):
    outcome: CheckInOutcome
    words: str
    came: bool
    activity_id: int | None
    title: str


class Code(BaseModel):
    begins_at: Moment
    address: str
    six_digits: str


class Figures(BaseModel):
    expected: int
    present: int
    walk_ins: int
    to_confirm: int
    outside: int
    absent: int


class Arrival(BaseModel):
    person_id: int
    name: str
    unit: str
    way: CheckInWay
    way_words: str
    status: CheckInStatus
    is_walk_in: bool
    is_inside: bool | None
    at: Moment


class Live(BaseModel):
    activity_id: int
    title: str
    is_open: bool
    may_open: bool
    takes_walk_ins: bool
    shuts_at: Moment
    counts: Figures
    arrivals: list[Arrival]
    codes: list[Code] = Field(description="现在的与接下来一分钟的；每个显示 15 秒")
    server_time: Moment


class SheetLine(BaseModel):
    person_id: int
    name: str
    unit: str
    is_signed_up: bool
    status: Literal["present", "to_confirm", "absent"]
    way_words: str


class SheetOut(BaseModel):
    activity_id: int
    title: str
    counts: Figures
    lines: list[SheetLine]


class Changed(BaseModel):
    changed: int
    counts: Figures


class Reminder(BaseModel):
    state: Literal["none", "planned", "sent"]
    due_at: Moment | None
