"""Saved audiences and lists of persons."""

from peewee import *


def up(migrator, db):
    class MemberUnit(Model):
        class Meta:
            database = db
            table_name = "member_unit"

    class Account(Model):
        class Meta:
            database = db
            table_name = "account"

    class Person(Model):
        class Meta:
            database = db
            table_name = "person"

    class SavedAudience(Model):
        created_at = DateTimeField()
        name = CharField(max_length=40)
        member_unit = ForeignKeyField(MemberUnit, on_delete="CASCADE", index=False)
        is_shared = BooleanField(default=False)
        definition = JSONField()
        changed_by = ForeignKeyField(Account, null=True, on_delete="SET NULL", index=False)
        version = IntegerField(default=1)

        class Meta:
            database = db
            table_name = "saved_audience"
            indexes = ((("member_unit", "name"), True),)

    class PersonList(Model):
        created_at = DateTimeField()
        name = CharField(max_length=40)
        reason = CharField(max_length=120)
        member_unit = ForeignKeyField(MemberUnit, on_delete="CASCADE", index=False)
        is_shared = BooleanField(default=False)
        changed_by = ForeignKeyField(Account, null=True, on_delete="SET NULL", index=False)
        version = IntegerField(default=1)

        class Meta:
            database = db
            table_name = "person_list"
            indexes = ((("member_unit", "name"), True),)

    class PersonListMember(Model):
        created_at = DateTimeField()
        list = ForeignKeyField(PersonList, on_delete="CASCADE", index=False)
        person = ForeignKeyField(Person, on_delete="CASCADE")

        class Meta:
            database = db
            table_name = "person_list_member"
            indexes = ((("list", "person"), True),)

    db.create_tables([SavedAudience, PersonList, PersonListMember])


def down(migrator, db):
    for table in ("person_list_member", "person_list", "saved_audience"):
        migrator.migrate(migrator.drop_table(table))
