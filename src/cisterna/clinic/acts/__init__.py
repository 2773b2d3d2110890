"""The acts of the clinic, one module each: state, actor and input give events, or a refusal."""

from cisterna.clinic.acts import (
    decision,
    evaluation,
    intake,
    realpump,
    screen,
    team,
    trial,
    verdict,
    waiver,
)
from cisterna.clinic.acts.act import ACTS, Act, after

__all__ = [
    "ACTS",
    "Act",
    "after",
    "decision",
    "evaluation",
    "intake",
    "realpump",
    "screen",
    "team",
    "trial",
    "verdict",
    "waiver",
]
