import pytest

from jupyter_sandfs.errors import InvalidRequest, NotFound
from jupyter_sandfs.kernel import moments
from jupyter_sandfs.kernel.browser import changes
from jupyter_sandfs.kernel.browser.history import History
from jupyter_sandfs.kernel.moments import Cells
from jupyter_sandfs.vfs.filesystem import VirtualFileSystem
from jupyter_sandfs.vfs.policy import NodePolicy
from jupyter_sandfs.vfs.views.visibility import VisibilityView


@pytest.fixture
def cells():
    return Cells()


@pytest.fixture
def history(fs, cells):
    return History(fs, cells)


def labels(history, fs):
    return [(each["kind"], each["label"]) for each in history.moments(fs, b"")["moments"]]


def key(history, fs, label):
    return next(each["id"] for each in history.moments(fs, b"")["moments"] if each["label"] == label)


def test_the_moments_are_named_snapshots_and_cells_in_their_order(fs, cells, history):
    cells.note(fs, 1)
    fs.snapshot("start")
    fs.write_file("/x", "1")
    cells.note(fs, 2)

    assert labels(history, fs) == [("cell", "[1]"), ("snapshot", "start"), ("cell", "[2]")]


def test_a_cell_that_changed_nothing_is_no_moment(fs, cells, history):
    cells.note(fs, 1)
    fs.read_file("/notes.md")
    cells.note(fs, 2)

    assert labels(history, fs) == [("cell", "[1]")]


def test_only_the_last_cells_are_kept(fs, cells):
    for number in range(60):
        fs.write_file("/x", str(number))
        cells.note(fs, number)

    assert [each.cell for each in cells.of(fs)] == list(range(10, 60))


def test_fewer_cells_are_kept_where_they_overwrite_much(fs, cells, monkeypatch):
    monkeypatch.setattr(moments, "MAX_KEPT_BYTES", 2_500)
    for number in range(10):
        fs.write_file("/big", bytes(1_000) + bytes([number]))
        cells.note(fs, number)

    assert [each.cell for each in cells.of(fs)] == [7, 8, 9]


def test_cells_that_only_add_are_kept_without_weight(fs, cells, monkeypatch):
    monkeypatch.setattr(moments, "MAX_KEPT_BYTES", 10)
    for number in range(5):
        fs.write_file(f"/new{number}", bytes(1_000))
        cells.note(fs, number)

    assert len(cells.of(fs)) == 5


def test_what_was_removed_counts_as_kept(fs, cells, monkeypatch):
    fs.write_file("/old", bytes(1_000))
    cells.note(fs, 1)
    monkeypatch.setattr(moments, "MAX_KEPT_BYTES", 10)

    fs.remove("/old")
    cells.note(fs, 2)

    assert [each.cell for each in cells.of(fs)] == [2]


def test_a_file_system_that_is_gone_keeps_no_moment(cells):
    from jupyter_sandfs.vfs.filesystem import VirtualFileSystem

    system = VirtualFileSystem()
    system.write_file("/x", "")
    cells.note(system, 1)

    assert list(cells._moments) == [system]


def test_changes_since_a_moment_are_told_and_counted(fs, history):
    fs.snapshot("then")
    fs.write_file("/new.txt", "")
    fs.write_file("/data/rain.csv", "other")
    fs.remove("/notes.md")

    told = history.changes_since(fs, b"", moment="s:then")

    assert [(each["kind"], each["path"]) for each in told["changes"]] == [
        ("changed", "/data/rain.csv"),
        ("added", "/new.txt"),
        ("removed", "/notes.md"),
    ]
    assert told["counts"] == {"added": 1, "changed": 1, "removed": 1, "moved": 0}
    assert (told["changes"][2]["entry"]["size"], told["truncated"]) == (8, False)


def test_one_file_is_compared_with_what_it_was(fs, history):
    fs.snapshot("then")
    fs.write_file("/notes.md", "# Notes\nmore\n")

    told = history.difference(fs, b"", moment="s:then", path="/notes.md")

    assert (told["old"], told["new"]) == ({"version": 1, "size": 8}, {"version": 2, "size": 13})
    assert (told["places"], len(told["rows"])) == (1, 3)


