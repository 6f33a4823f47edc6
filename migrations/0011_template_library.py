"""The account's own template library."""

from peewee import *


def up(migrator, db):
    class AccountTemplate(Model):
        created_at = DateTimeField()
        template_id = CharField(max_length=64, unique=True)
        title = CharField(max_length=80)
        content = TextField()
        example = TextField()
        fields = JSONField()
        seen_at = DateTimeField()
        gone_at = DateTimeField(null=True)

        class Meta:
            database = db
            table_name = "account_template"
            legacy_table_names = False

    db.create_tables([AccountTemplate])


def down(migrator, db):
    migrator.migrate(migrator.drop_table("account_template"))
