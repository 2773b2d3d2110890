"""A site confirms or narrows values in its own file; it never loosens a limit."""

from pathlib import Path

import pytest

from cisterna.facts import Library, Site, SiteRefused, UnknownFact, cited, read_site, rows
from cisterna.facts.device import Pump
from cisterna.quantity import Quantity

LIMIT = "morphine.limit.ceiling-consensus"  # 15 mg/day, recalled
PUMP_FLOOR = "synchromed-iii.flow_min"  # 0.048 mL/day, recalled


def confirm(fact: str, *values: str, by: str = "A. Pharmacist") -> str:
    keys = ("value",) if len(values) == 1 else ("low", "high")
    lines = [f'{key} = "{value}"' for key, value in zip(keys, values, strict=True)]
    return "\n".join(
        [
            "[[confirm]]",
            f'fact = "{fact}"',
            *lines,
            f'by = "{by}"',
            "on = 2026-11-20",
            'from = "PACC 2017, table 9, own copy"',
            "",
        ]
    )


def site(folder: Path, *confirmations: str) -> Site:
    path = folder / "site.toml"
    path.write_text('schema = "cisterna/site/1"\n' + "".join(confirmations), "utf-8")
    return read_site(path)


def broken(folder: Path, text: str | bytes) -> Path:
    path = folder / "site.toml"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def ceiling(library: Library):
    return next(x.fact for x in library.drug("morphine").limits if x.fact.path == LIMIT)


def pump(library: Library) -> Pump:
    return library.pump("synchromed-iii-20")


# What a site may do -----------------------------------------------------------------------------


def test_without_a_site_a_recalled_limit_is_unverified():
    assert ceiling(Library()).certainty == "recalled"
    assert not ceiling(Library()).verified


def test_a_confirmed_value_counts_as_read(tmp_path):
    fact = ceiling(Library(site(tmp_path, confirm(LIMIT, "15 mg/day"))))
    assert fact.value == Quantity.parse("15 mg/day")
    assert fact.certainty == "read"
    assert fact.verified


def test_a_confirmed_value_shows_who_confirmed_it_when_and_from_what(tmp_path):
    fact = ceiling(Library(site(tmp_path, confirm(LIMIT, "15 mg/day"))))
    assert "A. Pharmacist" in fact.note
    assert "2026-11-20" in fact.note
    assert "PACC 2017, table 9, own copy" in fact.note


def test_a_confirmed_value_keeps_its_source_and_authority(tmp_path):
    ours, theirs = ceiling(Library()), ceiling(Library(site(tmp_path, confirm(LIMIT, "15 mg/day"))))
    assert (theirs.source, theirs.authority) == (ours.source, ours.authority)


def test_a_site_may_lower_an_upper_limit_and_raise_a_lower_one(tmp_path):
    library = Library(
        site(tmp_path, confirm(LIMIT, "12 mg/day"), confirm(PUMP_FLOOR, "0.1 mL/day"))
    )
    assert ceiling(library).value == Quantity.parse("12 mg/day")
    floor = pump(library).flow_min
    assert floor is not None
    assert floor.value == Quantity.parse("0.1 mL/day")


def test_a_value_may_be_confirmed_in_another_unit_of_its_kind(tmp_path):
    fact = ceiling(Library(site(tmp_path, confirm(LIMIT, "15000 mcg/day"))))
    assert fact.value == Quantity.parse("15 mg/day")
    assert fact.value.unit.name == "mg/day"


def test_an_interval_may_be_narrowed(tmp_path):
    library = Library(site(tmp_path, confirm("synchromed-ii.tubing_bridge", "0.14 mL", "0.15 mL")))
    fact = library.pump("synchromed-ii-20").tubing_bridge
    assert fact is not None
    assert (fact.least, fact.most) == (Quantity.parse("0.14 mL"), Quantity.parse("0.15 mL"))


def test_other_values_stay_as_they_were(tmp_path):
    library = Library(site(tmp_path, confirm(LIMIT, "12 mg/day")))
    ours = [x.fact for x in Library().drug("morphine").limits if x.fact.path != LIMIT]
    theirs = [x.fact for x in library.drug("morphine").limits if x.fact.path != LIMIT]
    assert ours == theirs


def test_a_class_of_drugs_is_confirmed_for_each_of_its_drugs(tmp_path):
    library = Library(site(tmp_path, confirm("opioid.limit.drop", "40 %")))
    for name in ("morphine", "sufentanil"):
        drop = library.drug(name).ever("drop")[0].fact
        assert drop.value == Quantity.parse("40 %")
        assert drop.verified


