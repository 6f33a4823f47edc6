"""Scale questions in surveys; issues of the e-journals pass three reviews before they are published.

Columns are added by the statement itself: SQLite's way through a copy of the table would take
the rows that refer to it along.
"""

from peewee import *

COLUMNS = (
    ("question", "low_words", "VARCHAR(12) NOT NULL DEFAULT ''"),
    ("question", "high_words", "VARCHAR(12) NOT NULL DEFAULT ''"),
    ("e_journal_issue", "status_reason", "VARCHAR(200) NOT NULL DEFAULT ''"),
    ("e_journal_issue", "content_hash", "VARCHAR(64) NOT NULL DEFAULT ''"),
    ("e_journal_issue", "cover_token", "VARCHAR(64) NOT NULL DEFAULT ''"),
    ("e_journal_article", "version", "INTEGER NOT NULL DEFAULT 1"),
)


def up(migrator, db):
    for table, column, kind in COLUMNS:
        db.execute_sql(f'ALTER TABLE "{table}" ADD COLUMN "{column}" {kind}')

    class Account(Model):
        class Meta:
            database = db
            table_name = "account"

    class EJournalIssue(Model):
        class Meta:
            database = db
            table_name = "e_journal_issue"

    class IssueReview(Model):
        created_at = DateTimeField()
        issue = ForeignKeyField(EJournalIssue, on_delete="CASCADE")
        stage = CharField(max_length=12)
        reviewer = ForeignKeyField(Account, on_delete="RESTRICT")
        decision = CharField(max_length=12)
        opinion = TextField(default="")
        content_hash = CharField(max_length=64)
        decided_at = DateTimeField()
        voided_at = DateTimeField(null=True)

        class Meta:
            database = db
            table_name = "issue_review"
            legacy_table_names = False

    db.create_tables([IssueReview])


def down(migrator, db):
    migrator.migrate(migrator.drop_table("issue_review"))
    # What is under review is a draft to a version that knows no reviews.
    db.execute_sql("UPDATE e_journal_issue SET status = 'draft' WHERE status IN ('in_review', 'approved')")
    db.execute_sql("UPDATE question SET kind = 'number' WHERE kind = 'scale'")
    for table, column, _ in reversed(COLUMNS):
        db.execute_sql(f'ALTER TABLE "{table}" DROP COLUMN "{column}"')
