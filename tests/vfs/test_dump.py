"""A tree as bytes, and back: whole, or refused whole."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jupyter_sandfs.errors import FileTooLarge, InvalidRequest, InvalidSnapshot, NameTooLong, NoSpace, PermissionDenied
from jupyter_sandfs.vfs.actions import Change, ChangeKind
from jupyter_sandfs.vfs.filesystem import VirtualFileSystem
from jupyter_sandfs.vfs.limits import Limits
from jupyter_sandfs.vfs.policy import NodePolicy
from jupyter_sandfs.vfs.providers import ProvidedNode
from jupyter_sandfs.vfs.views.view import VisibilityView

MAGIC, SUM = b"sandfs\r\n", 32


@pytest.fixture
def full(fs):
    fs.write_file("/plain", b"bytes\0")
    fs.write_file("/plain", "text")
    fs.write_file("/d/e/päth with\nline", "deep")
    fs.append_file("/d/grown", "a" * 300_000)
    fs.append_file("/d/grown", "b")
    fs.mkdir("/empty")
    fs.chmod("/plain", 0o4755)
    fs.chmod("/d", 0o700)
    fs.utime("/d/grown", datetime(2001, 2, 3, 4, 5, 6, 789, tzinfo=UTC))
    fs.symlink("../plain", "/d/link")
    fs.write_file("/secret", "s")
    fs.set_policy("/secret", NodePolicy(readable=False, visibility="hidden", principals=frozenset({"ann"})))
    fs.set_policy("/d/e", NodePolicy(append_only=True))
    return fs


def all_of(fs):
    """Each node but the root with all that is known of it, but the change sequence of the tree."""
    found = {}
    for at, directories, names in fs.walk():
        for path in (at, *(f"{at.rstrip('/')}/{name}" for name in (*directories, *names))):
            stat = fs.stat(path, follow=False)
            secret = not fs.get_policy(path).readable
            data = fs.read_bytes(path) if stat.is_file and not secret else None
            attached = {} if stat.is_symlink else dict(fs.metadata(path))
            found[path] = (stat._replace(tree_id="", stamp=0), data, fs.get_policy(path), attached)
    del found["/"]
    return found


def test_a_tree_comes_back_whole(full):
    data, other = full.create_snapshot(), VirtualFileSystem()
    other.restore_snapshot(data)

    assert all_of(other) == all_of(full)
    assert other.stats() == full.stats()
    assert other.version("/plain") == 2
    assert VirtualFileSystem().diff(full.snapshot()) != []
    assert data == full.create_snapshot()


def test_the_present_tree_is_replaced_in_one_step_that_can_be_undone(full, look):
    data = full.create_snapshot()
    other = VirtualFileSystem()
    other.write_file("/plain", "other")
    other.write_file("/plain", "other 2")
    other.write_file("/plain", "other 3")
    other.write_file("/gone", "x")
    before = look.everything(other)
    other.restore_snapshot(data)

    assert (other.exists("/gone"), other.read_text("/plain"), other.version("/plain")) == (False, "text", 4)
    look.check(other)
    other.undo()
    assert {path: each[1] for path, each in look.everything(other).items()} == {
        path: each[1] for path, each in before.items()
    }


def test_nothing_is_changed_by_what_is_here_already(full):
    full.write_file("/d/grown", "one piece")
    data, before = full.create_snapshot(), len(full.log())

    full.restore_snapshot(data)

    assert len(full.log()) == before


def test_a_dynamic_node_comes_back_only_where_it_is_mounted(fs):
    fs.mount_file("/dyn/file", lambda _: "computed")
    fs.mount_directory("/dyn/dir", lambda _: {"x": ProvidedNode.file("given")})
    fs.write_file("/plain", "1")
    data = fs.create_snapshot()
    fs.write_file("/plain", "2")
    elsewhere = VirtualFileSystem()
    elsewhere.write_file("/dyn/file", "not computed")

    fs.restore_snapshot(data)
    elsewhere.restore_snapshot(data)

    assert (fs.read_text("/dyn/file"), fs.read_text("/dyn/dir/x"), fs.read_text("/plain")) == ("computed", "given", "1")
    assert elsewhere.walk("/").__next__() == ("/", ["dyn"], ["plain"])
    assert elsewhere.listdir("/dyn") == []


def test_times_to_come_are_cut_to_now(clock):
    later = VirtualFileSystem(clock=count(10**18 * 3).__next__)
    later.write_file("/f", "x")
    fs = VirtualFileSystem(clock=lambda: 10**18)
    fs.restore_snapshot(later.create_snapshot())

    assert fs.stat("/f").modified_at == datetime(2001, 9, 9, 1, 46, 40, tzinfo=UTC)
    assert fs.stat("/f").created_at <= datetime(2001, 9, 9, tzinfo=UTC) + timedelta(days=1)


def test_what_is_attached_must_be_json(fs):
    fs.mount_directory("/dir", lambda _: {"f": ProvidedNode.file("x", metadata={"object": object()})})
    fs.copy("/dir/f", "/copied")

    with pytest.raises(InvalidRequest, match="plain JSON"):
        fs.create_snapshot()


def test_views_neither_write_nor_read_snapshots(full):
    view = full.view(VisibilityView())

    with pytest.raises(PermissionDenied):
        view.create_snapshot()
    with pytest.raises(PermissionDenied):
        view.restore_snapshot(full.create_snapshot())


# ---------------------------------------------------------------- bad input


def taken_apart(data):
    length = int.from_bytes(data[8:16], "big")
    return json.loads(data[16 : 16 + length]), data[16 + length : -SUM]


def put_together(index, contents):
    written = index if isinstance(index, bytes) else json.dumps(index).encode()
    data = MAGIC + len(written).to_bytes(8, "big") + written + contents
    return data + hashlib.sha256(data).digest()


def row(index, path):
    return next(each for each in index["directories"] if each[0] == path)


def columns(index, path=""):
    return row(index, path)[2]


def set_column(number, value):
    return lambda index: columns(index)[number].__setitem__(0, value)


TIMES = {"stamp": 1, "created": 1}
HOSTILE = {
    "a later format": lambda index: index.update(number=2),
    "no format": lambda index: index.pop("number"),
    "format as text": lambda index: index.update(number="1"),
    "format true": lambda index: index.update(number=True),
    "no directories": lambda index: index.update(directories=[]),
    "directories as an object": lambda index: index.update(directories={}),
    "directories of numbers": lambda index: index.update(directories=[1, 2, 3]),
    "the root twice": lambda index: index["directories"].append(["", TIMES, []]),
    "a directory twice": lambda index: index["directories"].append(row(index, "/d")),
    "a directory before its parent": lambda index: index["directories"].insert(1, ["/x/y", TIMES, []]),
    "a directory where a file is": lambda index: index["directories"].append(["/plain", TIMES, []]),
    "a path upwards": lambda index: index["directories"].append(["/..", TIMES, []]),
    "a path with a dot": lambda index: index["directories"].append(["/.", TIMES, []]),
    "a relative path": lambda index: index["directories"].append(["x", TIMES, []]),
    "a path of a number": lambda index: index["directories"].append([7, TIMES, []]),
    "a directory without times": lambda index: index["directories"].append(["/x", {}, []]),
    "a time as text": lambda index: row(index, "/d")[1].update(stamp="1"),
    "a time before all": lambda index: row(index, "/d")[1].update(created=-1),
    "a mode out of range": lambda index: row(index, "/d")[1].update(mode=1 << 20),
    "a mode as text": lambda index: row(index, "/d")[1].update(mode="rwx"),
    "metadata as text": lambda index: row(index, "/d")[1].update(metadata="x"),
    "a modified time as text": lambda index: row(index, "/d")[1].update(modified="x"),
    "a column missing": lambda index: columns(index).pop(),
    "a column shorter": lambda index: columns(index)[3].pop(),
    "files of a mounted directory": lambda index: row(index, "/d")[1].update(mounted=True),
    "an empty name": set_column(0, ""),
    "a name with a slash": set_column(0, "a/b"),
    "a name upwards": set_column(0, ".."),
    "a name with a backslash": set_column(0, "a\\b"),
    "a name with NUL": set_column(0, "a\0b"),
    "a name of a lone surrogate": set_column(0, "\ud800"),
    "a name of a number": set_column(0, 7),
    "a name of nothing": set_column(0, None),
    "a name twice": lambda index: columns(index)[0].__setitem__(1, columns(index)[0][0]),
    "a size below nothing": set_column(1, -1),
    "a size as text": set_column(1, "1"),
    "a size true": set_column(1, True),
    "a fraction of a byte": set_column(1, 0.5),
    "more bytes than there are": set_column(1, 10**9),
    "fewer bytes than there are": set_column(1, 0),
    "a version of nothing": set_column(3, 0),
    "a version out of range": set_column(3, 2**70),
    "a version as text": set_column(3, "1"),
    "a time of a file as text": set_column(2, "now"),
    "something aside of nothing": lambda index: columns(index)[5].update({"99": {}}),
    "something aside of a name": lambda index: columns(index)[5].update({"x": {}}),
    "aside as a list": lambda index: columns(index).__setitem__(5, [1]),
    "a link with a content": lambda index: columns(index)[5].update({"0": {"link": "x"}}),
    "a link that says nothing": lambda index: columns(index, "/d")[5].update({"1": {"link": ""}}),
    "a link that says NUL": lambda index: columns(index, "/d")[5].update({"1": {"link": "a\0b"}}),
    "a link that says too much": lambda index: columns(index, "/d")[5].update({"1": {"link": "a" * 5000}}),
    "a link of a number": lambda index: columns(index, "/d")[5].update({"1": {"link": 7}}),
}


@pytest.mark.parametrize("how", HOSTILE)
def test_hostile_bytes_are_refused_whole(full, how):
    index, contents = taken_apart(full.create_snapshot())
    HOSTILE[how](index)
    other = VirtualFileSystem()
    other.write_file("/mine", "x")

    with pytest.raises(InvalidSnapshot):
        other.restore_snapshot(put_together(index, contents))
    assert (other.listdir("/"), len(other.log())) == (["mine"], 1)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"PK\3\4",
        MAGIC,
        MAGIC + b"\xff" * 8 + b"x" * 40,
        put_together(b"", b""),
        put_together(b"[]", b""),
        put_together(b"{", b""),
        put_together(b"[" * 100_000, b""),
        put_together(b'{"number": NaN, "directories": []}', b""),
        put_together(b'{"number": 1' + b"0" * 5000 + b', "directories": []}', b""),
        put_together({"number": 1, "directories": None}, b""),
        "text",
        None,
    ],
)
def test_what_is_no_snapshot_is_refused(fs, data):
    with pytest.raises(InvalidSnapshot):
        fs.restore_snapshot(data)
    assert fs.log() == []


def test_a_later_release_is_named(full):
    index, contents = taken_apart(full.create_snapshot())
    index["number"] = 2

    with pytest.raises(InvalidSnapshot, match="a later release wrote it"):
        full.restore_snapshot(put_together(index, contents))


@given(st.data())
@settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_any_damaged_byte_is_noticed(data):
    fs = VirtualFileSystem()
    fs.write_file("/d/f", "content")
    written = fs.create_snapshot()
    at = data.draw(st.integers(0, len(written) - 1))
    flip = data.draw(st.integers(1, 255))

    with pytest.raises(InvalidSnapshot):
        VirtualFileSystem().restore_snapshot(written[:at] + bytes([written[at] ^ flip]) + written[at + 1 :])
    with pytest.raises(InvalidSnapshot):
        VirtualFileSystem().restore_snapshot(written[:at])


@pytest.mark.parametrize("stored", [{"readable": 1}, {"owner": "x"}, "public", {"principals": [1]}, [], 7])
def test_a_policy_that_can_not_be_read_hides(full, stored):
    index, contents = taken_apart(full.create_snapshot())
    at = str(columns(index)[0].index("secret"))
    columns(index)[5][at]["policy"] = stored
    other = VirtualFileSystem()
    other.restore_snapshot(put_together(index, contents))

    assert not other.view(VisibilityView(principals=["ann"])).exists("/secret")
    assert other.exists("/secret")


@pytest.mark.parametrize(
    ("limits", "error"),
    [
        (Limits(total_bytes=100), NoSpace),
        (Limits(nodes=5), NoSpace),
        (Limits(file_bytes=1_000), FileTooLarge),
        (Limits(name_bytes=10), NameTooLong),
        (Limits(depth=2), NameTooLong),
    ],
)
def test_the_limits_of_this_file_system_hold(full, limits, error):
    other = VirtualFileSystem(limits=limits)

    with pytest.raises(error):
        other.restore_snapshot(full.create_snapshot())
    assert (other.listdir("/"), other.log()) == ([], [])


def test_hooks_and_watches_are_told(full):
    seen, other = [], VirtualFileSystem()
    other.register_write_hook("/", lambda event: seen.append((event.path, event.content, event.version)))
    other.restore_snapshot(full.create_snapshot())

    assert ("/plain", b"text", 2) in seen
    assert Change(ChangeKind.ADDED, "/d", is_dir=True) in other.diff(VirtualFileSystem().snapshot())
