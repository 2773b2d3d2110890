"""The command line as a user runs it."""

from tests.cli.conftest import cisterna

__all__ = ["cisterna"]