@pytest.mark.parametrize(("before", "after"), [(b"\x00", b"\x00\x01"), (b"text", b"\xff\x00")])
def test_what_is_no_text_is_only_said_to_differ(fs, history, before, after):
    fs.write_bytes("/x", before)
    fs.snapshot("then")
    fs.write_bytes("/x", after)

    assert history.difference(fs, b"", moment="s:then", path="/x")["rows"] is None


def test_a_file_that_is_at_neither_moment_is_not_found(fs, history):
    fs.snapshot("then")

    with pytest.raises(NotFound):
        history.difference(fs, b"", moment="s:then", path="/never")


def test_everything_goes_back_and_can_be_undone(fs, history):
    fs.snapshot("then")
    fs.write_file("/notes.md", "changed")
    fs.write_file("/new", "")

    done = history.go_back(fs, b"", moment="s:then")
    back = (fs.read_file("/notes.md"), fs.exists("/new"))
    changes.undo(fs, b"", action=done["action"])

    assert back == ("# Notes\n", False)
    assert (fs.read_file("/notes.md"), fs.exists("/new")) == ("changed", True)


def test_one_file_goes_back_alone(fs, history):
    fs.snapshot("then")
    fs.write_file("/notes.md", "changed")
    fs.write_file("/new", "")

    history.go_back(fs, b"", moment="s:then", path="/notes.md")
    history.go_back(fs, b"", moment="s:then", path="/new")

    assert (fs.read_file("/notes.md"), fs.exists("/new")) == ("# Notes\n", False)


def test_a_moment_that_is_not_kept_is_refused(fs, history):
    with pytest.raises(InvalidRequest, match="not kept"):
        history.changes_since(fs, b"", moment="c:7:1")


def test_a_view_sees_nothing_hidden_in_the_past(fs, cells):
    fs.write_file("/secret", "before")
    fs.set_policy("/secret", NodePolicy(visibility="private"))
    cells.note(fs, 1)
    fs.write_file("/secret", "after")
    view = fs.view(VisibilityView({"public"}))
    history = History(view, cells)
    moment = f"c:1:{cells.of(fs)[0].snapshot.at_ns}"

    shown = [History(fs, cells).changes_since(view, b"", moment=moment)["changes"], labels(history, view)]

    assert shown == [[], []]
    with pytest.raises(NotFound):
        History(fs, cells).difference(view, b"", moment=moment, path="/secret")


@pytest.fixture
def seen(fs):
    """What a view that does not see /private has of the file system."""
    fs.mkdir("/private")
    fs.set_policy("/private", NodePolicy(visibility="private"))
    return fs.view(VisibilityView({"public"}))


def test_a_view_goes_over_the_cells_that_changed_something_to_be_seen(fs, cells, history, seen):
    cells.note(fs, 1)
    fs.write_file("/private/x", "1")
    cells.note(fs, 2)
    fs.write_file("/y", "1")
    cells.note(fs, 3)

    assert labels(history, seen) == [("cell", "[1]"), ("cell", "[3]")]
    assert labels(history, fs) == [("cell", "[1]"), ("cell", "[2]"), ("cell", "[3]")]


def test_a_first_cell_that_made_nothing_to_be_seen_is_no_moment_for_a_view(cells):
    fs = VirtualFileSystem()
    fs.write_file("/private", "")
    fs.set_policy("/private", NodePolicy(visibility="private"))
    cells.note(fs, 1)

    assert labels(History(fs, cells), fs.view(VisibilityView({"public"}))) == []


def test_a_view_compares_with_the_moment_after_a_cell(fs, cells, history, seen):
    fs.write_file("/y", "old")
    cells.note(fs, 1)
    fs.write_file("/y", "new")
    fs.write_file("/private/x", "1")
    cells.note(fs, 2)

    found = history.changes_since(seen, b"", moment=key(history, seen, "[1]"))

    assert [(each["kind"], each["path"]) for each in found["changes"]] == [("changed", "/y")]
