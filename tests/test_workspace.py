"""Whole sandboxes in a store: everything comes back, or nothing does."""

from __future__ import annotations

import io
import itertools
import json
import tarfile
from datetime import UTC, datetime, timedelta

import pytest

from jupyter_sandfs import workspace
from jupyter_sandfs.errors import (
    AlreadyExists,
    ChecksumMismatch,
    HookError,
    InvalidArchive,
    InvalidKey,
    InvalidPath,
    InvalidRequest,
    LimitExceeded,
    NoSpace,
    NotFound,
    ObjectNotFound,
    ObjectTooLarge,
    ProviderError,
    SandfsError,
)
from jupyter_sandfs.filestore import StoreLimits, open_file_store
from jupyter_sandfs.sandbox import Sandbox
from jupyter_sandfs.storage import MemoryFileStorage
from jupyter_sandfs.vfs.archives import compressing, tarball
from jupyter_sandfs.vfs.filesystem import VirtualFileSystem
from jupyter_sandfs.vfs.limits import Limits
from jupyter_sandfs.vfs.policy import NodePolicy
from jupyter_sandfs.vfs.providers import ProvidedNode, provider_name

SECRET = NodePolicy(visibility="secret", principals=frozenset({"ann", "bob"}), writable=False)


def computed(_):
    return "computed"


def children(_):
    return {"x": ProvidedNode.file("x")}


PROVIDERS = {"computed": computed, "children": children}


@pytest.fixture(params=["file", "memory"])
def store(request, tmp_path):
    with open_file_store((tmp_path / "store").as_uri() if request.param == "file" else "memory:") as opened:
        yield opened


@pytest.fixture
def fs():
    """A file system with something of everything."""
    made = VirtualFileSystem(clock=itertools.count(1_700_000_000_000_000_007, 1_000_000_001).__next__)
    made.write_file("/a/b.txt", "one")
    made.write_file("/a/b.txt", "two")
    made.append_file("/a/b.txt", " three")
    made.write_file("/top", "first")
    made.write_file("/top", bytes(range(256)))
    made.chmod("/top", 0o6755)
    made.mkdir("/empty")
    made.utime("/empty", datetime(2001, 2, 3, 4, 5, 6, 789, UTC))
    made.utime("/a/b.txt", datetime(1969, 2, 3, tzinfo=UTC))
    made.symlink("/a/b.txt", "/absolute")
    made.symlink("../../../nowhere", "/a/dangling")
    made.write_file("/s/hidden", "hidden")
    made.set_policy("/s", SECRET)
    made.set_policy("/", NodePolicy(append_only=False))
    made.mount_file("/computed", computed, ttl=5.0, metadata={"key": ["value"]})
    made.mount_directory("/children", children)
    made.write_file("/ü \n" + "x" * 100 + "/" + "y" * 100, "long")
    return made


def everything(system):
    """All that a sandbox knows of its nodes but stamps, which are a tree's own."""
    found = {}
    for at, directories, names in system.walk():
        if at == "/children":
            continue
        for path in [at, *(f"{at.rstrip('/')}/{name}" for name in (*directories, *names))]:
            stat = system.stat(path, follow=False)
            content = system.read_bytes(path) if stat.is_file else stat.link_target
            metadata = dict(system.metadata(path)) if stat.dynamic else {}
            # The owner of a mount knows a size once it was read.
            found[path] = stat._replace(stamp=0, tree_id="", size=0), content, system.get_policy(path), metadata
    return found


def times(store, count):
    """Save an empty file system so often, a day apart."""
    for day in range(count):
        workspace.save(VirtualFileSystem(), store, "demo", now=datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=day))


@pytest.fixture(params=["tar", "tar.gz", "tar.zst"])
def dumped(request, fs):
    return b"".join(fs.tarball(request.param, {"some": "fact"}))


# ---------------------------------------------------------------- dumps


