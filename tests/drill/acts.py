"""Bugs of what people and the device do: doses, sessions, refills, stops, alarms and the clock."""

from tests.drill.planting import Bug, by, edit

DOSES, SESSION, ALARMS = "test_doses.py", "test_session.py", "test_alarms.py"
CONTROLLER = "test_controller.py"

DOSE_ACTS = (
    Bug(
        "the lockout is a millisecond too long",
        "A boundary off by one: two parts of a system disagree on who may ask",
        "A01; SR-05",
        edit("pump.doses._too_soon", ("s.now_ms < s.last", "s.now_ms <= s.last")),
        by(DOSES, "the_lockout_runs_from_start_to_start_to_the_millisecond"),
    ),
    Bug(
        "the count of doses is of a calendar day",
        "Four before midnight and four after it",
        "H01; SR-08",
        edit("pump.doses._recent", ("t > s.now_ms - DAY_MS", "t // DAY_MS == s.now_ms // DAY_MS")),
        by(DOSES, "the_count_is_of_any_24_hours_and_not_of_a_calendar_day"),
    ),
    Bug(
        "a dose does not start its lockout",
        "Pressed again at once, given again at once",
        "H07; SR-05",
        edit("pump.doses.asked", (", last_dose_ms=now", "")),
        by(DOSES, "pressed_five_hundred_times_she_gets_what_she_may_have"),
    ),
    Bug(
        "a clinician's bolus has no limit",
        "Who knows the pump may go round its ledger",
        "SR-09; H01",
        edit("pump.doses.ordered", ("dose, event.per_24h_fg)", "dose, 1 << 90)")),
        by(DOSES, "a_clinicians_bolus_has_the_same_ledger_and_its_own_limit"),
    ),
    Bug(
        "a bolus that is refused has cut the patient's dose",
        "An act fails half-way and leaves its first half behind",
        "SR-10; H14",
        edit("pump.doses.ordered", ("return made.refuse(given", "return given.refuse(given")),
        by(DOSES, "a_bolus_that_is_refused_changes_nothing_of_her_dose"),
    ),
    Bug(
        "a bolus is asked of a reservoir that does not hold it",
        "A dose is promised, and half of it comes",
        "A19; SR-21",
        edit("pump.doses._unfit", (" > s.flow.reservoir_nl", " > 1 << 62")),
        by(DOSES, "a_bolus_is_inside_what_the_pump_can_do"),
    ),
    Bug(
        "a dose that is cut off was given in full",
        "The record of a stall says that all was given",
        "A18; SR-17; SR-46",
        edit("pump.doses.interrupt", ("given = once.given(s.now_ms)", "given = once.volume_nl")),
        by(DOSES, "a_stall_in_the_middle_of_a_dose_ends_it_between_two_bounds"),
    ),
)

SESSION_ACTS = (
    Bug(
        "anybody's session will do",
        "Two programmers: the older one activates last",
        "A11; H15; SR-51",
        edit("pump.session._not_here", ("s.session.number != session", "False")),
        by(SESSION, "two_programmers_never_share_a_session"),
    ),
    Bug(
        "the bridge is forgotten as the programme is activated",
        "The concentration is halved and the line still holds the old solution",
        "H06; SR-63; A16",
        edit("pump.session.activated", ("p.bridge.volume_nl if p.bridge else s.b", "s.b")),
        by(SESSION, "the_bridge_flows_alone_at_the_old_rate_and_then_the_schedule"),
    ),
    Bug(
        "a bridge begins anew after every interruption",
        "Prime twice: the old solution is pumped out as the new one already flows",
        "H22; SR-59",
        edit("pump.doses.interrupt", ("once.volume_nl - given if once", "once.volume_nl if once")),
        by(SESSION, "however_it_is_interrupted_a_bridge_pumps_the_line_in_total"),
    ),
    Bug(
        "a new programme turns on a pump that a fault has stopped",
        "Restarting hides the fault; an alarm raises the flow",
        "SR-03; SR-40",
        edit("pump.session.activated", ('s.stopped_ms if effect(s.alarms) == "stop" else', "")),
        by(SESSION, "a_fault_that_stopped_the_pump_outlasts_a_new_programme"),
    ),
    Bug(
        "a programme that orders a stop flows at its last rate",
        "The mode is stored and never looked at",
        "SR-14; H02",
        edit("pump.session.activated", ('if p.mode == "stopped" else', 'if p.mode == "" else')),
        by(SESSION, "a_programme_that_orders_a_stop_stops_and_nothing_restarts_it"),
    ),
    Bug(
        "a programme for another pump is accepted",
        "Two patients, one programmer, the draft of the other",
        "H04; SR-26",
        edit("pump.programme.faults", ("p.serial != device.serial", "False")),
        by(SESSION, "a_programme_that_cannot_run_here_is_refused_with_the_reason"),
    ),
    Bug(
        "a value is left out of the digest",
        "What was confirmed and what runs differ in a field that nobody compared",
        "SR-25; SR-28; A07",
        edit(
            "pump.programme.Programme.digest",
            ("json.dumps(asdict(self),", 'json.dumps(asdict(self) | {"per_24h_fg": 0},'),
        ),
        by(SESSION, "every_value_of_a_programme_is_in_its_digest"),
    ),
    Bug(
        "another drug in an old line counts as the new drug",
        "The line is full of what was there before",
        "H05; SR-63",
        edit("pump.session.activated", ("s.programme.primary != p.primary", "False")),
        by("test_keeper.py", "with_another_primary_drug_the_line_holds_none_of_it"),
    ),
)

