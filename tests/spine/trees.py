"""Networks for tests: of one person from plain rows, and random ones."""

from collections.abc import Sequence

import numpy as np

from cisterna.spine.network import Network

Link = tuple[int, int, float, float]


def alone(volume: np.ndarray, links: Sequence[Link], loss: np.ndarray) -> Network:
    """A network of one person from (a, b, forward, back) of each link."""
    a, b = (np.array([link[n] for link in links], dtype=np.intp) for n in (0, 1))
    forward, back = (np.array([[float(link[n])] for link in links]) for n in (2, 3))
    return Network(volume[:, None], a, b, forward, back, loss[:, None])