def test_everything_comes_back(fs, dumped):
    other = VirtualFileSystem()

    loaded = tarball.read(dumped, other.limits, PROVIDERS)
    other.adopt(loaded)

    assert everything(other) == everything(fs)
    assert (loaded.about, loaded.lost, other.stats()) == ({"some": "fact"}, (), fs.stats())
    assert other.read_text("/children/x") == "x"


def test_what_came_back_goes_out_the_same(fs, dumped):
    once, twice = VirtualFileSystem(), VirtualFileSystem()
    once.adopt(tarball.read(dumped, once.limits, PROVIDERS))
    twice.adopt(tarball.read(once.tarball("tar", {}), twice.limits, PROVIDERS))

    assert everything(twice) == everything(fs)


def test_rules_hold_at_once(fs, dumped):
    other = VirtualFileSystem()
    other.adopt(tarball.read(dumped, other.limits))

    with pytest.raises(PermissionError):
        other.write_file("/s/hidden", "x")
    with pytest.raises(PermissionError):
        other.remove("/s", recursive=True)


def test_a_dump_is_of_one_moment(fs):
    before = everything(fs)
    pieces = fs.tarball("tar", {})
    first = next(pieces)
    fs.write_file("/top", "later")

    other = VirtualFileSystem()
    other.adopt(tarball.read(first + b"".join(pieces), other.limits, PROVIDERS))

    assert everything(other) == before


def test_any_tar_can_look_inside(fs):
    with tarfile.open(fileobj=io.BytesIO(b"".join(fs.tarball("tar", {})))) as archive:
        names = archive.getnames()
        content = archive.extractfile("tree/a/b.txt").read()

    assert names[:2] == ["sandfs.json", "facts/000001.jsonl"]
    assert content == b"two three"


def test_facts_of_many_nodes_stand_in_parts(monkeypatch):
    monkeypatch.setattr(tarball, "_PART", 3)
    fs, other = VirtualFileSystem(), VirtualFileSystem()
    for number in range(10):
        fs.write_file(f"/{number % 3}/{number}", str(number))

    other.adopt(tarball.read(fs.tarball("tar", {}), other.limits))

    assert everything(other) == everything(fs)


def test_versions_go_on_where_something_was(fs):
    other = VirtualFileSystem()
    for _ in range(7):
        other.write_file("/top", "mine")
        other.write_file("/a/b.txt", "mine")
    other.write_file("/gone", "mine")

    other.adopt(tarball.read(fs.tarball("tar", {}), other.limits, PROVIDERS))

    assert (other.version("/top"), other.version("/a/b.txt"), other.exists("/gone")) == (8, 8, False)
    assert other.write_file("/gone", "again") == 2


def test_a_provider_that_nobody_gives_is_missed_when_it_is_read(fs, dumped):
    other = VirtualFileSystem()
    loaded = tarball.read(dumped, other.limits, {"children": children})
    other.adopt(loaded)

    with pytest.raises(ProviderError, match="'computed' served it before"):
        other.read_text("/computed")
    assert (loaded.lost, other.read_text("/children/x")) == (("computed",), "x")
    again = tarball.read(other.tarball("tar", {}), other.limits, PROVIDERS)
    assert again.lost == ()


def test_metadata_that_would_not_come_back_is_refused(fs):
    for metadata in ({"key": object()}, {"key": (1, 2)}, {1: 2}, {"key": float("nan")}):
        fs.mount_file("/m", computed, metadata=metadata)
        with pytest.raises(InvalidRequest, match="/m: its metadata can't be saved"):
            b"".join(fs.tarball("tar", {}))
        fs.remove("/m")


def test_adopting_is_one_change_that_a_hook_may_refuse(fs):
    other = VirtualFileSystem()
    other.write_file("/mine", "mine")

    def refuse(event):
        if event.path == "/top":
            raise ValueError("no")

    other.register_write_hook("/", refuse, before=True)

    with pytest.raises(HookError):
        other.adopt(tarball.read(fs.tarball("tar", {}), other.limits, PROVIDERS))
    assert other.listdir("/") == ["mine"]


