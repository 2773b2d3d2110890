"""The command line: `cisterna COMMAND … [--json]`."""

from cisterna.cli.app import main

__all__ = ["main"]
