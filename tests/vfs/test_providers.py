"""Dynamic nodes: computed when they are read, never under the lock, and never trusted."""

from __future__ import annotations

import itertools
import threading

import pytest

from jupyter_sandfs.errors import AlreadyExists, NotFound, ProviderError, ReadOnly
from jupyter_sandfs.vfs.filesystem import VirtualFileSystem
from jupyter_sandfs.vfs.limits import Limits
from jupyter_sandfs.vfs.policy import NodePolicy
from jupyter_sandfs.vfs.providers import ProvidedNode


@pytest.fixture
def counted():
    numbers = itertools.count(1)
    return lambda _: str(next(numbers))


def test_a_file_is_computed_on_each_read(fs, counted):
    fs.mount_file("/m", counted)

    assert [fs.read_text("/m"), fs.read_text("/m")] == ["1", "2"]


def test_a_ttl_keeps_what_was_computed_until_it_is_invalidated(fs, counted):
    fs.mount_file("/d/m", counted, ttl=3600)

    first = [fs.read_text("/d/m"), fs.read_text("/d/m")]
    fs.invalidate("/d")

    assert (first, fs.read_text("/d/m")) == (["1", "1"], "2")


def test_looking_at_a_dynamic_file_does_not_run_it(fs):
    fs.mount_file("/m", lambda _: 1 / 0)

    assert [fs.stat("/m").size, fs.stat("/m").dynamic, len(fs.ls("/")), fs.is_file("/m")] == [0, True, 1, True]


def test_a_directory_names_its_children_on_each_listing(fs):
    names = iter([["a"], ["a", "b"]])
    fs.mount_directory("/m", lambda _: {name: ProvidedNode.file(name) for name in next(names)})

    assert [fs.listdir("/m"), fs.listdir("/m")] == [["a"], ["a", "b"]]


def test_what_a_directory_computes_can_nest_and_be_walked_and_copied(fs, look):
    children = {
        "f": ProvidedNode.file(b"\xff"),
        "lazy": ProvidedNode.file(content_provider=lambda context: context.path),
        "d": ProvidedNode.directory({"g": ProvidedNode.file("inner")}),
        "more": ProvidedNode.directory(directory_provider=lambda _: {"h": ProvidedNode.file("deep")}),
    }
    fs.mount_directory("/m", lambda _: children)
    fs.copy("/m/d", "/copy")
    fs.write_file("/copy/g", "changed")

    assert fs.glob("/m/**") == ["/m/d", "/m/d/g", "/m/f", "/m/lazy", "/m/more", "/m/more/h"]
    assert [fs.read_text("/m/lazy"), fs.read_text("/m/more/h"), fs.read_text("/m/d/g")] == ["/m/lazy", "deep", "inner"]
    look.check(fs)


@pytest.mark.parametrize(
    "call",
    [
        lambda fs: fs.write_file("/m/f", ""),
        lambda fs: fs.write_file("/m/new", ""),
        lambda fs: fs.mkdir("/m/new"),
        lambda fs: fs.remove("/m/f"),
        lambda fs: fs.move("/m/f", "/f"),
        lambda fs: fs.copy("/out", "/m/new"),
        lambda fs: fs.move("/out", "/m/f", overwrite=True),
        lambda fs: fs.chmod("/m/f", 0),
        lambda fs: fs.set_policy("/m/f", NodePolicy()),
        lambda fs: fs.symlink("x", "/m/new"),
        lambda fs: fs.mount_file("/m/new", lambda _: ""),
        lambda fs: fs.write_file("/file", "x"),
        lambda fs: fs.append_file("/file", "x"),
    ],
)
def test_nothing_is_written_where_things_are_computed(fs, call):
    fs.write_file("/out", "")
    fs.mount_directory("/m", lambda _: {"f": ProvidedNode.file("f")})
    fs.mount_file("/file", lambda _: "computed")
    length = len(fs.log())

    with pytest.raises(ReadOnly, match="computed by a provider"):
        call(fs)

    assert (fs.listdir("/m"), len(fs.log())) == (["f"], length)


@pytest.mark.parametrize("given", [None, 3, ["a"], "\ud800", b"x" * 11])
def test_a_file_provider_that_gives_what_no_file_can_hold_is_an_error(clock, given):
    fs = VirtualFileSystem(limits=Limits(file_bytes=10), clock=clock)
    fs.mount_file("/m", lambda _: given)

    with pytest.raises(ProviderError):
        fs.read_bytes("/m")


