"""Days that work differently from the published calendar."""

from peewee import *


def up(migrator, db):
    class WorkdayOverride(Model):
        created_at = DateTimeField()
        day = DateField(unique=True)
        is_workday = BooleanField()
        name = CharField(max_length=20)

        class Meta:
            database = db
            table_name = "workday_override"
            legacy_table_names = False

    db.create_tables([WorkdayOverride])


def down(migrator, db):
    migrator.migrate(migrator.drop_table("workday_override"))
