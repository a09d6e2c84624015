"""File objects: as the builtin open, but what is written appears in one step."""

from __future__ import annotations

import io

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jupyter_sandfs.errors import (
    AlreadyExists,
    FileTooLarge,
    InvalidRequest,
    IsADirectory,
    NoSpace,
    NotFound,
    PermissionDenied,
)
from jupyter_sandfs.storage import MemoryFileStorage
from jupyter_sandfs.vfs import content, streams
from jupyter_sandfs.vfs.filesystem import VirtualFileSystem
from jupyter_sandfs.vfs.limits import Limits
from jupyter_sandfs.vfs.policy import NodePolicy
from jupyter_sandfs.vfs.views.view import VisibilityView

SCRIPTS = {
    "write": lambda f: (f.write(b"new"), f.tell()),
    "read": lambda f: (f.read(3), f.tell(), f.read()),
    "lines": lambda f: (f.readline(), f.readlines()),
    "iterate": list,
    "writelines": lambda f: f.writelines([b"x\n", b"y\n"]),
    "seek, writelines": lambda f: (f.seek(1) and None, f.writelines([b"Z"]), f.flush(), f.tell()),
    "seek, write": lambda f: (f.seek(2) and None, f.write(b"Q"), f.flush(), f.tell()),
    "gap": lambda f: (f.seek(12) and None, f.write(b"!"), f.flush(), f.tell()),
    "cut": lambda f: (f.truncate(2), f.seek(0, 2)),
    "extend": lambda f: (f.truncate(20), f.seek(0, 2)),
    "end": lambda f: (f.seek(0, io.SEEK_END), f.tell()),
    "able": lambda f: (f.readable(), f.writable(), f.seekable(), f.tell()),
}
MODES = ["r", "w", "a", "x", "r+", "w+", "a+", "x+"]


def outcome(open_it, path, mode, script):
    try:
        with open_it(path, mode + "b") as stream:
            return script(stream)
    except OSError as error:  # io.UnsupportedOperation is one
        return next(each.__name__ for each in type(error).__mro__ if each.__module__ in {"builtins", "io"})


# An appending stream of ours is not truncated: see below.
CASES = [(name, mode) for name in SCRIPTS for mode in MODES if not (name in {"cut", "extend"} and mode.startswith("a"))]


@pytest.mark.parametrize("there", [False, True])
@pytest.mark.parametrize(("name", "mode"), CASES)
def test_each_mode_does_what_the_builtin_does(fs, tmp_path, name, mode, there):
    real = tmp_path / "f"
    if there:
        real.write_bytes(b"one\ntwo\n")
        fs.write_bytes("/f", b"one\ntwo\n")

    expected = outcome(open, real, mode, SCRIPTS[name])

    assert outcome(fs.open, "/f", mode, SCRIPTS[name]) == expected
    if isinstance(expected, str):
        return  # what was not finished is dropped, where the builtin has made an empty file
    assert fs.exists("/f") == real.exists()
    assert not real.exists() or fs.read_bytes("/f") == real.read_bytes()


@pytest.mark.parametrize("newline", [None, "", "\n", "\r\n"])
@pytest.mark.parametrize("encoding", ["utf-8", "latin-1", "utf-16"])
def test_text_is_encoded_and_its_ends_translated_as_the_builtin_does(fs, tmp_path, encoding, newline):
    real, text = tmp_path / "f", "é\nb\r\nc\r"

    read = []
    for opener, path in ((open, real), (fs.open, "/f")):
        with opener(path, "w", encoding=encoding, newline=newline) as stream:
            stream.write(text)
        with opener(path, "a", encoding=encoding, newline=newline) as stream:
            stream.write("more\n")
        with opener(path, "r", encoding=encoding, newline=newline) as stream:
            read.append((stream.read(), stream.mode))

    assert (read[1], fs.read_bytes("/f")) == (read[0], real.read_bytes())


@pytest.mark.parametrize("mode", ["w", "a", "r+", "wb", "ab+", "r+b"])
def test_an_exception_in_the_with_block_drops_what_was_written(fs, mode):
    fs.write_file("/f", "kept")

    with pytest.raises(RuntimeError), fs.open("/f", mode) as stream:  # the block is what is tested
        stream.write(b"lost" if "b" in mode else "lost")
        raise RuntimeError

    assert (fs.read_text("/f"), fs.version("/f"), stream.closed) == ("kept", 1, True)


def test_what_is_written_appears_in_one_step_on_close(fs):
    stream = fs.open("/f", "w")
    stream.write("text")
    before = fs.exists("/f")
    stream.close()
    stream.close()

    assert (before, fs.read_text("/f"), fs.version("/f")) == (False, "text", 1)


def test_an_exclusive_stream_that_was_overtaken_is_refused(fs):
    stream = fs.open("/f", "x")
    fs.write_file("/f", "first")

    with pytest.raises(Exception, match="version is 1, not 0"):
        stream.close()
    assert fs.read_text("/f") == "first"


def test_appending_streams_do_not_overwrite_each_other(fs):
    first, second = fs.open("/f", "a"), fs.open("/f", "a")
    first.write("1")
    second.write("2")
    second.close()
    first.close()

    assert fs.read_text("/f") == "21"


@pytest.mark.parametrize("mode", ["ab", "ab+"])
def test_an_appending_stream_is_not_truncated(fs, mode):
    with fs.open("/f", mode) as stream, pytest.raises(io.UnsupportedOperation):
        stream.truncate(0)


