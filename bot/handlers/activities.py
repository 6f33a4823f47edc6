"""讲座 and 沙龙: what comes next."""

from __future__ import annotations

from bot import entries, lists
from bot.context import Context, Reply
from bot.entries import Entry
from bot.lists import ListSource
from bot.replies import word_link
from bot.router import on
from models.activities import ActivityKind
from services import activities

HINT = "报名请回复“报名 序号”，如 报名 1。"


def _source(kind: ActivityKind, word: str) -> ListSource:
    def page(ctx: Context, text: str, offset: int, limit: int) -> list[Entry]:
        found = activities.upcoming(kind, ctx.reader, limit, offset=offset)
        return [entries.of_activity(each, kind) for each in found]

    def nothing(ctx: Context, text: str) -> str:
        wish = word_link(f"订阅{word}", f"订阅 {word}")
        return f"近期还没有安排新的{word}。想第一时间知道，请点 {wish}"

    return lists.register(
        ListSource(kind.value, lambda text: f"近期{word}", page, nothing, as_card=True, hint=HINT)
    )


LECTURES = _source(ActivityKind.LECTURE, "讲座")
SALONS = _source(ActivityKind.SALON, "沙龙")


@on.click("LECTURES")
@on.text("讲座", "最新讲座", "讲坛", "红色讲坛", containing=("讲座", "讲坛"))
def latest_lectures(ctx: Context) -> Reply:
    return lists.show(ctx, LECTURES)


@on.click("SALONS")
@on.text("沙龙", "最新沙龙", "研讨会", containing=("沙龙", "研讨会"))
def latest_salons(ctx: Context) -> Reply:
    return lists.show(ctx, SALONS)
