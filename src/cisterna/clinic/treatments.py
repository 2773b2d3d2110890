"""What treatments on record mean for the therapy: a stimulator in place, needles near a pump."""

from cisterna.clinic.bodies.planning import Answer, TreatmentRecorded, When
from cisterna.clinic.course import Person

STIMULATION = "spinal-cord-stimulation"


def stimulator_in_place(person: Person) -> bool:
    """Whether the latest word on spinal cord stimulation is that it is had now."""
    said = [t.body for t in person.every(TreatmentRecorded, None)]
    found = [t for t in said if t.treatment == STIMULATION]
    return bool(found) and (found[-1].answer, found[-1].when) == (Answer.TRIED, When.CONCURRENT)


def with_needles(asked: TreatmentRecorded, words: tuple[str, ...]) -> bool:
    """Whether a treatment that is had now is one with needles."""
    said = f"{asked.course} {asked.outcome} {asked.reason}".lower()
    now = asked.answer is Answer.TRIED and asked.when is not When.PRIOR
    return now and asked.treatment == "complementary" and any(w in said for w in words)
