"""Names that share a base: they answer and keep order as a dict does, and what they share never changes."""

from __future__ import annotations

import sys
from threading import Thread

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jupyter_sandfs.vfs import names
from jupyter_sandfs.vfs.filesystem import VirtualFileSystem
from jupyter_sandfs.vfs.names import Layered, copied, differing

NAME = st.sampled_from([f"n{number}" for number in range(8)])
STEP = st.tuples(st.sampled_from(["set", "set", "del", "copy"]), NAME)
BASE = {f"n{number}": f"base {number}" for number in range(5)}


@given(st.lists(STEP, max_size=30))
@settings(deadline=None, derandomize=True)
def test_layered_names_are_what_a_dict_would_be(steps):
    base = dict(BASE)
    ours, model = Layered(base, {}, set(), len(base)), dict(base)
    kept = []

    for value, (step, name) in enumerate(steps):
        if step == "set":
            ours[name] = model[name] = str(value)
        elif step == "del" and name in model:
            del ours[name], model[name]
        elif step == "copy":
            kept.append((ours, dict(model)))
            ours = copied(ours)
            if isinstance(ours, dict):  # so much differed that it is a dict again
                ours = Layered(ours, {}, set(), len(ours))

    for found, wanted in [*kept, (ours, model)]:
        assert (list(found), list(found.items()), len(found)) == (list(wanted), list(wanted.items()), len(wanted))
        assert (list(found.keys()), list(found.values())) == (list(wanted), list(wanted.values()))
        assert [found.get(f"n{each}", "none") for each in range(9)] == [
            wanted.get(f"n{each}", "none") for each in range(9)
        ]
        assert {name: name in found for name in BASE} == {name: name in wanted for name in BASE}
        assert set(differing(found, ours)) == {
            (name, wanted.get(name), model.get(name))
            for name in {**wanted, **model}
            if wanted.get(name) is not model.get(name)
        }
    assert base == BASE


@pytest.mark.parametrize("name", ["absent", "n0"])
def test_an_absent_name_is_an_error_as_in_a_dict(name):
    layered = Layered(dict(BASE), {}, set(), len(BASE))
    del layered["n0"]

    with pytest.raises(KeyError, match=name):
        layered[name]
    with pytest.raises(KeyError, match=name):
        del layered[name]


def test_many_names_are_shared_and_few_are_copied():
    few, many = dict.fromkeys("abc", 1), dict.fromkeys(map(str, range(names._MANY)), 1)

    assert (type(copied(few)), type(copied(many)), copied(many).base is many) == (dict, Layered, True)


def test_names_that_differ_in_much_become_a_dict_again():
    layered = Layered(dict(BASE), {}, set(), len(BASE))
    for number in range(6):
        layered[f"new {number}"] = "x"

    assert type(copied(layered)) is dict


def folder_of_many(count=names._MANY * 2):
    fs = VirtualFileSystem()
    for number in range(count):
        fs.write_file(f"/flat/f{number}", "old")
        fs.mkdir(f"/flat/d{number}")
    return fs


def test_the_first_change_in_a_folder_of_many_after_a_snapshot_copies_no_names(look):
    fs = folder_of_many()
    then = fs.snapshot()
    frozen = then.root.directory.directories["flat"]

    fs.write_file("/flat/f1", "new")
    fs.remove("/flat/f2")
    fs.write_file("/flat/f2", "again")
    fs.write_file("/flat/another", "")
    fs.remove("/flat/d1")

    live = fs._tree.root.directories["flat"]
    assert (live.files.base is frozen.files, live.directories.base is frozen.directories) == (True, True)
    assert (len(live.files.own), len(live.directories.own)) == (3, 0)
    assert fs.at(then).read_text("/flat/f1") == "old"
    assert fs.listdir("/flat")[-2:] == ["f2", "another"]
    assert [change.path for change in fs.diff(then)] == ["/flat/another", "/flat/d1", "/flat/f1", "/flat/f2"]
    look.check(fs)


def test_a_directory_whose_names_are_shared_is_not_changed_in_place_any_more(look):
    fs = folder_of_many()

    fs.chmod("/flat", 0o700)
    fs.write_file("/flat/f1", "new")
    fs.undo()
    fs.undo()
    fs.write_file("/flat/f3", "newer")

    assert (fs.read_text("/flat/f1"), fs.read_text("/flat/f3")) == ("old", "newer")
    look.check(fs)


def test_a_folder_of_many_goes_through_dump_walk_and_restore(look):
    fs = folder_of_many()
    then = fs.snapshot()
    fs.write_file("/flat/f1", "new")
    fs.remove("/flat/f5")

    other = VirtualFileSystem()
    other.restore_snapshot(fs.create_snapshot())
    assert look.everything(other).keys() == look.everything(fs).keys()
    assert next(fs.walk("/flat")) == (
        "/flat",
        sorted(fs._tree.root.directories["flat"].directories),
        [*sorted(name for name in fs.listdir("/flat") if name.startswith("f"))],
    )
    fs.restore(then)
    assert (fs.diff(then), fs.read_text("/flat/f1"), fs.exists("/flat/f5")) == ([], "old", True)
    look.check(fs)


def test_readers_without_a_lock_see_no_name_twice_and_no_half_of_a_change():
    fs = folder_of_many()
    expected = set(fs.listdir("/flat"))
    fs.snapshot()
    fs.write_file("/flat/f0", "shared from here on")

    def remove_and_write():
        for number in range(400):
            name = f"/flat/f{1 + number % 20}"
            fs.remove(name)
            fs.write_file(name, "again")

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        writer = Thread(target=remove_and_write)
        writer.start()
        seen = []
        while writer.is_alive():
            seen.append(fs.listdir("/flat"))
            assert fs.read_text("/flat/f0") == "shared from here on"
        writer.join()
    finally:
        sys.setswitchinterval(interval)

    assert all(len(names) == len(set(names)) for names in seen)
    assert all(len(expected.difference(names)) <= 1 for names in seen)
    assert set(fs.listdir("/flat")) == expected
