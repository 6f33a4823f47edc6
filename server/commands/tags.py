"""`flask tags sync`: the account's follower tags brought in step now, as every night."""

from __future__ import annotations

import click
from flask.cli import AppGroup

from models.base import db
from services import follower_tags, wechat_account

commands = AppGroup("tags", help="公众号用户标签：与身份、订阅、单位对齐")


@commands.command("sync")
def sync() -> None:
    """Bring the tags in step; the night's job does the same."""
    with db.connection_context():
        outcome = follower_tags.sync(wechat=wechat_account.gateway())
    if outcome is None:
        raise click.ClickException("另一个进程正在同步标签，请稍后再试。")
    click.echo(
        f"新建标签 {outcome.made} 个，打上 {outcome.put_on} 人次，取下 {outcome.taken_off} 人次，"
        f"微信不接受的 {outcome.left_out} 人次。"
    )
    if outcome.problems:
        raise click.ClickException("；".join(outcome.problems))
