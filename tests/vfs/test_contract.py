"""What every file system promises: the same results and the same errors, whatever stands in front of it."""

from __future__ import annotations

import errno

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jupyter_sandfs.errors import IsADirectory, NotADirectory, NotFound, VersionConflict
from jupyter_sandfs.vfs.filesystem import VirtualFileSystem

WORLD = [
    ("mkdir", ("/dir/sub",), {}),
    ("write_bytes", ("/file", b"hello"), {}),
    ("write_bytes", ("/dir/a.txt", b"one\ntwo\n"), {}),
    ("write_bytes", ("/dir/.hidden", b""), {}),
    ("symlink", ("dir", "/link"), {}),
    ("symlink", ("/file", "/abs"), {}),
    ("symlink", ("nowhere", "/dangling"), {}),
    ("symlink", ("loop", "/loop"), {}),
]
PATHS = ["/", "/file", "/dir", "/dir/a.txt", "/link", "/link/a.txt", "/abs", "/dangling", "/loop", "/none", "/none/x"]
PATHS += ["/file/x", "/loop/x", "/dangling/x", "dir/../file", "\\dir\\a.txt", "/../file", "/bad\0name", "/\ud800"]
NAMES = ["resolve", "stat", "ls", "read_bytes", "exists", "is_file", "is_dir", "is_symlink", "get_entry", "version"]
NAMES += ["readlink", "get_policy", "metadata", "read_lines", "glob", "tree"]
CHANGES = ["mkdir", "remove", "touch", "utime"]


def make_world(system):
    for name, args, options in WORLD:
        getattr(system, name)(*args, **options)
    return system


@pytest.fixture
def pair(system, clock):
    """A plain file system and one of each kind, with the same in them."""
    return make_world(VirtualFileSystem(clock=clock)), make_world(system)


@pytest.mark.parametrize("name", NAMES)
def test_each_question_has_the_same_answer_everywhere(pair, look, name):
    plain, system = pair

    asked = {path: look.attempt(getattr(plain, name), path) for path in PATHS}

    assert {path: look.attempt(getattr(system, name), path) for path in PATHS} == asked


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("name", CHANGES)
def test_each_change_of_a_path_has_the_same_result_everywhere(pair, look, name, path):
    plain, system = pair

    done = look.attempt(getattr(plain, name), path)

    assert look.attempt(getattr(system, name), path) == done
    assert look.everything(system) == look.everything(plain)
    assert system.stats() == _less_top(plain.stats(), system)


@pytest.mark.parametrize("path", PATHS)
def test_each_write_has_the_same_result_everywhere(pair, look, path):
    plain, system = pair

    for options in ({}, {"append": True}, {"expected_version": 0}, {"expected_version": 7}):
        done = look.attempt(plain.write_bytes, path, b"new", **options)
        assert look.attempt(system.write_bytes, path, b"new", **options) == done
    assert look.everything(system) == look.everything(plain)


@pytest.mark.parametrize("overwrite", [False, True])
@pytest.mark.parametrize("name", ["copy", "move"])
def test_each_copy_and_move_has_the_same_result_everywhere(system, clock, look, name, overwrite):
    plain = make_world(VirtualFileSystem(clock=clock))
    make_world(system)

    for source in PATHS[1:12]:
        for end in PATHS[1:12]:
            done = look.attempt(getattr(plain, name), source, end, overwrite=overwrite)
            assert look.attempt(getattr(system, name), source, end, overwrite=overwrite) == done, (source, end)
    assert look.everything(system) == look.everything(plain)


PATH = st.sampled_from(["/", "/a", "/a/b", "/a/b/c", "/d", "/d/e", "/l", "/l/b", "/m"])
BELOW = PATH.filter(lambda path: path != "/")  # which of two faults is told first is not promised
STEP = st.one_of(
    st.tuples(st.just("write_bytes"), PATH, st.binary(max_size=4)),
    st.tuples(st.just("append_file"), PATH, st.binary(max_size=4)),
    st.tuples(st.sampled_from(["mkdir", "remove", "touch", "stat", "ls", "read_bytes", "version"]), PATH),
    st.tuples(st.sampled_from(["copy", "move"]), BELOW, BELOW),
    st.tuples(st.just("symlink"), st.sampled_from(["/a", "a", "b", "/l", "../d"]), PATH),
)


@given(st.lists(STEP, max_size=12))
@settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_any_sequence_gives_the_same_everywhere(request, steps):
    kinds, look = _kinds(request), request.getfixturevalue("look")
    expected, *others = [_played(make(), steps, look) for make in kinds]

    assert others == [expected] * len(others)