def test_what_the_label_of_a_pump_says_of_age_can_be_confirmed(tmp_path):
    library = Library(site(tmp_path, confirm("prometra-ii.age.baclofen", "14 year")))
    age = library.pump("prometra-ii-20").ages["baclofen"]
    assert age.value == Quantity.parse("14 year")
    assert "A. Pharmacist" in age.note


def test_every_value_of_drugs_pumps_catheters_and_guidance_reaches_who_asks_for_it(tmp_path):
    """A value that the library gives to anybody passes through the site's overlay."""
    asked: list[str] = []

    class Watching(Site):
        def __call__(self, path, row):
            asked.append(path)
            return row

    library = Library(Watching())
    facts = [x.fact for name in library.drug_ids for x in library.drug(name).limits]
    for name in library.pump_ids:
        facts += library.pump(name).ages.values()
    for name in library.drug_ids:
        for product in library.drug(name).products.values():
            facts += [product.strength, *product.containers]
    assert {fact.path for fact in facts} <= set(asked)
    assert set(asked) <= {path for path, _ in rows()}


# What a site may not do -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fact", "same", "looser"),
    [
        (LIMIT, "15 mg/day", "15.1 mg/day"),
        ("morphine.limit.start-label-naive", "1 mg/day", "1.01 mg/day"),
        ("morphine.limit.concentration-consensus", "20 mg/mL", "20.5 mg/mL"),
        ("morphine.limit.trial-bolus-consensus", "0.5 mg", "0.6 mg"),
        ("morphine.limit.stability-published", "90 day", "91 day"),
        ("opioid.limit.step-non-cancer", "30 %", "31 %"),
        ("baclofen.limit.drop", "20 %", "21 %"),
        ("ziconotide.limit.prepared-label-us", "24 h", "25 h"),
        ("ziconotide.first_fill.life", "14 day", "15 day"),
        ("synchromed-iii.flow_max", "24 mL/day", "24.1 mL/day"),
        ("synchromed-ii-20.reservoir", "20 mL", "21 mL"),
        ("synchromed-ii.steps_per_day", "13 1", "14 1"),
        ("synchromed-ii.service_life", "84 month", "85 month"),
        ("prometra-ii.service_life", "10 year", "11 year"),
        ("synchromed-ii.eri_to_end", "90 day", "91 day"),
        ("synchromed-ii.stop_limit", "48 h", "49 h"),
        ("guidance.slip_ceiling_factor", "4 1", "5 1"),
        ("guidance.slip_start_factor", "10 1", "11 1"),
        ("guidance.slip_previous_factor", "3 1", "4 1"),
    ],
)
def test_an_upper_limit_may_be_kept_but_not_raised(tmp_path, fact: str, same: str, looser: str):
    row = dict(rows())[fact]
    kept = cited(fact, site(tmp_path, confirm(fact, same))(fact, row))
    assert kept.verified
    with pytest.raises(SiteRefused, match=r"is above .* never loosen"):
        site(tmp_path, confirm(fact, looser))(fact, row)


@pytest.mark.parametrize(
    ("fact", "same", "looser"),
    [
        (PUMP_FLOOR, "0.048 mL/day", "0.047 mL/day"),
        ("opioid.limit.step-interval", "24 h", "23 h"),
        ("morphine.limit.age-label", "18 year", "17 year"),
        ("prometra-ii.age.morphine", "22 year", "21 year"),
        ("guidance.slip_empty", "3 day", "2 day"),
    ],
)
def test_a_lower_limit_may_be_kept_but_not_lowered(tmp_path, fact: str, same: str, looser: str):
    row = dict(rows())[fact]
    kept = cited(fact, site(tmp_path, confirm(fact, same))(fact, row))
    assert kept.verified
    with pytest.raises(SiteRefused, match=r"is below .* never loosen"):
        site(tmp_path, confirm(fact, looser))(fact, row)


def test_a_wide_interval_loosens_as_much_as_its_end(tmp_path):
    row = dict(rows())[LIMIT]
    with pytest.raises(SiteRefused, match="is above"):
        site(tmp_path, confirm(LIMIT, "1 mg/day", "16 mg/day"))(LIMIT, row)


def test_a_value_of_another_kind_is_refused(tmp_path):
    with pytest.raises(SiteRefused, match=LIMIT):
        site(tmp_path, confirm(LIMIT, "15 mg/mL"))(LIMIT, dict(rows())[LIMIT])


