"""A unit's mini program code, for accounts without parametric QR codes."""

from peewee import *


def up(migrator, db):
    db.execute_sql('ALTER TABLE "unit_binding" ADD COLUMN "mini_code_key" VARCHAR(120) NOT NULL DEFAULT \'\'')


def down(migrator, db):
    db.execute_sql('ALTER TABLE "unit_binding" DROP COLUMN "mini_code_key"')
