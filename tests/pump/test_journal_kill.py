"""The journal on real files: processes killed, folders locked, disks full (K9, H10, H19)."""

import pytest

from cisterna.pump.files import FileStorage
from cisterna.pump.journal import Journal, NotDurable
from cisterna.pump.storage import StorageError, StorageFull
from tests.pump.journal_kills import kills

SERIAL = "CR-0042"


def test_ten_kills_of_a_writer_lose_no_record_that_it_reported(tmp_path):
    assert kills(tmp_path / "pump", seed=1, number=10) >= 10


def test_a_journal_in_files_is_found_again(tmp_path):
    with FileStorage(tmp_path / "pump") as storage:
        Journal.create(storage, SERIAL, b"state", 512).append(b"entry")
    assert sorted(p.name for p in (tmp_path / "pump").iterdir()) == ["a0", "a1", "b0", "b1"]
    with FileStorage(tmp_path / "pump") as storage:
        _, found = Journal.open(storage, SERIAL)
    assert (found.snapshot, found.entries, found.findings) == (b"state", (b"entry",), ())


def test_one_journal_is_open_once(tmp_path):
    with FileStorage(tmp_path), pytest.raises(StorageError):
        FileStorage(tmp_path)
    FileStorage(tmp_path).close()


def test_a_full_device_is_told_as_full(tmp_path):
    (tmp_path / "a0").symlink_to("/dev/full")
    with FileStorage(tmp_path) as storage:
        with pytest.raises(StorageFull):
            storage.write("a0", 0, b"x")
        with pytest.raises(NotDurable) as caught:
            Journal.create(storage, SERIAL, b"state", 512)
    assert caught.value.code == "storage-full"


def test_a_place_that_is_no_folder_is_a_storage_error(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(StorageError):
        FileStorage(tmp_path / "file")


def test_an_area_grows_with_zeros_and_is_read_in_part(tmp_path):
    with FileStorage(tmp_path) as storage:
        assert (storage.size("a0"), storage.read("a0", 9)) == (0, b"")
        storage.write("a0", 3, b"xyz")
        storage.sync("a0")
        assert (storage.size("a0"), storage.read("a0", 5)) == (6, b"\0\0\0xy")
