"""An act of the clinic that is not done, and what can be done instead."""

from cisterna.order.line import Refused as OrderRefused


class Refused(OrderRefused):
    """The act is not done: `code` is stable, `limit` is what stood against it, `source` from where.

    `source` is the place in the fact book; the message is for the person who asked.
    """

    def __init__(
        self, code: str, message: str, way_out: str, *, limit: str = "", source: str = ""
    ) -> None:
        super().__init__(code, message, way_out)
        self.limit, self.source = limit, source
