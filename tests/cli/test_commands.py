"""Each command gives the keys that others rely on, and ends as the design says."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

REFILL_KEYS = {
    "low_reservoir_at",
    "low_reservoir_at_basal",
    "empty_at",
    "empty_at_basal",
    "earliest_empty_at",
    "stable_until",
    "replace_pump_by",
    "refill_by",
    "binding",
}
FINDING_KEYS = {
    "code",
    "severity",
    "message",
    "found",
    "limit",
    "authority",
    "source",
    "certainty",
}
ALLOWED_UNIT = re.compile(
    r"(ng|mcg|mg|nL|mL|ms|s|min|h|day|cm)(/(ng|mcg|mg|nL|mL|ms|s|min|h|day|cm))?"
)


def units(value: Any) -> Iterator[dict[str, str]]:
    """Every unit in a printed object."""
    if isinstance(value, dict):
        if set(value) == {"value", "unit"}:
            yield value
        else:
            for item in value.values():
                yield from units(item)
    elif isinstance(value, list):
        for item in value:
            yield from units(item)


def test_check_of_a_sound_order_ends_with_zero(cisterna, example):
    done = cisterna("check", example("simple-morphine"), "--json")
    assert done.code == 0
    assert done.json["ok"] is True
    assert all(set(f) >= FINDING_KEYS for f in done.json["findings"])


def test_check_of_a_slip_ends_with_one_and_still_prints_the_object(cisterna, example):
    done = cisterna("check", example("unit-slip"), "--json")
    assert done.code == 1
    assert done.json["ok"] is False
    assert "dose-unit-slip" in {f["code"] for f in done.json["findings"]}


def test_check_for_a_person_names_limit_authority_source_and_certainty(cisterna, example):
    done = cisterna("check", example("unit-slip"), COLUMNS="400")
    assert done.code == 1
    assert "BLOCK flow-above-pump-maximum" in done.out
    assert "limit 24 mL/day; device:" in done.out
    assert "(recalled)" in done.out


def test_program_gives_rates_dates_and_a_digest_to_read_aloud(cisterna, example):
    done = cisterna("program", example("simple-morphine"), "--json")
    assert done.code == 0
    body = done.json
    assert body["rates"][0]["from"] == "00:00"
    assert body["rates"][0]["rate"] == {"value": "9166", "unit": "nL/h"}
    assert body["daily_volume"] == {"value": "0.22", "unit": "mL"}
    assert body["daily_dose"]["morphine"] == {"value": "4.4", "unit": "mg/day"}
    assert set(body["refill"]) >= REFILL_KEYS
    assert re.fullmatch(r"([a-z]{5}-){3}[a-z]{5}", body["digest"])


def test_program_of_a_blocked_order_says_by_what_it_is_blocked(cisterna, example):
    done = cisterna("program", example("unit-slip"), "--json")
    assert done.code == 1
    assert "dose-unit-slip" in done.json["blocked_by"]


def test_program_with_a_previous_solution_begins_with_the_bridge(cisterna, example):
    body = cisterna("program", example("halved/new"), "--json").json
    assert body["rates"][0]["from"] == "2026-11-23T10:00:00+00:00"
    assert body["rates"][0]["until"] == body["bridge"]["ends_at"]
    assert body["rates"][1]["from"] == "00:00"


def test_bridge_gives_the_keys_of_the_design(cisterna, example):
    done = cisterna("bridge", example("halved/old"), example("halved/new"), "--json")
    body = done.json
    assert done.code == 0
    assert body["needed"] is True
    assert body["volume"] == {"value": "0.37808", "unit": "mL"}
    assert body["other_volume"] == {"value": "0.31908", "unit": "mL"}
    assert body["omitted"]["delivered_fraction"] == 2.0
    assert body["rinses"]["value"] == 2.0
    assert set(body) >= {
        "dose",
        "rate",
        "duration",
        "ends_at",
        "then_rate",
        "achieved",
        "omitted",
        "residual_mix",
    }


def test_a_refill_is_no_case_for_a_prime(cisterna, example):
    done = cisterna("prime", example("simple-morphine"), "--case", "refill", "--json")
    assert done.code == 1
    assert set(done.json["refused"]) == {"code", "message", "way_out"}


def test_prime_gives_volume_dose_and_shortest_duration(cisterna, example):
    body = cisterna("prime", example("simple-morphine"), "--case", "unprimed", "--json").json
    assert body["volume"] == {"value": "0.31908", "unit": "mL"}
    assert body["dose"]["morphine"] == {"value": "6.3816", "unit": "mg"}
    assert body["min_duration"] == {"value": "19.1448", "unit": "min"}


def test_residual_needs_the_count_of_patient_doses_where_there_is_a_remote(cisterna, example):
    visit = ("--measured", "20 mL", "--at", "2026-12-20T10:00:00-05:00", "--json")
    done = cisterna("residual", example("change/new"), *visit)
    assert done.code == 1
    assert "--boluses" in done.json["refused"]["way_out"]


def test_residual_gives_a_verdict_with_reasons(cisterna, example):
    visit = ("--measured", "1 mL", "--at", "2027-01-20T10:00:00-05:00", "--json")
    body = cisterna("residual", example("simple-morphine"), *visit).json
    assert body["verdict"] == "evaluate"
    assert body["discrepancy"]["unit"] == "mL"
    assert isinstance(body["ratio"], float)
    assert body["reasons"]


def test_compound_gives_rows_diluent_and_total(cisterna, example):
    order = example("simple-morphine")
    body = cisterna("compound", order, "--stock", "morphine=25 mg/mL", "--json").json
    assert body["rows"][0]["take"] == {"value": "16", "unit": "mL"}
    assert body["diluent"] == {"value": "4", "unit": "mL"}
    assert body["total"] == {"value": "20", "unit": "mL"}


def test_convert_gives_an_interval_with_its_sources(cisterna):
    routes = ("--from", "oral", "--to", "intrathecal", "--json")
    body = cisterna("convert", "morphine", "300 mg/day", *routes).json
    assert (body["low"]["value"], body["high"]["value"]) == ("1", "30")
    assert len(body["sources"]) >= 4


def test_convert_refuses_a_drug_without_an_equivalent(cisterna):
    routes = ("--from", "oral", "--to", "intrathecal", "--json")
    done = cisterna("convert", "ziconotide", "10 mcg", *routes)
    assert done.code == 1
    assert done.json["refused"]["code"] == "no-equivalent"


def test_plan_puts_everything_into_one_object(cisterna, example):
    done = cisterna("plan", example("change/old"), example("change/new"), "--json")
    assert done.code == 0
    body = done.json
    assert set(body) >= {"rows", "step", "check", "program", "bridge", "prime", "tip"}
    assert body["step"]["morphine"]["before"] == {"value": "5.7", "unit": "mg/day"}
    assert body["tip"]["hours"][0]["rates"]["omitted"]["morphine"]["value"] == "12"


def test_plan_writes_a_self_contained_sheet(cisterna, example, tmp_path):
    page = tmp_path / "out" / "plan.html"
    done = cisterna("plan", example("doubled/old"), example("doubled/new"), "--html", page)
    assert done.code == 0
    text = page.read_text("utf-8")
    assert text.startswith("<!DOCTYPE html>")
    assert "http://" not in text.replace("http://www.w3.org/", "")
    assert "https://" not in text


@pytest.mark.parametrize("command", ["check", "program"])
def test_every_quantity_on_the_wire_has_a_unit_of_the_closed_list(cisterna, example, command):
    for name in ("cancer-mixture", "baclofen-start", "hydromorphone-flex", "prometra-periodic"):
        found = list(units(cisterna(command, example(name), "--json").json))
        assert all(ALLOWED_UNIT.fullmatch(q["unit"]) for q in found)
        assert all(re.fullmatch(r"-?\d+(\.\d+)?", q["value"]) for q in found)


def test_facts_doctor_and_schema_answer(cisterna):
    assert cisterna("facts", "ziconotide", "--json").json["facts"]
    assert cisterna("doctor", "--json").json["unverified"] > 0
    assert cisterna("schema", "prescription").json["title"] == "Cisterna prescription"
    assert cisterna("schema", "site").json["title"] == "Cisterna site formulary"


def test_an_unknown_fact_suggests_the_nearest(cisterna):
    done = cisterna("facts", "morphin")
    assert done.code == 2
    assert "did you mean morphine?" in done.err


def test_the_site_file_confirms_a_value(cisterna, example, tmp_path):
    site = tmp_path / "site.toml"
    site.write_text(
        'schema = "cisterna/site/1"\n[[confirm]]\nfact = "morphine.limit.ceiling-consensus"\n'
        'value = "12 mg/day"\nby = "A. Pharmacist"\non = 2026-11-20\nfrom = "own copy"\n'
    )
    order = example("simple-morphine")
    before = _unverified(cisterna("check", order, "--json").json)
    after = _unverified(cisterna("check", order, "--json", "--site", site).json)
    named = _unverified(cisterna("check", order, "--json", CISTERNA_SITE=str(site)).json)
    assert "morphine.limit.ceiling-consensus" in before
    assert "morphine.limit.ceiling-consensus" not in after
    assert after == named


def _unverified(body: Any) -> str:
    return next(str(f["found"]) for f in body["findings"] if f["code"] == "unverified-limit")