def test_a_fact_that_nobody_has_is_refused_with_the_nearest_one(tmp_path):
    library = Library(site(tmp_path, confirm("morphine.limit.ceiling-concensus", "15 mg/day")))
    with pytest.raises(SiteRefused, match=r"no fact is called .* did you mean " + LIMIT):
        library.refuse_unknown_site_facts()


def test_facts_that_exist_pass(tmp_path):
    library = Library(site(tmp_path, confirm(LIMIT, "15 mg/day")))
    library.refuse_unknown_site_facts()
    assert list(library.site.confirmations) == [LIMIT]


# Broken files -----------------------------------------------------------------------------------

HEAD = 'schema = "cisterna/site/1"\n'


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "expected schema"),
        ('schema = "cisterna/site/2"', "expected schema"),
        ("schema = ", "Invalid value"),
        (b"\xff\xfe\x00", "decode"),
        (HEAD + "x = " + "[" * 5000, "recursion|Invalid"),
        (HEAD + "x = " + "9" * 5000, "digits|Invalid"),
        (HEAD + "[surprise]", r"expected \[\[confirm\]\]"),
        (HEAD + 'confirm = "all"', r"\[\[confirm\]\]"),
        (HEAD + "confirm = [1]", r"\[\[confirm\]\] table takes"),
        (HEAD + confirm(LIMIT, "15 mg/day") + "extra = 1\n", r"\[\[confirm\]\] table takes"),
        (HEAD + "[[confirm]]\n", "lacks fact, by, on, from"),
        (HEAD + confirm(LIMIT, "15 mg/day", by=""), "lacks by"),
        (HEAD + confirm(LIMIT, "15 mg/day").replace("on = 2026", '# = "'), "lacks on"),
        (HEAD + confirm(LIMIT, "15 mg/day").replace("value =", "#"), "lacks value"),
        (HEAD + confirm(LIMIT, "1 mg/day", "2 mg/day").replace("high =", "#"), "lacks value"),
        (HEAD + confirm(LIMIT, "15 mg/day").replace("2026-11-20", '"yesterday"'), "a date"),
        (HEAD + confirm(LIMIT, "15"), "has no unit"),
        (HEAD + confirm(LIMIT, "15 mg/dya"), "unknown unit"),
        (HEAD + confirm(LIMIT, "1e3 mg/day"), "exponent"),
        (HEAD + confirm(LIMIT, "-1 mg/day"), "below zero"),
        (HEAD + confirm(LIMIT, "2 mg/day", "1 mg/day"), "low is above high"),
        (HEAD + confirm(LIMIT, "2 mg/day", "3 mg/mL"), "do not compare"),
        (HEAD + confirm(LIMIT, "9 mg/day") + confirm(LIMIT, "8 mg/day"), "more than once"),
    ],
)
def test_a_broken_site_file_is_refused_with_its_name_and_the_reason(tmp_path, text, reason: str):
    path = broken(tmp_path, text)
    with pytest.raises(SiteRefused, match=reason) as refused:
        read_site(path)
    assert str(path) in str(refused.value)


def test_a_site_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(SiteRefused, match="No such file"):
        read_site(tmp_path / "nowhere.toml")
    with pytest.raises(SiteRefused, match="directory"):
        read_site(tmp_path)


def test_a_file_far_larger_than_a_site_file_is_refused_unread(tmp_path):
    small = broken(tmp_path, HEAD + "#" * (1_000_000 - len(HEAD)))
    assert read_site(small).confirmations == {}
    with pytest.raises(SiteRefused, match="larger than a site file can be"):
        read_site(broken(tmp_path, HEAD + "#" * (1_000_001 - len(HEAD))))


# Names ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ask", "wrong", "near"),
    [
        ("drug", "morfine", "morphine"),
        ("pump", "synchromed-ii", "synchromed-ii-"),
        ("pump", "SynchroMed-II-20", "synchromed-ii-20"),
        ("catheter", "ascenda-878", "ascenda-878"),
    ],
)
def test_an_unknown_name_is_refused_with_the_nearest(ask: str, wrong: str, near: str):
    with pytest.raises(UnknownFact, match=f"did you mean {near}"):
        getattr(Library(), ask)(wrong)


def test_a_name_near_to_none_is_refused_with_all_of_them():
    with pytest.raises(UnknownFact, match=r"known are baclofen, .*ziconotide"):
        Library().drug("???")


def test_an_unknown_term_is_refused_with_the_nearest():
    with pytest.raises(UnknownFact, match="did you mean cancer-pain"):
        Library().term("indication", "cancer-pian")
