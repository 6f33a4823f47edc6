"""`flask db upgrade|downgrade|status`: the schema, by numbered scripts."""

from __future__ import annotations

import click
from flask.cli import AppGroup

from models.base import db
from models.schema import runner
from services.search import content

SEARCH = "0002_search"

commands = AppGroup("db", help="数据库结构：升级、回退、查看")


@commands.command("upgrade")
def upgrade() -> None:
    """Apply the migrations that are missing."""
    with db.connection_context():
        applied = runner().up()
        if SEARCH in applied:  # content that was there before its index
            content.rebuild()
    click.echo(f"数据库已是最新（本次执行 {len(applied)} 步）")


@commands.command("downgrade")
@click.argument("target", required=False)
def downgrade(target: str | None) -> None:
    """Take back the last migration, or every one back through TARGET (its name)."""
    with db.connection_context():
        reverted = runner().down(target)
    click.echo("已回退：" + ("、".join(reverted) or "没有可回退的"))


@commands.command("status")
def status() -> None:
    """Which migrations are applied, which wait."""
    with db.connection_context():
        for migration in runner().status():
            click.echo(f"{migration.name}\t{migration.applied or '待执行'}")
