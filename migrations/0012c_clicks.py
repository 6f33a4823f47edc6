"""Totals of opened links per campaign and unit."""

from peewee import *


def up(migrator, db):
    class Campaign(Model):
        class Meta:
            database = db
            table_name = "campaign"

    class MemberUnit(Model):
        class Meta:
            database = db
            table_name = "member_unit"

    class ClickTotal(Model):
        campaign = ForeignKeyField(Campaign, on_delete="CASCADE", index=False)
        member_unit = ForeignKeyField(MemberUnit, on_delete="CASCADE", index=False)
        clicks = IntegerField(default=0)

        class Meta:
            database = db
            table_name = "click_total"
            indexes = ((("campaign", "member_unit"), True),)

    db.create_tables([ClickTotal])


def down(migrator, db):
    migrator.migrate(migrator.drop_table("click_total"))
