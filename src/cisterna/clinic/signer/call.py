"""Asking the signer: a text to be signed, with the approval that names it."""

import json
import socket
from collections.abc import Sequence
from pathlib import Path
from typing import Any

TIMEOUT_S = 10.0


class NotSigned(Exception):
    """The signer refused, or cannot be reached: nothing was signed for us."""

    def __init__(self, code: str, why: str) -> None:
        self.code, self.why = code, why
        super().__init__(f"{code}: {why}")


class SigningDesk:
    """The way to a signer. Raises `NotSigned`; `approval` and `report` go with each question.

    `site` are the texts of what the clinic has said of signing on its own record.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.approval: Sequence[str] = ()
        self.report = b""
        self.site: Sequence[str] = ()

    def public(self) -> str:
        """The public half of its key."""
        return str(self._ask({"ask": "key"})["public"])

    def sign(self, text: bytes) -> bytes:
        """The signature of a command's head."""
        row = {
            "ask": "sign",
            "text": text.hex(),
            "approval": list(self.approval),
            "report": self.report.hex(),
            "site": list(self.site),
        }
        return bytes.fromhex(self._ask(row)["signature"])

    def _ask(self, row: dict[str, Any]) -> dict[str, Any]:
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
                line.settimeout(TIMEOUT_S)
                line.connect(str(self.path))
                line.sendall(json.dumps(row).encode() + b"\n")
                found: dict[str, Any] = json.loads(line.makefile("rb").readline())
        except (OSError, ValueError) as problem:
            raise NotSigned("unreachable", f"The signer does not answer: {problem}") from None
        if found.get("ok") is not True:
            raise NotSigned(str(found.get("code")), str(found.get("why")))
        return found
