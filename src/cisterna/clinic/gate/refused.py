"""An act that the gate refuses, with the way out."""


class Refused(Exception):
    """The act is not done. `code` is stable, `way_out` what can be done instead."""

    def __init__(self, code: str, message: str, way_out: str) -> None:
        self.code, self.message, self.way_out = code, message, way_out
        super().__init__(f"{code}: {message} {way_out}")