@pytest.mark.parametrize("mode", ["", "rw", "rr", "b", "r++", "rbt", "z", "U", "r "])
def test_a_wrong_mode_is_refused(fs, mode):
    with pytest.raises(InvalidRequest, match="invalid mode"):
        fs.open("/f", mode)


@pytest.mark.parametrize(
    ("mode", "path", "error"),
    [("r", "/none", NotFound), ("r+", "/none", NotFound), ("w", "/d", IsADirectory), ("x", "/f", AlreadyExists)],
)
def test_what_can_be_refused_on_opening_is(fs, mode, path, error):
    fs.write_file("/f", "")
    fs.mkdir("/d")

    with pytest.raises(error):
        fs.open(path, mode)


@pytest.mark.parametrize(
    "call",
    [lambda f: f.truncate(11), lambda f: (f.seek(10) and None, f.write(b"x")), lambda f: f.writelines([b"x" * 11])],
)
def test_a_stream_does_not_grow_over_the_limit_of_a_file(clock, call):
    fs = VirtualFileSystem(limits=Limits(file_bytes=10), clock=clock)

    with pytest.raises(FileTooLarge), fs.open("/f", "wb") as stream:
        call(stream)
    assert not fs.exists("/f")


# ---------------------------------------------------------------- large pieces

PIECE = st.binary(max_size=6)
WRITING = st.one_of(
    st.tuples(st.just("write"), PIECE),
    st.tuples(st.just("writelines"), st.lists(PIECE, min_size=1, max_size=3)),
    st.tuples(st.just("seek"), st.integers(-3, 12), st.sampled_from([0, 1, 2])),
    st.tuples(st.just("truncate"), st.none() | st.integers(-1, 12)),
    st.tuples(st.sampled_from(["tell", "flush"])),
)
READING = st.one_of(
    st.tuples(st.just("read"), st.integers(-1, 9)),
    st.tuples(st.just("readline"), st.integers(1, 4)),
    st.tuples(st.just("seek"), st.integers(-3, 12), st.sampled_from([0, 1, 2])),
    st.tuples(st.sampled_from(["tell", "readlines", "readable", "writable", "seekable"])),
    st.tuples(st.just("write"), st.just(b"x")),
)


def play(stream, script):
    """What each call on an open stream gives, or that it is refused."""

    def tried(name, *arguments):
        try:
            return getattr(stream, name)(*arguments)
        except OSError:
            return "refused"

    return [tried(*step) for step in script]


@given(st.lists(WRITING, max_size=8), st.lists(READING, max_size=8), st.sampled_from(["wb", "xb"]))
@settings(
    max_examples=150,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_what_is_kept_in_pieces_is_written_and_read_as_by_the_builtin(tmp_path, monkeypatch, writing, reading, mode):
    monkeypatch.setattr(streams, "_LARGE", 3)
    monkeypatch.setattr(content, "_BIG", 3)
    fs, real = VirtualFileSystem(), tmp_path / "f"
    real.unlink(missing_ok=True)

    with real.open(mode) as expected, fs.open("/f", mode) as stream:
        assert play(stream, writing) == play(expected, writing)
    with real.open("rb") as expected, fs.open("/f", "rb") as stream:
        assert play(stream, reading) == play(expected, reading)
        assert (stream.name, stream.mode) == ("/f", "rb")

    assert (fs.read_bytes("/f"), fs.stat("/f").size) == (real.read_bytes(), real.stat().st_size)


LARGE = [bytes([number]) * streams._LARGE for number in range(3)]


def write_large(system, path):
    with system.open(path, "wb") as stream:
        for piece in LARGE:
            stream.write(piece)


def test_large_pieces_are_kept_as_they_come(fs):
    write_large(fs, "/f")

    assert all(kept is piece for kept, piece in zip(fs._read_pieces("/f"), LARGE, strict=True))
    assert fs.read_bytes("/f") == b"".join(LARGE)


def test_hooks_a_storage_and_a_view_have_large_pieces_as_one(clock):
    storage, told = MemoryFileStorage(), []
    fs = VirtualFileSystem(storage, clock=clock)
    fs.register_write_hook("/", lambda event: told.append((event.path, event.content, event.version)))

    write_large(fs, "/f")
    write_large(fs.view(VisibilityView()), "/g")

    whole = b"".join(LARGE)
    assert told == [("/f", whole, 1), ("/g", whole, 1)]
    assert (storage.get("/f").content, storage.get("/g").content) == (whole, whole)


def test_what_a_view_hides_is_not_read_or_written_in_pieces(fs):
    write_large(fs, "/secret")
    fs.set_policy("/secret", NodePolicy(visibility="private"))
    view = fs.view(VisibilityView({"public"}))

    with pytest.raises(NotFound):
        view.open("/secret", "rb")
    with pytest.raises(PermissionDenied):
        write_large(view, "/secret")
    assert fs.version("/secret") == 1


def test_large_pieces_over_the_quota_change_nothing(clock, look):
    fs = VirtualFileSystem(limits=Limits(total_bytes=2 * streams._LARGE), clock=clock)
    fs.write_file("/f", "before")

    with pytest.raises(NoSpace):
        write_large(fs, "/f")

    assert (fs.read_text("/f"), fs.version("/f")) == ("before", 1)
    look.check(fs)


def test_undo_takes_back_what_came_in_large_pieces(fs, look):
    fs.write_file("/f", "before")
    write_large(fs, "/f")
    fs.append_file("/f", b"!")

    fs.undo()
    assert fs.read_bytes("/f") == b"".join(LARGE)
    fs.undo()
    assert fs.read_text("/f") == "before"
    look.check(fs)
