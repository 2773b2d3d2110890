"""Bugs of what survives a power loss: keeper, journal and recovery, and the unit around them."""

from tests.drill.planting import Bug, by, edit, together

KEEPER, JOURNAL, UNIT = "test_keeper.py", "test_journal.py", "test_unit.py"

KEEPERS = (
    Bug(
        "the motor moves though the stroke is not on record",
        "The disk is full, the pump goes on, and what it gave is forgotten",
        "H19; A05; A31; SR-45",
        edit(
            "pump.keeper.Keeper.strike",
            ('"memory" in wrong_now(self.state.alarms)', "True"),
        ),
        by(KEEPER, "a_stroke_that_cannot_be_recorded_is_not_made_and_the_floor_runs"),
    ),
    Bug(
        "a stroke goes on record after the next one",
        "The ledger is written behind the motor: power lost between them repeats a stroke",
        "A05; H10; SR-45",
        edit("pump.keeper.Keeper.strike", ("str(last)", "str(self.marked_ms)")),
        by(
            KEEPER,
            "strokes_that_are_due_share_a_mark_and_all_of_them_count_after_a_power_loss",
            "a_power_loss_at_any_operation_repeats_nothing_and_loses_one_stroke_at_most",
        ),
    ),
    Bug(
        "marks are not read again after a power loss",
        "The count begins anew at the last event: strokes are made twice",
        "H10; SR-46",
        edit("pump.keeper._replay", ("max(keeper.marked_ms, int(body))", "keeper.marked_ms")),
        by(
            KEEPER,
            "strokes_that_are_due_share_a_mark_and_all_of_them_count_after_a_power_loss",
            "a_power_loss_at_any_operation_repeats_nothing_and_loses_one_stroke_at_most",
        ),
    ),
    Bug(
        "a command acts that could not be recorded",
        "A bolus is given, power is lost, and the pump knows of none",
        "A31; H19; SR-34",
        edit(
            "pump.keeper.Keeper.handle",
            ("and not isinstance(event, _REDUCING)", "and isinstance(event, _REDUCING)"),
        ),
        by(KEEPER, "a_full_disk_refuses_commands_and_the_programme_runs_on"),
    ),
    Bug(
        "damage to the memory is put right in silence",
        "A masked fault is not logged, so nobody sees the memory fail",
        "SR-32; SR-33; H11",
        edit("pump.keeper.Recalled.resume", ("if self.found.findings:", "if False:")),
        by(KEEPER, "a_flipped_bit_in_one_copy_changes_nothing_and_is_told"),
    ),
    Bug(
        "a pump runs on the journal of another",
        "Two boards are swapped at a service",
        "H04; SR-26",
        together(
            edit("pump.recovery._headers", ("header.serial != serial", "False")),
            edit(
                "pump.recovery.Slot.chain",
                ("Header(self.serial,", "Header(*{h.serial for h in self.headers.values() if h},"),
            ),
        ),
        by(KEEPER, "the_journal_of_another_pump_is_refused"),
    ),
    Bug(
        "a session outlasts a power loss",
        "The link has forgotten the session and the controller waits for its end: no dose",
        "H15; SR-31",
        edit("pump.unit.Unit.resumed", ("if session:", "if False:")),
        by(UNIT, "a_link_lost_in_mid_session_leaves_the_running_programme"),
    ),
    Bug(
        "what the link has seen is not on record",
        "A frame that was used before the power loss acts again after it",
        "H12; A20; ST-03",
        edit(
            "pump.unit.Unit._met",
            ("self._saved() if alarms or peers.must_save(before, link) else True", "True"),
        ),
        by(UNIT, "counters_keys_and_results_survive_and_a_restart_reuses_no_counter"),
    ),
    Bug(
        "a key that could not be recorded is known",
        "A pairing comes undone at the next power loss",
        "ST-07; H24",
        edit("pump.unit.Unit.hear", ("if not saved and before.ring", "if False and before.ring")),
        by(UNIT, "what_cannot_be_recorded_adds_no_key_and_takes_none"),
    ),
)

