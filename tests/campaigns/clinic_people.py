"""The clinic of the kills, empty but for two people and a nurse; prints the nurse's session.

    python -m tests.campaigns.clinic_people

In a process of its own, because a process has one database of the pages: CISTERNA_DATABASE.
"""

from datetime import UTC, datetime, timedelta

from cisterna.clinic.ledger.place import start

start()

from cisterna.clinic.event import Role  # noqa: E402
from cisterna.clinic.ledger.entry import ClinicKind  # noqa: E402
from cisterna.clinic.web.house import ready  # noqa: E402
from tests.campaigns.load import sessions  # noqa: E402
from tests.campaigns.load_clinic import accounts  # noqa: E402
from tests.clinic.people import SCRIPTS, Course  # noqa: E402


def main() -> None:
    """Make it."""
    record = ready(ClinicKind.REAL)
    for name in ("p1", "p2"):
        course = Course(name, datetime.now(UTC) - timedelta(days=60))
        record.append(*course.through(SCRIPTS["back"], "sign-evaluation").person.events)
    accounts([Role.NURSE])
    print(sessions()[0][0])


if __name__ == "__main__":
    main()
