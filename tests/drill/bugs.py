"""All planted bugs, by the part of the pump that they are planted in."""

from collections.abc import Mapping

from tests.drill.acts import ACTS
from tests.drill.checked import CHECKED
from tests.drill.figures import FIGURES
from tests.drill.flow import FLOWS
from tests.drill.link import LINKS
from tests.drill.planting import Bug
from tests.drill.record import RECORDS

PARTS: Mapping[str, tuple[Bug, ...]] = {
    "Flow and its limits": FLOWS,
    "What people and the device do": ACTS,
    "What the model checker finds too": tuple(CHECKED.values()),
    "What survives a power loss": RECORDS,
    "The link": LINKS,
    "Figures": FIGURES,
}
BUGS = tuple(bug for part in PARTS.values() for bug in part)
