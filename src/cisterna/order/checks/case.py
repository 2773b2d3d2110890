"""The case: one order, its facts and what the checks noted on the way."""

from dataclasses import dataclass, field
from functools import cached_property

from cisterna.facts import Cited, Library, Limit, Rule, Situation
from cisterna.order.bridge import Bridge
from cisterna.order.checks.finding import Finding, evidence_of
from cisterna.order.dates import RefillDates, refill_dates
from cisterna.order.prescription import Component, Prescription
from cisterna.order.program import max_daily_dose
from cisterna.order.schedule import Schedule, schedule
from cisterna.order.situation import situation
from cisterna.quantity import Quantity


@dataclass(slots=False)
class Case:
    """What every check sees. `used` collects the facts asked, `missing` the questions open."""

    rx: Prescription
    library: Library
    bridge: Bridge | None = None
    used: dict[str, Cited] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)

    # what the order comes to ---------------------------------------------------

    @cached_property
    def schedule(self) -> Schedule:
        """The flow pattern."""
        return schedule(self.rx)

    @cached_property
    def mean(self) -> dict[str, Quantity]:
        """Mean daily dose of each drug."""
        return self.rx.doses_of(self.schedule.mean)

    @cached_property
    def peak(self) -> dict[str, Quantity]:
        """Largest scheduled dose of each drug in any 24 hours."""
        return self.rx.doses_of(self.schedule.peak_day())

    @cached_property
    def peak_with_remote(self) -> dict[str, Quantity]:
        """The same with every patient dose used."""
        return max_daily_dose(self.rx)

    @cached_property
    def dates(self) -> RefillDates:
        """The refill dates; the facts they rest on count as used."""
        dates = refill_dates(self.rx, self.library, self.bridge)
        for fact in dates.used:
            self.use(fact)
        return dates

    @cached_property
    def before(self) -> dict[str, Quantity]:
        """Daily dose of each drug before this order, as far as it is stated."""
        known: dict[str, Quantity] = {}
        old = self.rx.previous
        if old is not None:
            known = old.doses_of(schedule(old).mean)
        stated = self.rx.order.previous_daily_dose
        if stated is not None:
            known = {**known, self.rx.primary.drug.id: stated}
        return known

    # facts -----------------------------------------------------------------------

    def use(self, fact: Cited) -> Quantity:
        """A single value, noted as used."""
        self.used[fact.path] = fact
        return fact.most

    def situation(self, component: Component | None = None) -> Situation:
        """The situation of the order, or of one drug of it."""
        return situation(self.rx, component)

    def limits(self, component: Component, kind: str) -> list[Limit]:
        """The limits of a kind that govern this drug here, noted as used, questions noted."""
        here = self.situation(component)
        found = [x for x in component.drug.of_kind(kind, here) if x.fact.authority != "published"]
        for limit in found:
            self.use(limit.fact)
            for name in limit.unsaid(here):
                self.ask(_KEYS.get(name, name), f"it decides the {kind} limit")
        return found

    def ask(self, key: str, why: str) -> None:
        """Note that a check needs an absent value."""
        self.missing.setdefault(key, why)

    # findings --------------------------------------------------------------------

    def finding(
        self,
        code: str,
        message: str,
        found: Quantity | str | None = None,
        limit: Quantity | str | None = None,
        fact: Cited | Rule | None = None,
        main: bool = True,
    ) -> Finding:
        """A finding with the severity that the facts give its code."""
        row = self.library.severities[code]
        evidence = self._evidence(fact, code)
        return Finding(
            code=code,
            severity=row.severity if main else row.otherwise,
            message=message,
            found=found,
            limit=limit,
            authority=evidence.authority if evidence else None,
            source=evidence.source if evidence else None,
            locator=evidence.locator if evidence else None,
            certainty=evidence.certainty if evidence else None,
        )

    def _evidence(self, fact: Cited | Rule | None, code: str) -> Rule | None:
        if isinstance(fact, Cited):
            self.use(fact)
            return evidence_of(fact)
        if fact is not None:
            return fact
        return self.library.severities[code].evidence


_KEYS = {
    "opioid_tolerant": "patient.opioid_tolerant",
    "cancer": "patient.indication",
    "origin": "patient.indication",
    "age_below": "patient.born",
    "age_from": "patient.born",
    "product": "solution.drug.product",
    "diluted": "solution.drug.product",
}
