from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from jupyter_sandfs.errors import LimitExceeded, StoreError, UploadNotFound
from jupyter_sandfs.server.upload_notes import Note, UploadNotes

START = 1_800_000_000.0


class Clock:
    now = START

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def notes(tmp_path, clock):
    return UploadNotes(tmp_path / "a" / "notes", 60, clock)


@pytest.fixture
def note():
    return Note(tenant="t", store_id="s", key="files/a", length=None, metadata="a eA==", options={"ttl": 5.0})


def test_a_note_is_found_again_by_others(notes, note, tmp_path, clock):
    notes.save(note)
    notes.save(replace(note, length=7))

    assert UploadNotes(tmp_path / "a" / "notes", 60, clock).find(note.id, "t") == replace(note, length=7)


def test_notes_are_private(notes, note, tmp_path):
    notes.save(note)

    (path,) = (tmp_path / "a" / "notes").iterdir()
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)


@pytest.mark.parametrize("upload_id", ["", "..", "../notes/x", "a" * 32, "A" * 32, "0" * 31 + "\n", "٣" * 32, "\ud800"])
def test_an_id_from_outside_finds_nothing(notes, note, upload_id):
    notes.save(note)

    with pytest.raises(UploadNotFound):
        notes.find(upload_id, "t")


def test_a_note_of_another_tenant_is_not_there(notes, note):
    notes.save(note)

    with pytest.raises(UploadNotFound):
        notes.find(note.id, "u")


def test_a_note_ends_when_nobody_touches_it(notes, note, clock, tmp_path):
    notes.save(note)
    clock.now += 50
    end = notes.touch(note)
    clock.now += 59
    notes.clean()
    alive = notes.find(note.id, "t")
    clock.now += 1

    assert end == notes.end(note) == datetime.fromtimestamp(START + 110, UTC)
    assert alive == note
    with pytest.raises(UploadNotFound):
        notes.find(note.id, "t")
    notes.clean()
    assert list((tmp_path / "a" / "notes").iterdir()) == []


def test_the_number_of_notes_is_bounded(tmp_path, note):
    notes = UploadNotes(tmp_path / "few", 60, most=2)
    notes.add(note)
    notes.add(replace(note, id="1" * 32))

    with pytest.raises(LimitExceeded):
        notes.add(replace(note, id="2" * 32))
    notes.save(replace(note, length=7))


def test_a_spoiled_note_is_none(notes, note, tmp_path):
    notes.save(note)
    (path,) = (tmp_path / "a" / "notes").iterdir()
    path.write_text(path.read_text()[:-5])

    with pytest.raises(UploadNotFound):
        notes.find(note.id, "t")


def test_a_note_that_was_removed_meanwhile_is_none(notes, note):
    for call in (notes.touch, notes.end):
        with pytest.raises(UploadNotFound):
            call(note)


def test_a_note_that_cannot_be_taken_is_a_store_error(note, tmp_path):
    (tmp_path / "file").touch()

    with pytest.raises(StoreError):
        UploadNotes(tmp_path / "file" / "notes", 60).save(note)


def test_cleaning_where_nothing_was_noted_is_no_error(notes):
    notes.clean()
    notes.remove(Note(tenant="", store_id="", key="", length=0))