CARE_ACTS = (
    Bug(
        "the schedule follows the wall clock",
        "Daylight saving and AM/PM: a step is given twice, or not at all",
        "SR-66; H08; A08; A09",
        edit(
            "pump.upkeep.clock_set",
            (
                "state = changed(s, clock_ms=s.clock_ms + shift)",
                "c = s.flow.schedule\n    c = c and changed(c, anchor_ms=c.anchor_ms - shift)\n"
                "    f = changed(s.flow, schedule=c)\n"
                "    state = changed(s, clock_ms=s.clock_ms + shift, flow=f)",
            ),
        ),
        by(CONTROLLER, "a_clock_that_is_set_neither_repeats_nor_skips_a_step"),
    ),
    Bug(
        "the lockout follows the wall clock",
        "The clock goes back an hour, and so does the lockout",
        "A09; H08; SR-66",
        edit(
            "pump.upkeep.clock_set",
            (
                "clock_ms=s.clock_ms + shift",
                "clock_ms=s.clock_ms + shift, "
                "last_dose_ms=s.last_dose_ms and s.last_dose_ms - shift",
            ),
        ),
        by(CONTROLLER, "a_clock_set_back_or_on_changes_neither_lockout_nor_count"),
    ),
    Bug(
        "a refill adds to the estimate",
        "What was drained is still counted: the pump is empty before it says so",
        "H09; SR-18; SR-61",
        edit(
            "pump.upkeep.refilled",
            (
                "reservoir_nl=total",
                "reservoir_nl=min(s.device.capacity_nl, s.flow.reservoir_nl + total) - 1",
            ),
        ),
        by(ALARMS, "a_refill_reconciles_the_estimate_and_the_pump_goes_on"),
    ),
    Bug(
        "40 mL go into a pump of 20 mL",
        "A refill is typed wrong and believed",
        "A13; H09",
        edit("pump.upkeep.refilled", ("total > s.device.capacity_nl", "False")),
        by(ALARMS, "a_refill_that_cannot_be_is_refused"),
    ),
    Bug(
        "an empty pump says nothing",
        "No alarm at the last stroke; the patient goes into withdrawal",
        "SR-21; H03",
        edit("pump.upkeep.watched", ("s.flow.reservoir_nl < s.device.stroke_nl", "False")),
        by(ALARMS, "low_comes_at_its_mark_and_empty_at_the_last_stroke"),
    ),
    Bug(
        "the warning of a low reservoir comes with the last stroke",
        "A warning that comes when nothing can be done any more",
        "SR-19; H03",
        edit(
            "pump.upkeep.watched", ("reservoir_nl <= low", "reservoir_nl < 2 * s.device.stroke_nl")
        ),
        by(ALARMS, "low_comes_at_its_mark_and_empty_at_the_last_stroke"),
    ),
    Bug(
        "a restart goes over a fault",
        "Alarm, stop, start, and on it goes",
        "SR-40; SR-13",
        edit("pump.upkeep.restarted", ('a.effect(s.alarms) == "stop"', "False")),
        by(ALARMS, "a_flow_fault_stops_the_pump_until_a_person_has_seen_it_and_restarts_it"),
    ),
    Bug(
        "the emergency minimum raises the flow",
        "A floor above the night rate; a verb that was to reduce gives more",
        "ST-09; SR-03",
        edit(
            "pump.upkeep.minimum",
            ("floor > rate_now(changed(s.flow, once=None))", "False"),
        ),
        by(
            "test_upkeep.py",
            "a_floor_above_what_flows_now_is_refused_to_whoever_may_only_reduce",
        ),
    ),
    Bug(
        "a long stop is silent",
        "Stopped for a procedure and forgotten",
        "SR-41; H03",
        edit(
            "pump.upkeep.watched", ("stopped_ms + s.device.stop_limit_ms", "stopped_ms + (1 << 60)")
        ),
        by(ALARMS, "a_long_stop_alarms_and_the_alarm_ends_with_it"),
    ),
    Bug(
        "a silenced alarm stays silent",
        "Alarm fatigue: suppressed once, never heard again",
        "SR-39; H17",
        edit("pump.alarms.silenced", ("at_ms + rearm_ms()", "1 << 60")),
        by(ALARMS, "a_silence_lapses_by_itself"),
    ),
    Bug(
        "an alarm is acknowledged away while its cause stands",
        "The battery has come to its end and nobody is told again",
        "SR-43; H23; H17",
        edit("pump.upkeep.acknowledged", ("if standing or code in", "if False and code in")),
        by(ALARMS, "an_alarm_whose_cause_stands_cannot_be_acknowledged"),
    ),
    Bug(
        "an alarm raises the flow",
        "The strongest of several alarms loses against the mildest",
        "SR-03; SR-42",
        edit("pump.alarms.effect", ("in _STRONGEST_FIRST:", "in reversed(_STRONGEST_FIRST):")),
        by(ALARMS, "the_strongest_of_several_alarms_decides_the_flow"),
    ),
)
ACTS = DOSE_ACTS + SESSION_ACTS + CARE_ACTS
