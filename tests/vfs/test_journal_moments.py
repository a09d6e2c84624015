"""The tree as it was after any change of the journal, of which nobody took a snapshot."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from jupyter_sandfs.errors import LimitExceeded, NotFound, SandfsError
from jupyter_sandfs.vfs.filesystem import VirtualFileSystem
from jupyter_sandfs.vfs.limits import Limits
from jupyter_sandfs.vfs.policy import NodePolicy

PATHS = st.sampled_from(["/a", "/b", "/d", "/d/a", "/d/e", "/d/e/f", "/d/e/g/h"])
CALLS = st.one_of(
    st.tuples(st.just("write_file"), PATHS, st.sampled_from(["", "x", "yy\n"])),
    st.tuples(st.just("append_file"), PATHS, st.just("more")),
    st.tuples(st.just("mkdir"), PATHS),
    st.tuples(st.just("remove_all"), PATHS),
    st.tuples(st.just("move"), PATHS, PATHS),
    st.tuples(st.just("copy"), PATHS, PATHS),
    st.tuples(st.just("symlink"), PATHS, PATHS),
    st.tuples(st.just("chmod"), PATHS, st.sampled_from([0o600, 0o755])),
    st.tuples(st.just("set_policy"), PATHS, st.sampled_from([None, NodePolicy(writable=False)])),
    st.tuples(st.sampled_from(["undo", "redo", "back", "reload"])),
)


def play(fs, start, call, *arguments):
    with suppress(SandfsError):
        if call == "remove_all":
            fs.remove(*arguments, recursive=True)
        elif call == "back":
            fs.restore(start)
        elif call == "reload":
            fs.restore_snapshot(fs.create_snapshot())
        else:
            getattr(fs, call)(*arguments)


def facts(look, fs):
    return {path: (found._replace(version=0), data) for path, (found, data) in look.everything(fs).items()}


def begun(*, observed):
    fs = VirtualFileSystem()
    fs.write_file("/d/e/f", "first")
    if observed:
        fs.register_write_hook("/", lambda event: None)
    return fs, fs.snapshot()


@settings(
    max_examples=200,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],  # it keeps nothing
)
@given(steps=st.lists(CALLS, max_size=14), observed=st.booleans())
@example(  # what is before the second step shares a directory with the tree that the third changes in place
    steps=[("write_file", "/d/e/f", "x"), ("chmod", "/d", 0o600), ("write_file", "/d/e/f", "yy\n")], observed=False
)
@example(  # the same of the root
    steps=[("write_file", "/d/e/f", "x"), ("chmod", "/", 0o700), ("write_file", "/d/e/f", "yy\n")], observed=False
)
def test_each_moment_is_as_a_snapshot_that_was_taken_then(look, steps, observed):
    fs, start = begun(observed=observed)
    twin, twins_start = begun(observed=observed)  # a snapshot freezes what comes after it: only the twin has them
    seen = {}

    for step in steps:
        play(fs, start, *step)
        play(twin, twins_start, *step)
        seen[len(twin.log())] = twin.snapshot()

    for sequence, taken in seen.items():
        moment = fs.moment(sequence)
        assert facts(look, fs.at(moment)) == facts(look, twin.at(taken))
        look.check(fs.fork(moment))


def test_differences_restoring_and_forks_work_from_a_moment(fs):
    fs.write_file("/d/a", "1\n")
    fs.write_file("/d/a", "2\n")
    fs.write_file("/d/b", "new\n")
    first, second = fs.moment(2), fs.moment(3)

    assert fs.unified_diff(first, second).splitlines()[2:] == ["@@ -1 +1 @@", "-1", "+2"]
    assert [(str(each.kind), each.path) for each in fs.diff(first)] == [("changed", "/d/a"), ("added", "/d/b")]
    assert fs.fork(first).read_text("/d/a") == "1\n"
    fs.restore(first)
    assert (fs.read_text("/d/a"), fs.exists("/d/b")) == ("1\n", False)
    assert fs.fork(fs.moment(0)).listdir() == []


def test_what_was_one_step_is_not_parted(fs):
    fs.write_file("/d/e/f", "made with its parents")

    assert [fs.at(fs.moment(number)).exists("/d/e/f") for number in range(4)] == [False, True, True, True]


def test_a_moment_that_is_not_there_or_not_kept_is_refused():
    fs = VirtualFileSystem(limits=Limits(journal_records=2, journal_bytes=100))
    for number in range(4):
        fs.write_file("/a", str(number))
    fs.write_file("/b", "x" * 200)
    fs.write_file("/b", "y")

    with pytest.raises(NotFound, match="the last change is 6"):
        fs.moment(7)
    with pytest.raises(NotFound):
        fs.moment(-1)
    with pytest.raises(LimitExceeded, match="the journal goes back to change 5 only"):
        fs.moment(3)
    with pytest.raises(LimitExceeded, match="/b: what was there was too large for the journal"):
        fs.moment(5)
    assert fs.at(fs.moment(6)).read_text("/b") == "y"
