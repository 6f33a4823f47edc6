"""Reviewers asked on their phones; the alliance's own error-prone words."""

from peewee import *


def up(migrator, db):
    class Campaign(Model):
        class Meta:
            database = db
            table_name = "campaign"

    class Account(Model):
        class Meta:
            database = db
            table_name = "account"

    class ReviewInvite(Model):
        created_at = DateTimeField()
        campaign = ForeignKeyField(Campaign, on_delete="CASCADE")
        stage = CharField(max_length=12)
        account = ForeignKeyField(Account, on_delete="CASCADE")
        content_hash = CharField(max_length=64)
        seen_at = DateTimeField(null=True)
        decided_at = DateTimeField(null=True)

        class Meta:
            database = db
            table_name = "review_invite"
            legacy_table_names = False
            indexes = ((("campaign", "stage", "account", "content_hash"), True),)

    class ErrorWord(Model):
        created_at = DateTimeField()
        word = CharField(max_length=20, unique=True)
        suggestion = CharField(max_length=40, default="")
        stops = BooleanField(default=True)
        is_active = BooleanField(default=True)
        note = CharField(max_length=100, default="")

        class Meta:
            database = db
            table_name = "error_word"
            legacy_table_names = False

    db.create_tables([ReviewInvite, ErrorWord])


def down(migrator, db):
    migrator.migrate(migrator.drop_table("error_word"), migrator.drop_table("review_invite"))
