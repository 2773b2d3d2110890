"""Another database beside the record's own leaves that one as it was."""

from pathlib import Path

from tests.django_ready import start

start()

from django.db import connections  # noqa: E402

from cisterna.clinic.ledger.place import connect  # noqa: E402


def test_a_second_database_leaves_the_first_where_it_is(tmp_path: Path):
    before = connections.settings["default"]["NAME"]
    name = connect(str(tmp_path / "another.sqlite3"))
    assert connections.settings["default"]["NAME"] == before
    assert connections.settings[name]["NAME"] == str(tmp_path / "another.sqlite3")