def test_adopting_can_be_undone(fs):
    other = VirtualFileSystem()
    other.write_file("/mine", "mine")
    with other.action("load", "me"):
        other.adopt(tarball.read(fs.tarball("tar", {}), other.limits, PROVIDERS))

    other.undo(actor="me")

    assert (other.listdir("/"), other.read_text("/mine"), other.get_policy("/").visibility) == (
        ["mine"],
        "mine",
        "public",
    )


def test_what_is_adopted_is_in_the_storage(fs):
    storage = MemoryFileStorage()
    other = VirtualFileSystem(storage)
    other.write_file("/mine", "mine")

    other.adopt(tarball.read(fs.tarball("tar", {}), other.limits, PROVIDERS))

    kept = set(storage.paths())
    assert ("/top" in kept, "/mine" in kept, storage.get("/s").policy["visibility"]) == (True, False, "secret")


@pytest.mark.parametrize(
    "limits",
    [Limits(total_bytes=250), Limits(file_bytes=255), Limits(nodes=5), Limits(name_bytes=50), Limits(depth=1)],
)
def test_limits_hold_for_what_is_loaded(dumped, limits):
    with pytest.raises((LimitExceeded, InvalidArchive)):
        tarball.read(dumped, limits)


def test_what_fits_alone_but_not_here_is_refused_whole(fs):
    data = b"".join(fs.tarball("tar", {}))
    other = VirtualFileSystem(limits=Limits(total_bytes=200))
    loaded = tarball.read(data, Limits())

    with pytest.raises(NoSpace):
        other.adopt(loaded)
    assert other.listdir("/") == []


# ---------------------------------------------------------------- hostile dumps


GOOD = {"path": "/f", "kind": "file", "version": 1, "stamp": 0, "created_ns": 0}
ROOT = {"path": "/", "kind": "directory", "stamp": 0, "created_ns": 0}


def encoded(line):
    return line if isinstance(line, bytes) else json.dumps(line).encode()


def made(*lines, head=None, content=((("tree/f"), b"x"),)):
    """A dump by hand."""
    members = [
        ("sandfs.json", json.dumps({"format": 1, "about": {}} if head is None else head).encode()),
        ("facts/000001.jsonl", b"\n".join(map(encoded, lines))),
        *content,
    ]
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        for name, data in members:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return file.getvalue()


