"""Migrations can be applied while the processes of the version before still serve: add, fill, constrain."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import migrations
from django.db.migrations.loader import MigrationLoader
from django.db.models import NOT_PROVIDED, BooleanField, CharField, Field, IntegerField

# Migrations up to this number belong to the first release, before which nobody ran anything.
FIRST_RELEASE = "0035"
GONE = (migrations.RemoveField, migrations.DeleteModel, migrations.RenameField, migrations.RenameModel)


def breaks(migration: migrations.Migration) -> Iterator[str]:
    """What the processes of the version before would fail on while or after it is applied."""
    made: set[str] = set()
    for operation in migration.operations:
        if isinstance(operation, migrations.CreateModel):
            made.add(operation.name.lower())
        elif isinstance(operation, migrations.AddField) and operation.model_name.lower() not in made:
            field = operation.field
            if not field.null and field.db_default is NOT_PROVIDED and not field.many_to_many:
                yield f"{operation.describe()}: the old code inserts no value; give it null=True or db_default"
        elif isinstance(operation, GONE):
            yield f"{operation.describe()}: the old code still reads it; do it one release later, with a note here"


def test_the_old_code_goes_on_writing_while_a_migration_is_applied() -> None:
    found = MigrationLoader(None).disk_migrations
    later = {name: migration for (app, name), migration in found.items() if app == "crowd" and name > FIRST_RELEASE}
    assert {name: broken for name, migration in later.items() if (broken := list(breaks(migration)))} == {}


@pytest.mark.parametrize(
    ("field", "n"),
    [(IntegerField(default=0), 1), (IntegerField(db_default=0), 0), (CharField(null=True), 0), (BooleanField(), 1)],
)
def test_a_column_that_old_code_cannot_fill_is_found(field: Field, n: int) -> None:
    migration = migrations.Migration("m", "crowd")
    migration.operations = [migrations.AddField("task", "extra", field)]
    assert len(list(breaks(migration))) == n


def test_what_is_taken_from_under_the_old_code_is_found() -> None:
    migration = migrations.Migration("m", "crowd")
    migration.operations = [migrations.RemoveField("task", "key"), migrations.RenameModel("Task", "Item")]
    assert len(list(breaks(migration))) == 2


def test_columns_of_a_new_table_are_nobody_elses() -> None:
    migration = migrations.Migration("m", "crowd")
    migration.operations = [
        migrations.CreateModel("New", []),
        migrations.AddField("new", "extra", IntegerField()),
    ]
    assert list(breaks(migration)) == []
