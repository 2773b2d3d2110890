"""Bugs of figures: units, rounding, geometry, the clock of the wall, and the virtual pump."""

from tests.drill.planting import Bug, by, edit

SETTING, VIRTUAL, PROGRAMMER = "test_setting.py", "test_virtual.py", "test_programmer.py"

FIGURES = (
    Bug(
        "milligrams are taken for micrograms",
        "An order in mg typed as mcg: a thousand times too much or too little",
        "A14; H02; SR-57",
        edit("pump.setting._limit", ("10**12", "10**9")),
        by(SETTING, "an_order_is_worked_out_by_hand"),
    ),
    Bug(
        "a day is taken for an hour",
        "mL/day and mL/h: twenty-four times too much",
        "H02; SR-57",
        edit(
            "pump.setting.programme",
            ('Quantity.of(p.flow, "mL/day")', 'Quantity.of(p.flow, "mL/h")'),
        ),
        by(SETTING, "an_order_is_worked_out_by_hand"),
    ),
    Bug(
        "a concentration ten times too low",
        "1 mg and 10 mg: the limit sees a tenth of the drug",
        "A15; H05; SR-22",
        edit("pump.setting.ng_per_ml", ('.number("ng/mL")', '.number("ng/mL") / 10')),
        by(SETTING, "an_order_is_worked_out_by_hand"),
    ),
    Bug(
        "a concentration is rounded down",
        "The limit sees less than there is",
        "H25; SR-57",
        edit("pump.setting.ng_per_ml", ("-_floor(-rx", "_floor(rx")),
        by(SETTING, "concentrations_are_rounded_up_and_flows_down"),
    ),
    Bug(
        "a rate is rounded up",
        "Rounding raises the dose, a little, for ever",
        "H25; SR-57",
        edit("pump.setting._floor", ("value.__floor__()", "value.__ceil__()")),
        by(SETTING, "concentrations_are_rounded_up_and_flows_down"),
    ),
    Bug(
        "a bridge takes 0.199 mL of tubing for 0.140 mL",
        "SynchroMed II: drug fast, then a gap of a low dose (Class I)",
        "§1 SynchroMed; H06; SR-58",
        edit(
            "pump.setting._bridge",
            ('bridge.volume.number("nL")', 'bridge.volume.number("nL") + 59_000'),
        ),
        by(SETTING, "a_bridge_is_the_volume_and_the_old_rate_rounded_down"),
    ),
    Bug(
        "the wall clock has twelve hours",
        "AM and PM: the night rate flows by day",
        "SR-67; H08",
        edit(
            "pump.setting.wall_ms",
            ("return (local", "local = local.replace(hour=local.hour % 12)\n    return (local"),
        ),
        by(SETTING, "the_wall_of_a_pump_begins_on_a_monday"),
    ),
    Bug(
        "a schedule begins with the fill, not at midnight",
        "A step of the night comes by day: device time taken for civil time",
        "H08; SR-66",
        edit("pump.setting.programme", (" - _ms(pattern.phase)", "")),
        by(SETTING, "the_pump_flows_what_the_order_schedules_at_every_moment"),
    ),
    Bug(
        "the programmer shows what was sent",
        "The screen says one dose and the pump gives another (B. Braun Space)",
        "§4.1 CVE-2021-33882; H21; SR-27",
        edit("pump.programmer.Programmer.programme", ("if staged != programme or", "if")),
        by(PROGRAMMER, "a_read_back_of_another_programme_is_never_confirmed"),
    ),
    Bug(
        "an old answer is taken for a new one",
        "A relay plays back that all is well",
        "ST-05; SR-27; H21",
        edit("pump.programmer.Programmer.answer", ("frame.body.id != asked.head.id or", "")),
        by(PROGRAMMER, "an_old_answer_is_not_taken_for_a_new_one"),
    ),
    Bug(
        "a stall is not noticed",
        "The rotor stands, and the pump reports its therapy",
        "H03; A17; SR-17",
        edit(
            "pump.virtual.VirtualPump._seen",
            ("return Notice(min(times) + 1, over=False) if times else None", "return None"),
        ),
        by(
            "test_simulate.py",
            "a_stall_of_twelve_hours_loses_exactly_the_strokes_of_twelve_hours",
        ),
    ),
    Bug(
        "the tip gives what the pump gives",
        "The line is forgotten: the new solution is counted at once",
        "H06; SR-58",
        edit(
            "pump.flow._through",
            ("all(slug.ng_per_ml == flow.ng_per_ml for slug in flow.line)", "True"),
        ),
        by("test_flow.py", "the_tip_sees_what_a_queue_of_nanolitres_sees"),
    ),
    Bug(
        "the pump reads another programme than it was sent",
        "A rate of sixteen bits: 65,536 is encoded as zero",
        "§1 Medfusion 2022; SR-28; H02",
        edit("pump.terms.read_terms", ("(at, rate) for at", "(at, rate & 0xFFF) for at")),
        by("test_unit.py", "a_programme_is_staged_read_back_confirmed_and_activated"),
    ),
    Bug(
        "a state comes back from the journal with a rate of zero",
        "A rate is encoded as zero and the patient goes into withdrawal",
        "H03; H11; SR-33",
        edit(
            "pump.codec.read_state",
            ("_read(State, _loaded(body))", "_read(State, _loaded(body.replace(b'60000', b'0')))"),
        ),
        by("test_keeper.py", "a_state_and_every_event_come_back_as_they_were_written"),
    ),
)
