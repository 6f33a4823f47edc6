"""Binding by a unit's QR code or word, requests that a liaison decides, forms kept over a sign-in."""

from peewee import *


def up(migrator, db):
    class Account(Model):
        class Meta:
            database = db
            table_name = "account"

    class MemberUnit(Model):
        class Meta:
            database = db
            table_name = "member_unit"

    class Person(Model):
        class Meta:
            database = db
            table_name = "person"

    class Follower(Model):
        class Meta:
            database = db
            table_name = "follower"

    migrator.migrate(migrator.add_column("follower", "binding_request", IntegerField(null=True)))

    class UnitBinding(Model):
        created_at = DateTimeField()
        member_unit = ForeignKeyField(MemberUnit, unique=True, on_delete="CASCADE")
        word = CharField(unique=True, max_length=20)
        needs_approval = BooleanField(default=False)
        qr_url = CharField(max_length=255, default="")
        qr_made_at = DateTimeField(null=True)

        class Meta:
            database = db
            table_name = "unit_binding"

    class BindingRequest(Model):
        created_at = DateTimeField()
        follower = ForeignKeyField(Follower, on_delete="CASCADE")
        member_unit = ForeignKeyField(MemberUnit, null=True, on_delete="CASCADE")
        kind = CharField(max_length=12)
        status = CharField(max_length=12)
        way = CharField(max_length=12)
        name = BlobField(null=True)
        digits = BlobField(null=True)
        person = ForeignKeyField(Person, null=True, on_delete="CASCADE")
        other_person = ForeignKeyField(Person, null=True, on_delete="CASCADE")
        moved_at = DateTimeField()
        agreed_at = DateTimeField(null=True)
        decided_by = ForeignKeyField(Account, null=True, on_delete="SET NULL")
        decided_at = DateTimeField(null=True)
        reason = TextField(default="")
        told_at = DateTimeField(null=True)

        class Meta:
            database = db
            table_name = "binding_request"
            indexes = ((("status", "member_unit"), False), (("follower", "status"), False))

    class KeptForm(Model):
        created_at = DateTimeField()
        token_hash = CharField(unique=True, max_length=64)
        owner_hash = CharField(max_length=64)
        path = CharField(max_length=255)
        fields = BlobField()
        kept_until = DateTimeField(index=True)

        class Meta:
            database = db
            table_name = "kept_form"

    db.create_tables([UnitBinding, BindingRequest, KeptForm])


def down(migrator, db):
    for table in ("kept_form", "binding_request", "unit_binding"):
        migrator.migrate(migrator.drop_table(table))
    migrator.migrate(migrator.drop_column("follower", "binding_request"))