BAD = {
    "no head": b"".join(VirtualFileSystem().archive()),
    "another format": made(ROOT, head={"format": 2, "about": {}}, content=()),
    "no format": made(ROOT, head={}, content=()),
    "no object": made(ROOT, head=[], content=()),
    "content without facts": made(ROOT),
    "facts without content": made(ROOT, GOOD, content=()),
    "content twice": made(ROOT, GOOD, content=[("tree/f", b"1"), ("./tree/f", b"2")]),
    "facts twice": made(ROOT, GOOD, GOOD),
    "a file and a directory of one name": made(ROOT, {**ROOT, "path": "/f"}, GOOD),
    "a member of its own": made(ROOT, content=[("other", b"")]),
    "no JSON": made(b"{"),
    "deep JSON": made(b"[" * 100_000),
    "no path": made({key: value for key, value in GOOD.items() if key != "path"}),
    "a path out": made(ROOT, {**GOOD, "path": "/../f"}),
    "a relative path": made(ROOT, {**GOOD, "path": "f"}),
    "a path of half a character": made(ROOT, {**GOOD, "path": "/\ud800"}),
    "a number as path": made(ROOT, {**GOOD, "path": 1}),
    "no version": made(ROOT, {**GOOD, "version": 0}),
    "a huge version": made(ROOT, {**GOOD, "version": 1 << 70}),
    "a true version": made(ROOT, {**GOOD, "version": True}),
    "no time": made(ROOT, {key: value for key, value in GOOD.items() if key != "created_ns"}),
    "a time that is none": made(ROOT, {**GOOD, "modified_ns": 1 << 70}),
    "no stamp": made(ROOT, {key: value for key, value in GOOD.items() if key != "stamp"}),
    "two roots": made(ROOT, ROOT, GOOD),
    "no root": made(content=()),
    "a root that is computed": made({**ROOT, "provider": "p"}, content=()),
    "a node in a computed directory": made(ROOT, {**ROOT, "path": "/d", "provider": "p"}, {**GOOD, "path": "/d/f"}),
    "an odd mode": made(ROOT, {**GOOD, "mode": -1}),
    "an odd kind": made(ROOT, {**GOOD, "kind": "device"}),
    "metadata that is a list": made(ROOT, {**GOOD, "metadata": []}),
    "a link without a target": made(ROOT, {**GOOD, "kind": "symlink"}, content=()),
    "a link to NUL": made(ROOT, {**GOOD, "kind": "symlink", "target": "\0"}, content=()),
    "a node in no directory": made(ROOT, {**GOOD, "path": "/d/f"}, content=[("tree/d/f", b"x")]),
    "a node in a file": made(ROOT, GOOD, {**GOOD, "path": "/f/g"}, content=[("tree/f", b"x"), ("tree/f/g", b"x")]),
    "the root as a file": made({**GOOD, "path": "/"}, content=()),
    "a cut": made(ROOT, GOOD)[:2500],
    "nothing": b"",
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_no_dump_is_refused_whole(name):
    with pytest.raises((InvalidArchive, InvalidPath)):
        tarball.read(BAD[name], Limits())


def test_a_dump_by_hand_is_read():
    fs = VirtualFileSystem()
    fs.adopt(tarball.read(made(ROOT, GOOD), fs.limits))

    assert fs.read_text("/f") == "x"


@pytest.mark.parametrize("policy", [None, [], "open", {"secret": True}, {"visibility": 1}, {"readable": 1}])
def test_a_policy_that_can_not_be_read_seals_the_node(policy):
    fs = VirtualFileSystem()
    fs.adopt(tarball.read(made(ROOT, {**GOOD, "policy": policy}), fs.limits))

    with pytest.raises(PermissionError):
        fs.read_text("/f")


def test_no_name_in_a_dump_is_ever_imported():
    fs = VirtualFileSystem()
    line = {**GOOD, "provider": "os.system"}
    fs.adopt(tarball.read(made(ROOT, line, content=()), fs.limits))

    with pytest.raises(ProviderError):
        fs.read_text("/f")


def test_names_of_providers_are_those_of_functions_and_classes():
    class Provider:
        def __call__(self, _context):
            return ""

    assert provider_name(computed) == "computed"
    assert provider_name(Provider()).endswith("Provider")


# ---------------------------------------------------------------- in a store


def test_a_workspace_is_saved_and_loaded(fs, store):
    saved = workspace.save(fs, store, "demo", "before")
    other = VirtualFileSystem()

    other.adopt(workspace.load(store, "demo", "before", limits=other.limits, providers=PROVIDERS))

    assert everything(other) == everything(fs)
    assert (saved.info.key, saved.info.content_type) == ("snapshots/demo/before", "application/zstd")
    assert store.usage().file_count == 1


def test_without_zstandard_it_is_gzip(fs, store, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(compressing, "import_module", lambda name: __import__("no." + name))
        saved = workspace.save(fs, store, "demo")

    assert saved.info.content_type == "application/gzip"
    assert workspace.load(store, "demo", limits=Limits()).about["sandbox"] == "demo"


def test_the_latest_is_loaded_if_none_is_named(fs, store):
    times(store, 2)
    workspace.save(fs, store, "demo", now=datetime(2027, 1, 1, tzinfo=UTC))

    assert workspace.load(store, "demo", limits=Limits()).about["name"] == "20270101T000000.000000Z"


def test_what_was_saved_is_listed_and_deleted(store):
    times(store, 3)
    workspace.save(VirtualFileSystem(), store, "other", "x")

    names = [each.name for each in workspace.saved(store, "demo")]

    assert names == [f"2026010{day}T000000.000000Z" for day in (1, 2, 3)]
    assert [workspace.delete(store, "demo", names[1]) for _ in range(2)] == [True, False]
    assert [each.name for each in workspace.saved(store, "demo")] == [names[0], names[2]]


def test_the_oldest_without_a_name_go(store):
    workspace.save(VirtualFileSystem(), store, "demo", "named")
    times(store, 4)

    workspace.save(VirtualFileSystem(), store, "demo", keep=2, now=datetime(2026, 2, 1, tzinfo=UTC))

    names = [each.name for each in workspace.saved(store, "demo")]
    assert names == ["named", "20260104T000000.000000Z", "20260201T000000.000000Z"]


def test_nothing_saved_is_said(store):
    with pytest.raises(NotFound, match="nothing of this sandbox was saved"):
        workspace.load(store, "demo", limits=Limits())
    with pytest.raises(ObjectNotFound):
        workspace.load(store, "demo", "none", limits=Limits())
    with pytest.raises(InvalidKey):
        workspace.save(VirtualFileSystem(), store, "demo", "../x")


def test_a_sandbox_over_the_stores_limit_is_not_saved(fs, tmp_path):
    with open_file_store((tmp_path / "s").as_uri(), limits=StoreLimits(max_file_size=100)) as store:
        with pytest.raises(ObjectTooLarge):
            workspace.save(fs, store, "demo")
        assert store.usage().file_count == 0


def test_a_file_that_is_not_what_was_stored_is_refused(fs, store, monkeypatch):
    workspace.save(fs, store, "demo", "x")
    info = store.head("snapshots/demo/x")
    opened = store.open

    def lying(key):
        reader = opened(key)
        reader.info = type(info)(**{name: getattr(info, name) for name in info.__slots__} | {"checksum": "sha256:0"})
        return reader

    monkeypatch.setattr(store, "open", lying)

    with pytest.raises(ChecksumMismatch):
        workspace.load(store, "demo", "x", limits=Limits())


# ---------------------------------------------------------------- sandboxes


@pytest.fixture
def sandbox(tmp_path):
    made = Sandbox("demo", store_url=(tmp_path / "own").as_uri())
    yield made
    for name in ("demo", "copy"):
        if name in Sandbox.names():
            Sandbox.get(name).close()


def test_a_sandbox_is_saved_and_comes_back_under_a_name(sandbox, tmp_path):
    sandbox.fs.write_file("/f", "content")
    sandbox.save(name="x")
    sandbox.fs.write_file("/f", "later")

    copy = Sandbox.load(sandbox.store_url, "x", sandbox="demo", into="copy")

    assert (copy.fs.read_text("/f"), copy.fs.version("/f"), Sandbox.names()) == ("content", 1, ["demo", "copy"])
    assert [each.name for each in sandbox.saved()] == ["x"]


def test_it_goes_to_any_store_that_a_url_names(sandbox, tmp_path):
    url = (tmp_path / "elsewhere").as_uri()
    sandbox.fs.write_file("/f", "content")

    saved = sandbox.save(url)
    copy = Sandbox.load(url, sandbox="demo", into="copy")

    assert (copy.fs.read_text("/f"), [each.name for each in sandbox.saved(url)]) == ("content", [saved.name])
    assert sandbox.saved() == []


def test_a_name_that_is_taken_is_refused(sandbox):
    sandbox.save()

    with pytest.raises(AlreadyExists):
        Sandbox.load(sandbox.store_url, sandbox="demo")
    assert Sandbox.get("demo") is sandbox


def test_a_load_that_fails_leaves_no_sandbox(sandbox):
    sandbox.fs.write_file("/f", "content")
    sandbox.save()

    class Failing(MemoryFileStorage):
        def apply(self, *_):
            raise OSError(28, "No space left on device")

    for options in ({"limits": Limits(total_bytes=3)}, {"storage": Failing()}):
        with pytest.raises((SandfsError, OSError)):
            Sandbox.load(sandbox.store_url, sandbox="demo", into="copy", **options)
        assert Sandbox.names() == ["demo"]
