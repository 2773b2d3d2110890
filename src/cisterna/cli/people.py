"""`cisterna people`: the members' passkeys, for whoever owns the signer's machine."""

import json as form
import os
from pathlib import Path
from typing import Annotated

import typer

from cisterna.cli.act import Json, finish
from cisterna.cli.record import at_record
from cisterna.cli.serve import SETTINGS


def people(
    file: Annotated[Path, typer.Argument(help="Where to write it; people.json of the signer.")],
    origin: Annotated[str, typer.Option(help="The clinic's address, https://clinic.example")],
    site: Annotated[str, typer.Option(help="What its passkeys are for; the address's host.")] = "",
    json: Json = False,
) -> None:
    """Write the members' passkeys for the signer. Look at the file before it is put in place."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", SETTINGS)
    with at_record(json):
        from urllib.parse import urlsplit  # noqa: PLC0415

        from cisterna.clinic.web import passkeys  # noqa: PLC0415

        found = passkeys.people(site or urlsplit(origin).hostname or "", origin.rstrip("/"))
        without = passkeys.without()
        part = file.with_name(f"{file.name}.part")
        part.write_text(form.dumps(found, indent=1) + "\n", "utf-8")
        part.replace(file)
        row = {"file": str(file), "people": sorted(found["people"]), "without": without}
        words = f"{len(found['people'])} with passkeys are in {file}."
        left = f" Without one: {', '.join(without)}." if without else ""
        finish(row, json, lambda: typer.echo(words + left))
