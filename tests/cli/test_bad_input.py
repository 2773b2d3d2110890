"""Bad input ends with 2, one clear message for each problem, nothing written, no traceback."""

import pytest

BROKEN = {
    "missing unit": ('daily_dose = "4.4 mg/day"', 'daily_dose = "4.4"', "has no unit"),
    "wrong unit": ('daily_dose = "4.4 mg/day"', 'daily_dose = "4.4 mL"', "a dose rate"),
    "negative": ('daily_dose = "4.4 mg/day"', 'daily_dose = "-4.4 mg/day"', "above zero"),
    "not a number": ('daily_dose = "4.4 mg/day"', 'daily_dose = "NaN mg/day"', "plain decimal"),
    "exponent": ('daily_dose = "4.4 mg/day"', 'daily_dose = "1e400 mg/day"', "exponent"),
    "number without quotes": ('daily_dose = "4.4 mg/day"', "daily_dose = 4.4", "in quotes"),
    "decimal comma": ('daily_dose = "4.4 mg/day"', 'daily_dose = "4,4 mg/day"', "comma"),
    "unknown drug": ('name = "morphine"', 'name = "morfine"', "did you mean morphine?"),
    "unknown pump": ('model = "synchromed-ii-20"', 'model = "synchromed-2"', "did you mean"),
    "unknown key": ("[alarm]", "[alarms]", "did you mean alarm?"),
    "time without zone": ("10:00:00-05:00", "10:00:00", "with its offset"),
    "trimmed more than supplied": ('"32.6 cm"', '"132.6 cm"', "less than supplied"),
}


@pytest.mark.parametrize("problem", BROKEN)
@pytest.mark.parametrize("command", ["check", "program", "plan"])
def test_a_broken_order_is_refused_with_a_message(cisterna, example, tmp_path, problem, command):
    before, after, message = BROKEN[problem]
    text = example("simple-morphine").read_text("utf-8")
    assert before in text
    order = tmp_path / "order.toml"
    order.write_text(text.replace(before, after), "utf-8")
    page = tmp_path / "page.html"
    extra = ("--html", page) if command == "plan" else ()
    done = cisterna(command, order, "--json", *extra)
    assert done.code == 2
    assert done.out == ""
    assert message in done.err
    assert str(order) in done.err
    assert "Traceback" not in done.err
    assert not page.exists()


def test_every_problem_of_a_file_is_named_in_one_go(cisterna, example, tmp_path):
    text = example("simple-morphine").read_text("utf-8")
    order = tmp_path / "order.toml"
    order.write_text(text.replace("4.4 mg/day", "4.4").replace("20 mL", "20"), "utf-8")
    lines = cisterna("check", order).err.strip().splitlines()
    assert len(lines) == 2


@pytest.mark.parametrize("content", [b"\x00\xff\xfe", b"a" * 10_000_000, b"a = " + b"[" * 5000])
def test_what_is_no_order_is_refused(cisterna, tmp_path, content):
    order = tmp_path / "order.toml"
    order.write_bytes(content)
    done = cisterna("check", order, "--json")
    assert (done.code, done.out) == (2, "")
    assert len(done.err.strip().splitlines()) == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("prime", "RX", "--case", "halfway"), "one of new-implant"),
        (("residual", "RX", "--measured", "3", "--at", "2027-01-01T00:00:00Z"), "no unit"),
        (("residual", "RX", "--measured", "3 mL", "--at", "tomorrow"), "with its offset"),
        (("residual", "RX", "--measured", "-3 mL", "--at", "2027-01-01T00:00:00Z"), "zero or more"),
        (("compound", "RX", "--stock", "morphine"), "DRUG=CONCENTRATION"),
        (("compound", "RX", "--stock", "morphine=25 mg"), "a concentration"),
        (("convert", "morphine", "300 mg", "--from", "nose", "--to", "oral"), "one of oral"),
        (("convert", "morfine", "300 mg", "--from", "oral", "--to", "intrathecal"), "did you mean"),
        (("schema", "prescriptions"), "did you mean prescription?"),
        (("check", "nowhere.toml"), "nothing there"),
        (("plan", "RX", "RX", "RX"), "NEW, or OLD and NEW"),
    ],
)
def test_a_wrong_argument_is_refused(cisterna, example, arguments, message):
    words = [str(example("simple-morphine")) if w == "RX" else w for w in arguments]
    done = cisterna(*words)
    assert done.code == 2
    assert message in done.err
    assert "Traceback" not in done.err
