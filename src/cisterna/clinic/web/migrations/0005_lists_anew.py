"""The lists are worked out anew after the migrations before this one.

Apart from them: PostgreSQL makes no index in the transaction in which rows were removed.
"""

from typing import Any

from django.db import migrations


def again(apps: Any, editor: Any) -> None:
    """The lists are a cache of the record: they are worked out anew with what is new in them."""
    for name in ("TaskRow", "PersonRow", "Cursor"):
        apps.get_model("web", name).objects.using(editor.connection.alias).all().delete()


class Migration(migrations.Migration):
    """Nothing of it is the truth about anybody: that is the record."""

    dependencies = (("web", "0004_people_by_name"),)
    operations = (migrations.RunPython(again, migrations.RunPython.noop),)
