"""Digests; a second person's confirmation of mass sends, their covers, targets and pages."""

from peewee import *

# By hand: a table that Peewee rebuilds takes the rows that refer to it along (SQLite).
COLUMNS = (
    ("campaign", "cover_token", "VARCHAR(32) NOT NULL DEFAULT ''"),
    ("mass_batch", "target", "VARCHAR(40) NOT NULL DEFAULT ''"),
    ("mass_batch", "article_urls", "TEXT NOT NULL DEFAULT ''"),
    ("mass_batch", "pages_deleted_at", "{time}"),
)


def up(migrator, db):
    time = "DATETIME" if isinstance(db, SqliteDatabase) else "TIMESTAMP"
    for table, column, kind in COLUMNS:
        db.execute_sql(f"ALTER TABLE {table} ADD COLUMN {column} {kind.format(time=time)}")

    class Base(Model):
        class Meta:
            database = db
            legacy_table_names = False

    class Account(Base):
        pass

    class Campaign(Base):
        pass

    class MassConfirmation(Base):
        created_at = DateTimeField()
        campaign = ForeignKeyField(Campaign, on_delete="CASCADE")
        account = ForeignKeyField(Account, on_delete="RESTRICT")
        content_hash = CharField(max_length=64)
        at = DateTimeField()

        class Meta:
            indexes = ((("campaign", "content_hash"), True),)

    class MassSlot(Base):
        created_at = DateTimeField()
        day = DateField(unique=True)
        campaign = ForeignKeyField(Campaign, on_delete="CASCADE")

    class DigestSetting(Base):
        created_at = DateTimeField()
        is_on = BooleanField(default=False)
        weekday = IntegerField(default=4)
        hour = IntegerField(default=9)
        keeper = ForeignKeyField(Account, null=True, on_delete="SET NULL")
        version = IntegerField(default=1)

    class Digest(Base):
        created_at = DateTimeField()
        campaign = ForeignKeyField(Campaign, unique=True, on_delete="CASCADE")
        goes_at = DateTimeField(index=True)

    class DigestItem(Base):
        created_at = DateTimeField()
        digest = ForeignKeyField(Digest, on_delete="CASCADE")
        campaign = ForeignKeyField(Campaign, on_delete="CASCADE")
        position = IntegerField()
        is_left_out = BooleanField(default=False)

        class Meta:
            indexes = ((("digest", "campaign"), True),)

    db.create_tables([MassConfirmation, MassSlot, DigestSetting, Digest, DigestItem])
    _confirm_what_is_under_way(db)


def _confirm_what_is_under_way(db):
    """What was on its way before goes on: its author stands for it, as it was then."""
    db.execute_sql(
        "INSERT INTO mass_confirmation (created_at, campaign_id, account_id, content_hash, at)"
        " SELECT created_at, id, author_id, content_hash, created_at FROM campaign"
        " WHERE content_hash <> '' AND status IN ('scheduled', 'launching', 'sending', 'paused')"
    )


def down(migrator, db):
    # A version without digests knows neither the channel nor the content.
    db.execute_sql("UPDATE delivery SET channel = 'mass_send' WHERE channel = 'digest'")
    db.execute_sql("UPDATE attempt SET channel = 'mass_send' WHERE channel = 'digest'")
    db.execute_sql(
        "UPDATE delivery SET batch_id = NULL WHERE batch_id IN (SELECT b.id FROM mass_batch b"
        " JOIN campaign c ON c.id = b.campaign_id WHERE c.content_kind = 'digest')"
    )
    db.execute_sql("DELETE FROM campaign WHERE content_kind = 'digest'")
    for table in ("digest_item", "digest", "digest_setting", "mass_slot", "mass_confirmation"):
        migrator.migrate(migrator.drop_table(table))
    for table, column, _ in reversed(COLUMNS):
        db.execute_sql(f"ALTER TABLE {table} DROP COLUMN {column}")