JOURNALS = (
    Bug(
        "a record is read whatever its checksum",
        "A bit flips in a limit and nobody looks (the Cozmo pump checks before each use)",
        "H11; A07; SR-33",
        edit(
            "pump.records.decode",
            (
                "whole = crc32(raw[: -_CRC.size]) == _CRC.unpack(raw[-_CRC.size :])[0]",
                "whole = True",
            ),
            ("(after is not None and digest != _digest(after + front))", "False"),
        ),
        by(
            JOURNAL,
            "a_record_destroyed_in_both_copies_is_a_loss_and_the_state_before_it_is_given",
            "any_flipped_bit_of_one_copy_is_reported_and_put_right",
        ),
    ),
    Bug(
        "there is one copy only",
        "State and prescription are stored once; one bad block and they are gone",
        "SR-33; H11",
        edit("pump.journal.Journal._add", ("record, asked)\n", "record, asked[:1])\n")),
        by(JOURNAL, "each_copy_may_be_damaged_in_another_record"),
    ),
    Bug(
        "what was written is not synced",
        "Reported as stored, and still in a cache when the power goes",
        "A06; SR-45",
        edit("pump.journal.Journal._put", ("self._storage.sync(name)", "pass")),
        by(JOURNAL, "an_intent_outlives_a_power_cut_as_soon_as_append_has_returned"),
    ),
    Bug(
        "a snapshot goes over the one in use",
        "A torn write of the prescription leaves neither the old one nor the new one",
        "A06; SR-33",
        edit(
            "pump.journal.Journal.snapshot",
            ("slot = 1 - self._place.slot", "slot = self._place.slot"),
        ),
        by(
            JOURNAL,
            "a_copy_that_is_gone_is_made_again_from_the_other",
            "each_copy_may_be_damaged_in_another_record",
        ),
    ),
    Bug(
        "after a restart the older snapshot runs",
        "The old dose comes back with the restart",
        "H13; A33; SR-49",
        edit(
            "pump.recovery.recover",
            (
                "slot.chain.generation if slot.chain else -1",
                "-slot.chain.generation if slot.chain else -(1 << 70)",
            ),
        ),
        by(
            JOURNAL,
            "an_old_copy_put_back_does_not_bring_the_old_state_back",
            "sequence_numbers_rise_through_snapshots_and_openings",
        ),
    ),
    Bug(
        "records are lost and nobody is told",
        "What was destroyed in both copies counts as never given",
        "H11; H19; SR-35",
        edit(
            "pump.recovery._lost",
            (
                "if any(len(copies) == len(COPIES) for copies in suspects.values()):",
                "return False\n    if True:",
            ),
        ),
        by(JOURNAL, "a_record_destroyed_in_both_copies_is_a_loss_and_the_state_before_it_is_given"),
    ),
    Bug(
        "an entry is appended while a loss is not accounted for",
        "The gap in the log closes over what is missing",
        "SR-35; H11",
        edit("pump.journal.Journal._settle", ("if out or found.lost:", "if out:")),
        by(JOURNAL, "after_a_loss_no_entry_is_taken_until_a_snapshot_accounts_for_it"),
    ),
    Bug(
        "the journal of another version is read",
        "An update reads old state by new rules",
        "ST-13; SR-25; A30",
        edit("pump.recovery._headers", ("if version not in (None, VERSION):", "if False:")),
        by(JOURNAL, "the_journal_of_another_version_is_refused"),
    ),
    Bug(
        "a failed write is not taken back",
        "A refused entry stands on the disk and comes true with the next opening",
        "H12; A31",
        edit(
            "pump.journal.Journal._write",
            ("self._take_back(slot, offset, len(data), copies)", "True"),
        ),
        by(JOURNAL, "a_refused_entry_is_taken_back_so_that_it_cannot_come_true_later"),
    ),
)
RECORDS = KEEPERS + JOURNALS
