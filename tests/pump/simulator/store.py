"""The simulated disk of a long life: as `tests.pump.disk`, without a copy for each write."""

from collections.abc import Mapping

from tests.pump.disk import Disk, Op


class Store(Disk):
    """Areas are changed in place; `images` is what is kept, as bytes."""

    def __init__(self, images: Mapping[str, bytes] | None = None) -> None:
        super().__init__(fails=well)
        self.areas = {area: bytearray(image) for area, image in (images or {}).items()}

    def read(self, area: str, length: int) -> bytes:
        """What a reader sees."""
        image = bytearray(self.areas.get(area, b""))
        for op in self.waiting:
            if op.area == area:
                put(image, op)
        return bytes(image[:length])

    def sync(self, area: str) -> None:
        """Keep what waits, or fail, or lose power."""
        self._raise(self._put(Op(area)))
        left = []
        for op in self.waiting:
            if op.area == area:
                put(self.areas.setdefault(area, bytearray()), op)
            else:
                left.append(op)
        self.waiting = left

    @property
    def images(self) -> dict[str, bytes]:
        """What survives a power cut for certain."""
        return {area: bytes(image) for area, image in self.areas.items()}

    @property
    def is_well(self) -> bool:
        """Whether every write is done."""
        return self.fails is well


def put(image: bytearray, op: Op) -> None:
    """Write into an image; it grows with zeros up to there."""
    data = op.data or b""
    if data and len(image) < op.offset:
        image.extend(bytes(op.offset - len(image)))
    if data:
        image[op.offset : op.offset + len(data)] = data


def well(_: int, __: Op) -> int | None:
    """How a disk fails that never does."""
    return None