def _endless():
    node = {}
    node["again"] = ProvidedNode.directory(node)
    return node


@pytest.mark.parametrize(
    "given",
    [
        None,
        "names",
        {"": ProvidedNode.file()},
        {"..": ProvidedNode.file()},
        {"a/b": ProvidedNode.file()},
        {"a\\b": ProvidedNode.file()},
        {"a\0": ProvidedNode.file()},
        {"\ud800": ProvidedNode.file()},
        {3: ProvidedNode.file()},
        {"a": "content"},
        {"a": ProvidedNode.file(3)},
        {"a": ProvidedNode.file(b"x" * 11)},
        {"a": ProvidedNode.directory({"b/c": ProvidedNode.file()})},
        {"a": ProvidedNode.directory({"b": None})},
        {str(index): ProvidedNode.file() for index in range(40)},
        _endless(),
    ],
)
@pytest.mark.parametrize("name", ["ls", "glob", "walk"])
def test_a_directory_provider_that_gives_what_no_directory_can_hold_is_an_error(clock, name, given):
    fs = VirtualFileSystem(limits=Limits(file_bytes=10, nodes=30), clock=clock)
    fs.mount_directory("/m", lambda _: given)

    with pytest.raises(ProviderError):
        list(getattr(fs, name)("/m/*" if name == "glob" else "/m"))


def test_an_exception_of_a_provider_becomes_an_error_that_says_it(fs):
    def broken(context):
        raise KeyError("column")

    fs.mount_file("/m", broken)

    with pytest.raises(ProviderError) as caught:
        fs.read_bytes("/m")
    assert caught.value.facts == {"path": "/m", "reason": "KeyError: 'column'"}


def test_a_provider_that_does_not_answer_is_given_up_after_its_time(clock):
    fs, never = VirtualFileSystem(limits=Limits(provider_seconds=0.02), clock=clock), threading.Event()
    fs.mount_file("/m", lambda _: never.wait(60) and "")

    with pytest.raises(ProviderError, match="timeout after"):
        fs.read_bytes("/m")
    never.set()


def test_a_provider_works_on_the_file_system_itself_without_the_lock(fs):
    def hydrate(context):
        thread = threading.Thread(target=lambda: fs.write_file("/by-thread", "1"))
        thread.start()
        thread.join(10)
        context.fs.write_file("/by-provider", "2")
        return context.fs.read_text("/by-thread")

    fs.mount_file("/m", hydrate)

    assert (fs.read_text("/m"), fs.read_text("/by-provider")) == ("1", "2")


def test_dynamic_directories_that_never_end_are_an_error(fs):
    def again(context):
        return {"x": ProvidedNode.directory(directory_provider=again)}

    fs.mount_directory("/m", again)

    with pytest.raises(ProviderError, match="nest too deep"):
        fs.stat("/m" + "/x" * 300)


def test_what_is_attached_on_mounting_is_told_to_the_provider_and_to_readers(fs):
    fs.mount_file("/m", lambda context: context.metadata["unit"], metadata={"unit": "kelvin"})
    fs.mount_directory("/d", lambda _: {"f": ProvidedNode.file(metadata={"a": 1})}, metadata={"b": 2})

    told = [fs.read_text("/m"), fs.metadata("/m"), fs.metadata("/d"), fs.metadata("/d/f"), fs.metadata("/")]

    assert told == ["kelvin", {"unit": "kelvin"}, {"b": 2}, {"a": 1}, {}]


def test_nothing_is_mounted_over_what_is_there(fs):
    fs.write_file("/f", "")

    with pytest.raises(AlreadyExists):
        fs.mount_file("/f", lambda _: "")


def test_invalidating_forgets_the_listing_that_a_path_is_computed_by(fs):
    names = iter("ab")
    fs.mount_directory("/m", lambda _: {next(names): ProvidedNode.file("")}, ttl=3600)

    first = fs.listdir("/m")
    fs.invalidate("/m/a")

    assert (first, fs.listdir("/m")) == (["a"], ["b"])
    with pytest.raises(NotFound):
        fs.invalidate("/none")


def test_a_policy_of_a_provided_child_counts(fs):
    fs.mount_directory("/m", lambda _: {"f": ProvidedNode.file("x", policy=NodePolicy(readable=False))})

    with pytest.raises(PermissionError):
        fs.read_bytes("/m/f")
