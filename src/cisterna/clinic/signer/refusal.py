"""Why the signer does not sign."""


class Refusal(Exception):
    """Nothing was signed; `code` is stable, `why` says it in words."""

    def __init__(self, code: str, why: str) -> None:
        self.code, self.why = code, why
        super().__init__(f"{code}: {why}")


def demand(holds: bool, code: str, why: str) -> None:
    """Raise `Refusal` unless it holds."""
    if not holds:
        raise Refusal(code, why)
