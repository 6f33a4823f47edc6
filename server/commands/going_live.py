"""`flask going-live check`: every step of docs/going-live.md that the product can see, with what to do."""

from __future__ import annotations

import click
from flask.cli import AppGroup

from bot.menu import MENU
from models.base import db
from services import going_live, wechat_account

commands = AppGroup("going-live", help="上线：逐项检查还差什么")


@commands.command("check")
def check() -> None:
    """Exit 0 only when every point holds."""
    with db.connection_context():
        points = list(going_live.points(wechat=wechat_account.gateway(), menu=MENU))
    for point in points:
        click.echo(
            f"{'通过' if point.holds else '未完'}  {point.step}" + (f"：{point.do}" if point.do else "")
        )
    missing = [point for point in points if not point.holds]
    if missing:
        raise click.ClickException(f"还有 {len(missing)} 项未完，见 docs/going-live.md")
    click.echo("全部通过。")
