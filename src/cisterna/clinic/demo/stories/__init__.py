"""What happens to whom: a story gives one step after the other, and reads the record as it goes."""

from collections.abc import Mapping

from cisterna.clinic.demo.player import Story
from cisterna.clinic.demo.stories import planning, treated

STORIES: Mapping[str, Story] = {
    "referred": planning.referred,
    "evaluating": planning.evaluating,
    "team-review": planning.team_review,
    "not-candidate": planning.not_candidate,
    "alternatives": planning.alternatives,
    "trial-planned": planning.trial_planned,
    "trial-waived": planning.trial_waived,
    "trial-running": planning.trial_running,
    "trial-failed": planning.trial_failed,
    "implant-planned": planning.implant_planned,
    "treated": treated.treated,
    "red-flag": treated.flagged,
}

__all__ = ["STORIES"]
