"""`flask demo load|phones`: the demo alliance, and six phones of it in the sandbox."""

from __future__ import annotations

import click
from flask.cli import AppGroup

import config
from demo import alliance, phones, rooms
from models.base import db

commands = AppGroup("demo", help="示范联盟：只用于开发和试用")


def _refuse_production() -> None:
    if config.settings().app_env == "production":
        raise click.ClickException("生产环境不能装入示范数据；请用 flask accounts create 建立第一个账号")


@commands.command("load")
@click.option("--people", default=60, show_default=True, help="样例人员总数")
def load(people: int) -> None:
    """Load the demo alliance; a second run changes nothing."""
    _refuse_production()
    with db.connection_context():
        counts = alliance.load(people)
    click.echo("示范联盟已就绪：" + "，".join(f"{name} {count}" for name, count in counts.items()))


@commands.command("phones")
@click.option("--count", default=6, show_default=True)
def give_phones(count: int) -> None:
    """Let the first sample people follow and bind in the sandbox, by chat as anyone would; once, they
    write letters, and an activity is there to check in to."""
    _refuse_production()
    with db.connection_context():
        names = phones.bind(count)
        told = rooms.enliven(phones.say)
    click.echo("沙盒里的手机：" + ("、".join(names) or "没有新增"))
    for each in told:
        click.echo(each)
