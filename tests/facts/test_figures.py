"""Figures of the fact books, written out again: an accidental edit of the data shows here.

Copied by hand from the formulary and the device book, whose section stands beside each.
"""

import pytest

from cisterna.facts import cited, rows

FIGURES = {
    # Morphine, formulary §2 and §3.1
    "morphine.limit.start-label-naive": ("0.2 to 1 mg/day", "read", "label"),
    "morphine.limit.start-label-tolerant": ("1 to 10 mg/day", "read", "label"),
    "morphine.limit.ceiling-label": ("20 mg/day", "read", "label"),
    "morphine.limit.age-label": ("18 years", "read", "label"),
    "morphine.limit.start-consensus": ("0.1 to 0.5 mg/day", "recalled", "consensus"),
    "morphine.limit.ceiling-consensus": ("15 mg/day", "recalled", "consensus"),
    "morphine.limit.concentration-consensus": ("20 mg/mL", "recalled", "consensus"),
    "morphine.limit.trial-bolus-consensus": ("0.1 to 0.5 mg", "recalled", "consensus"),
    "morphine.limit.stability-published": ("90 days", "read", "published"),
    "morphine.limit.stability-device": ("180 days", "recalled", "device"),
    "morphine.product.infumorph-200.strength": ("10 mg/mL", "read", "label"),
    "morphine.product.infumorph-500.strength": ("25 mg/mL", "read", "label"),
    "morphine.base_fraction": ("0.752", "derived", "ours"),
    # The other opioids, formulary §2
    "hydromorphone.limit.start-consensus": ("0.01 to 0.15 mg/day", "recalled", "consensus"),
    "hydromorphone.limit.ceiling-consensus": ("10 mg/day", "recalled", "consensus"),
    "hydromorphone.limit.concentration-consensus": ("15 mg/mL", "recalled", "consensus"),
    "hydromorphone.limit.trial-bolus-consensus": ("0.025 to 0.1 mg", "recalled", "consensus"),
    "fentanyl.limit.start-consensus": ("25 to 75 mcg/day", "recalled", "consensus"),
    "fentanyl.limit.ceiling-consensus": ("1,000 mcg/day", "recalled", "consensus"),
    "fentanyl.limit.concentration-consensus": ("10 mg/mL", "recalled", "consensus"),
    "fentanyl.limit.trial-bolus-consensus": ("15 to 75 mcg", "recalled", "consensus"),
    "sufentanil.limit.start-consensus": ("10 to 20 mcg/day", "recalled", "consensus"),
    "sufentanil.limit.ceiling-consensus": ("500 mcg/day", "recalled", "consensus"),
    "sufentanil.limit.concentration-consensus": ("5 mg/mL", "recalled", "consensus"),
    "opioid.limit.step-non-cancer": ("30 %", "read", "consensus"),
    "opioid.limit.step-cancer": ("50 %", "read", "consensus"),
    # Local anaesthetics and clonidine, formulary §2
    "bupivacaine.limit.start-consensus": ("0.01 to 4 mg/day", "recalled", "consensus"),
    "bupivacaine.limit.ceiling-consensus": ("15 to 20 mg/day", "recalled", "consensus"),
    "bupivacaine.limit.concentration-consensus": ("30 mg/mL", "recalled", "consensus"),
    "bupivacaine.limit.trial-bolus-consensus": ("0.5 to 2.5 mg", "recalled", "consensus"),
    "ropivacaine.limit.start-consensus": ("6 to 8 mg/day", "read", "consensus"),
    "clonidine.limit.start-consensus": ("20 to 100 mcg/day", "recalled", "consensus"),
    "clonidine.limit.ceiling-consensus": ("600 mcg/day", "recalled", "consensus"),
    "clonidine.limit.concentration-consensus": ("1,000 mcg/mL", "recalled", "consensus"),
    "clonidine.limit.trial-bolus-consensus": ("5 to 20 mcg", "recalled", "consensus"),
    # Ziconotide, formulary §2 and §3.2
    "ziconotide.limit.start-consensus": ("0.5 to 1.2 mcg/day", "read", "consensus"),
    "ziconotide.limit.ceiling-consensus": ("19.2 mcg/day", "recalled", "consensus"),
    "ziconotide.limit.concentration-consensus": ("100 mcg/mL", "recalled", "consensus"),
    "ziconotide.limit.trial-bolus-consensus": ("1 to 5 mcg", "recalled", "consensus"),
    "ziconotide.limit.start-label-us": ("2.4 mcg/day", "read", "label"),
    "ziconotide.limit.ceiling-label-us": ("19.2 mcg/day", "read", "label"),
    "ziconotide.limit.step-label-us": ("2.4 mcg/day", "read", "label"),
    "ziconotide.limit.ceiling-eu": ("21.6 mcg/day", "read", "agency"),
    "ziconotide.limit.step-interval-eu": ("24 h", "read", "agency"),
    "ziconotide.limit.stability-label-first-fill": ("14 days", "read", "label"),
    "ziconotide.limit.stability-label-diluted": ("40 days", "read", "label"),
    "ziconotide.limit.stability-label-undiluted": ("84 days", "read", "label"),
    "ziconotide.limit.stability-eu": ("60 days", "read", "agency"),
    "ziconotide.first_fill.rinse_count": ("3", "read", "label"),
    "ziconotide.first_fill.rinse_volume": ("2 mL", "read", "label"),
    "ziconotide.first_fill.concentration": ("25 mcg/mL", "read", "label"),
    # Baclofen, formulary §5
    "baclofen.limit.ceiling-label": ("1,000 mcg/day", "read", "label"),
    "baclofen.limit.concentration-label": ("2,000 mcg/mL", "read", "label"),
    "baclofen.limit.age-label": ("4 years", "read", "label"),
    "baclofen.limit.step-titration-spinal": ("30 %", "read", "label"),
    "baclofen.limit.step-titration-cerebral": ("15 %", "read", "label"),
    "baclofen.limit.step-titration-child": ("15 %", "read", "consensus"),
    "baclofen.limit.step-maintenance-spinal": ("40 %", "read", "label"),
    "baclofen.limit.step-maintenance-cerebral": ("20 %", "read", "label"),
    "baclofen.limit.step-interval": ("24 h", "read", "label"),
    "baclofen.limit.drop": ("20 %", "read", "label"),
    "baclofen.screening.start_factor": ("2", "read", "label"),
    "baclofen.screening.start_factor_long": ("1", "read", "label"),
    "baclofen.screening.long_effect": ("8 h", "read", "label"),
    "baclofen.screening.dose-1": ("50 mcg", "read", "label"),
    "baclofen.screening.dose-3": ("100 mcg", "read", "label"),
    # Pumps, devices §1
    "synchromed-ii.flow_min": ("0.048 mL/day", "read", "device"),
    "synchromed-ii.flow_max": ("24 mL/day", "recalled", "device"),
    "synchromed-ii.minimum_rate": ("0.006 mL/day", "recalled", "device"),
    "synchromed-ii.accuracy": ("14.5 %", "read", "device"),
    "synchromed-ii.tubing_prime": ("0.14 mL", "read", "device"),
    "synchromed-ii.tubing_bridge": ("0.14 to 0.199 mL", "read", "device"),
    "synchromed-ii.residual": ("1.4 mL", "read", "device"),
    "synchromed-ii.low_reservoir": ("2 mL", "read", "device"),
    "synchromed-ii.steps_per_day": ("13", "read", "device"),
    "synchromed-ii.service_life": ("84 months", "read", "device"),
    "synchromed-ii.eri_to_end": ("90 days", "read", "device"),
    "synchromed-ii-40.reservoir": ("40 mL", "read", "device"),
    "synchromed-iii.flow_max": ("24 mL/day", "recalled", "device"),
    "prometra-ii.flow_max": ("28.8 mL/day", "recalled", "device"),
    "prometra-ii.accuracy": ("15 %", "read", "device"),
    "prometra-ii.low_reservoir": ("3 mL", "read", "device"),
    "prometra-ii.stroke": ("2.5 mcL", "read", "device"),
    "prometra-ii.age.morphine": ("22 years", "read", "device"),
    "prometra-ii.age.baclofen": ("12 years", "read", "device"),
    "codman-3000.flow_min": ("0.3 mL/day", "recalled", "device"),
    "codman-3000.flow_max": ("4 mL/day", "recalled", "device"),
    "medstream.accuracy": ("10 %", "read", "device"),
    # Catheters, devices §2
    "ascenda-8780.volume_per_length": ("0.0022 mL/cm", "recalled", "device"),
    "indura-8709sc.length": ("89 cm", "read", "device"),
    "prometra-11823.volume_per_length": ("0.0026 mL/cm", "read", "device"),
    "prometra-11823.inner_diameter": ("0.575 mm", "derived", "device"),
    # The slip rule, the volume check, mixtures: design §5.9, devices §3.4, formulary §7.4
    "guidance.slip_ceiling_factor": ("4", "assumed", "ours"),
    "guidance.slip_start_factor": ("10", "assumed", "ours"),
    "guidance.slip_previous_factor": ("3", "assumed", "ours"),
    "guidance.slip_empty": ("3 days", "assumed", "ours"),
    "guidance.residual_difference": ("2 mL", "read", "published"),
    "guidance.residual_ratio_from": ("5 mL", "assumed", "ours"),
    "guidance.alarm_reaction": ("7 days", "assumed", "ours"),
    "mixtures.mixture.morphine-clonidine.stable_for": ("90 days", "read", "published"),
    "mixtures.mixture.ziconotide-morphine-10.stable_for": ("34 days", "read", "published"),
    "mixtures.mixture.ziconotide-morphine-20.stable_for": ("19 days", "read", "published"),
    "mixtures.mixture.ziconotide-morphine-35.stable_for": ("8 days", "recalled", "published"),
}

FACTS = {path: cited(path, row) for path, row in rows()}


@pytest.mark.parametrize(("path", "figure"), FIGURES.items())
def test_a_figure_of_the_fact_books_stands_in_the_data(path: str, figure: tuple[str, str, str]):
    fact = FACTS[path]
    assert (fact.text(), fact.certainty, fact.authority) == figure