def _kinds(request):
    from itertools import count

    kinds = request.getfixturevalue("kinds")
    return [lambda make=make: make(count(1).__next__) for make in kinds.values()]


def _played(system, steps, look):
    outcomes = [look.attempt(getattr(system, name), *args) for name, *args in steps]
    return outcomes, look.everything(system)


def _less_top(stats, system):
    del system  # the subtree's own top is its root: it counts once in both
    return stats


@pytest.mark.parametrize(
    ("call", "error", "number", "builtin"),
    [
        (("read_bytes", "/none"), NotFound, errno.ENOENT, FileNotFoundError),
        (("read_bytes", "/dir"), IsADirectory, errno.EISDIR, IsADirectoryError),
        (("ls", "/file"), NotADirectory, errno.ENOTDIR, NotADirectoryError),
        (("mkdir", "/file"), None, errno.EEXIST, FileExistsError),
        (("remove", "/dir"), None, errno.ENOTEMPTY, OSError),
        (("stat", "/loop"), None, errno.ELOOP, OSError),
        (("copy", "/dir", "/dir/sub/x"), None, errno.EINVAL, ValueError),
        (("remove", "/"), None, errno.EACCES, PermissionError),
        (("read_bytes", "/bad\0name"), None, errno.EINVAL, ValueError),
        (("read_bytes", 7), None, errno.EINVAL, ValueError),
        (("read_bytes", b"/file"), None, errno.EINVAL, ValueError),
    ],
)
def test_an_error_is_also_the_builtin_of_its_kind(system, call, error, number, builtin):
    make_world(system)

    with pytest.raises(error or builtin) as caught:
        getattr(system, call[0])(*call[1:])

    assert (isinstance(caught.value, builtin), caught.value.errno) == (True, number)


def test_a_version_grows_by_one_for_each_change_of_content(system):
    given = [
        system.write_file("/f", "a"),
        system.write_file("/f", "b", expected_version=1),
        system.append_file("/f", "c"),
    ]
    system.chmod("/f", 0o600)
    system.utime("/f")

    assert (given, system.version("/f"), system.read_text("/f")) == ([1, 2, 3], 3, "bc")


@pytest.mark.parametrize(("expected", "current"), [(0, 1), (2, 1), (9, 1)])
def test_another_version_than_the_expected_one_is_refused(system, expected, current):
    system.write_file("/f", "a")

    with pytest.raises(VersionConflict) as caught:
        system.write_file("/f", "b", expected_version=expected)

    assert caught.value.facts == {"path": "/f", "expected": expected, "current": current}
    assert system.read_text("/f") == "a"


def test_text_bytes_and_lines_are_written_as_they_are(system):
    system.write_file("/t", "é")
    system.write_file("/b", bytearray(b"\0\xff"))
    system.write_file("/l", ["one", "two"])

    assert [system.read_bytes(path) for path in ("/t", "/b", "/l")] == ["é".encode(), b"\0\xff", b"one\ntwo\n"]


@pytest.mark.parametrize("data", [[b"bytes"], [1], ["a", None], 5, None])
def test_what_is_no_text_is_refused_before_it_is_written(system, data):
    with pytest.raises(ValueError, match="content is text, bytes or lines of text"):
        system.write_file("/f", data)

    assert not system.exists("/f")


@pytest.mark.parametrize("data", ["text", 3, None, [b"x"]])
def test_only_bytes_are_written_as_bytes(system, data):
    with pytest.raises((ValueError, TypeError)):
        system.write_bytes("/f", data)

    assert not system.exists("/f")


def test_a_buffer_that_changes_later_changes_no_file(system):
    buffer = bytearray(b"before")
    system.write_bytes("/f", buffer)

    buffer[:] = b"behind"

    assert system.read_bytes("/f") == b"before"


def test_touch_makes_a_file_or_moves_its_time(system):
    system.touch("/f")
    before = system.stat("/f")
    system.touch("/f")
    after = system.stat("/f")

    assert (after.version, after.size, after.modified_ns > before.modified_ns) == (1, 0, True)
    with pytest.raises(FileExistsError):
        system.touch("/f", exist_ok=False)


def test_walk_can_be_pruned_as_that_of_os(system):
    for path in ("/a/x", "/b/y", "/c"):
        system.write_file(path, "")

    walked = []
    for at, directories, names in system.walk():
        walked.append((at, list(directories), names))
        directories[:] = [name for name in directories if name != "a"]

    assert walked == [("/", ["a", "b"], ["c"]), ("/b", [], ["y"])]


def test_a_name_is_made_in_no_directory_that_is_not_there_without_parents(system):
    with pytest.raises(NotFound):
        system.mkdir("/a/b", parents=False)

    assert system.listdir() == []
