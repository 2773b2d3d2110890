"""The acts of the clinic, one module each: state, actor and input give events, or a refusal."""

from cisterna.clinic.acts import (
    access,
    decision,
    evaluation,
    intake,
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
    "access",
    "after",
    "decision",
    "evaluation",
    "intake",
    "screen",
    "team",
    "trial",
    "verdict",
    "waiver",
]
