"""`flask audit verify`: prove that no line of the audit trail was changed, taken out or put in."""

from __future__ import annotations

import click
from flask.cli import AppGroup

from models.audit import AuditEntry
from models.base import db
from services import audit

commands = AppGroup("audit", help="审计留痕：校验")


@commands.command("verify")
def verify() -> None:
    """Exit 0 when the chain is whole; 1 with each broken line otherwise."""
    with db.connection_context():
        broken = list(audit.verify())
        total = AuditEntry.select().count()
    for each in broken:
        click.echo(f"第 {each.entry_id} 条：{each.reason}", err=True)
    if broken:
        raise click.ClickException(f"审计记录共 {total} 条，{len(broken)} 处不符，请立即报告安全管理员")
    click.echo(f"审计记录共 {total} 条，逐条衔接，没有被改动")
