"""One secret behind each kind of hiding, and every method of a file system that could tell or touch it.

The measure is a twin world where the secret never was: through a view, both must answer alike, down to the texts of
errors. A new method of FileSystem without an entry here fails the first test.
"""

from __future__ import annotations

import io
import tarfile
from itertools import count
from typing import NamedTuple

import pytest

from jupyter_sandfs.errors import PermissionDenied, SandfsError
from jupyter_sandfs.vfs.batch import Item
from jupyter_sandfs.vfs.content import Link
from jupyter_sandfs.vfs.entries import DirEntry, Stat
from jupyter_sandfs.vfs.filesystem import VirtualFileSystem
from jupyter_sandfs.vfs.interface import FileSystem
from jupyter_sandfs.vfs.journal import JournalRecord
from jupyter_sandfs.vfs.limits import Limits
from jupyter_sandfs.vfs.policy import NodePolicy
from jupyter_sandfs.vfs.providers import ProvidedNode
from jupyter_sandfs.vfs.views.forwarding import Wrapper
from jupyter_sandfs.vfs.views.readonly import ReadOnlyView
from jupyter_sandfs.vfs.views.subtree import SubtreeView
from jupyter_sandfs.vfs.views.view import View, VisibilityView

CONTENT = "the-combination-is-4711"
NAME = "s3cr3t-plan"
PRIVATE = NodePolicy(visibility="private")


class World(NamedTuple):
    """A file system with or without its secret, and who must not learn of it.

    Attributes:
        path: of the secret, as the view would name it.
        box: the directory that holds it and is to be seen, as the view names it; the root where its own is hidden.
        real: of the secret, as the owner names it.
    """

    fs: VirtualFileSystem
    view: FileSystem
    path: str
    box: str
    real: str


def hide(fs, path, policy):
    fs.write_file(path, CONTENT)
    fs.set_policy(path, policy)


class ByName:
    """Somebody's own rule, of which views remember nothing."""

    def allows(self, path, policy, metadata):
        del policy, metadata
        return NAME not in path


def _own(fs, secret):
    if secret:
        hide(fs, f"/pub/{NAME}", PRIVATE)
    return fs.view(VisibilityView({"public"})), f"/pub/{NAME}", "/pub"


def _inherited(fs, secret):
    if secret:
        fs.write_file(f"/vault/deep/{NAME}", CONTENT)
        fs.set_policy("/vault", PRIVATE)
    return fs.view(VisibilityView({"public"})), f"/vault/deep/{NAME}", "/"


def _principals(fs, secret):
    if secret:
        hide(fs, f"/pub/{NAME}", NodePolicy(principals=frozenset({"ann"})))
    return fs.view(VisibilityView({"public"}, principals=["bob"])), f"/pub/{NAME}", "/pub"


def _prefix(fs, secret):
    if secret:
        fs.write_file(f"/other/{NAME}", CONTENT)
    return fs.view(VisibilityView(prefixes=["/pub", "/empty"])), f"/other/{NAME}", "/"


def _metadata(fs, secret):
    if secret:
        fs.mount_file(f"/pub/{NAME}", lambda _: CONTENT, metadata={"level": "secret"})
    return fs.view(VisibilityView(metadata={"level": "open"})), f"/pub/{NAME}", "/pub"


def _own_rule(fs, secret):
    if secret:
        fs.write_file(f"/pub/{NAME}", CONTENT)
    return fs.view(ByName()), f"/pub/{NAME}", "/pub"


def _provided(fs, secret):
    named = {NAME: ProvidedNode.file(CONTENT, policy=PRIVATE)} if secret else {}
    fs.mount_directory("/pub/dynamic", lambda _: {"open": ProvidedNode.file("x"), **named})
    return fs.view(VisibilityView({"public"})), f"/pub/dynamic/{NAME}", "/pub/dynamic"


def _subtree(fs, secret):
    if secret:
        fs.write_file(f"/{NAME}", CONTENT)
    return SubtreeView(fs, "/pub"), f"/../{NAME}", "/"


def _subtree_of_a_view(fs, secret):
    view, _, _ = _own(fs, secret)
    return SubtreeView(view, "/pub"), f"/{NAME}", "/"


def _view_of_a_subtree(fs, secret):
    _own(fs, secret)
    return View(SubtreeView(fs, "/pub"), VisibilityView({"public"})), f"/{NAME}", "/"


def _view_of_views(fs, secret):
    view, path, box = _own(fs, secret)
    return Wrapper(view.view(VisibilityView())), path, box


def _read_only(fs, secret):
    view, path, box = _own(fs, secret)
    return ReadOnlyView(view), path, box


HIDINGS = {
    "own policy": _own,
    "inherited": _inherited,
    "principals": _principals,
    "prefix": _prefix,
    "metadata": _metadata,
    "somebody's own rule": _own_rule,
    "named by a provider": _provided,
    "outside a subtree": _subtree,
    "subtree of a view": _subtree_of_a_view,
    "view of a subtree": _view_of_a_subtree,
    "view of views": _view_of_views,
    "read-only": _read_only,
}
REAL = {"outside a subtree": f"/{NAME}", "subtree of a view": f"/pub/{NAME}", "view of a subtree": f"/pub/{NAME}"}


def make(hiding, *, secret=True):
    fs = VirtualFileSystem(clock=count(10**18).__next__, limits=Limits(total_bytes=10_000))
    fs.write_file("/pub/open.txt", "open")
    fs.write_file("/pub/d/deep.txt", "deep")
    fs.mkdir("/empty")
    view, path, box = HIDINGS[hiding](fs, secret)
    return World(fs, view, path, box, REAL.get(hiding, path))


# ---------------------------------------------------------------- answers, as values


def plain(value):
    """A value without times and identities of trees."""
    if isinstance(value, Stat):
        return str(value.kind), value.size, value.mode, value.version, value.link_target, value.dynamic
    if isinstance(value, DirEntry):
        return value.name, value.path, plain(value.stat)
    if isinstance(value, JournalRecord):
        return value._replace(at_ns=0, action=0)
    if isinstance(value, list | tuple) and type(value) in {list, tuple}:
        return [plain(each) for each in value]
    return value


def answer(call, *args, **options):
    try:
        return plain(call(*args, **options))
    except (SandfsError, OSError, UnicodeError) as error:
        return type(error).__name__, str(error)


def everything(system):
    """All that can be told of a file system, without times."""
    asked = [answer(lambda: list(system.walk())), answer(system.stats), answer(system.log), answer(system.tree)]
    return [*asked, *(answer(system.read_bytes, path) for path in system.glob("/**"))]


def absent(*names):
    """Probes that must find the secret absent: with its path, and with ones below and around it."""
    return [
        probe
        for name in names
        for probe in (
            lambda world, name=name: getattr(world.view, name)(world.path),
            lambda world, name=name: getattr(world.view, name)(world.path + "/x"),
            lambda world, name=name: getattr(world.view, name)(world.box + "/./" + world.path.lstrip("/")),
        )
    ]


def around(*names):
    """Probes of the directory that holds the secret, and of the root."""
    return [
        probe
        for name in names
        for probe in (
            lambda world, name=name: getattr(world.view, name)(world.box),
            lambda world, name=name: getattr(world.view, name)("/"),
        )
    ]


def through_a_link(name):
    def probe(world):
        answer(world.view.symlink, world.path, "/empty/link" if world.view.exists("/empty") else "/link")
        return answer(getattr(world.view, name), "/empty/link" if world.view.exists("/empty") else "/link")

    return probe


def each_of(iterable_of):
    return lambda world: list(iterable_of(world))


def watched(world):
    heard = []
    with world.view.watch(world.path, heard.append, interval=60) as exact, world.view.watch(interval=60) as whole:
        for change in (world.fs.utime, world.fs.remove):
            answer(change, world.real)
        exact.flush()
        whole.flush()
    return heard, list(whole)


def acted(world):
    """Changes of the owner that join a view's action are not listed for the view."""
    with world.view.action("probe") as action:
        answer(world.view.mkdir, "/empty/mine")
        answer(world.fs.utime, world.real)
        return list(action.changes)


def disturb(world):
    """The owner changes the secret, where there is one."""
    if world.fs.exists(world.real):
        answer(world.fs.write_file, world.real, "changed while hidden")
        answer(world.fs.chmod, world.real, 0o600)


def restored(world):
    moment = world.view.snapshot()
    disturb(world)
    answer(world.view.write_file, world.box + "/mine", "x")
    return answer(world.view.restore, moment)


def copied(world):
    answer(world.view.copy, world.box, "/empty/copy")
    return [answer(world.view.glob, "/empty/**"), answer(world.view.stats)]


def compared(world):
    before = world.fs.snapshot("before")
    disturb(world)
    return [world.view.diff(before), world.view.diff("before"), world.view.diff(before, world.fs.snapshot())]


def compared_by_line(world):
    before = world.fs.snapshot("before")
    disturb(world)
    answer(world.view.write_file, world.box + "/mine", "x")
    return [world.view.unified_diff(before), answer(world.view.unified_diff, "before", path=world.path)]


def packed(kind):
    def probe(world):
        data = b"".join(world.view.archive(world.box, kind))
        with tarfile.open(fileobj=io.BytesIO(data)) as archive:
            return [(member.name, member.size) for member in archive], CONTENT.encode() in data

    return probe


def scanned(place):
    return lambda world: [(item.path, item.content) for item in world.view.scan(getattr(world, place))]


def earlier(world):
    """The past shows no more, whether the secret was published or removed since."""
    moment = world.fs.snapshot("then")
    told = [everything(world.view.at(moment)), everything(world.view.at("then"))]
    told += [answer(world.view.at(moment).read_bytes, world.path), answer(world.view.at(moment).ls, world.box)]
    if world.fs.exists(world.real):
        answer(world.fs.remove, world.real)
    return [*told, everything(world.view.at(moment)), everything(world.view.fork("then"))]


def forked(world):
    fork = world.view.fork()
    told = [everything(fork), answer(fork.read_bytes, world.path), answer(fork.stat, world.path)]
    answer(fork.write_file, "/pub/forked", "x")
    return [*told, answer(fork.set_policy, world.box, None), everything(world.view)]


def transacted(world):
    with world.view.transaction("probe") as action:
        answer(world.view.mkdir, "/empty/mine")
        answer(world.fs.utime, world.real)
        return list(action.changes)


def undone(world):
    with world.view.action("work", "ann"):
        answer(world.view.write_file, world.box + "/mine", "x")
    disturb(world)
    return [
        answer(world.view.undo, actor="ann"),
        answer(world.view.redo, actor="ann"),
        answer(world.view.undo, actor="owner"),
        answer(world.view.redo, actor="owner"),
    ]


def tarball(*names):
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for name in names:
            archive.addfile(tarfile.TarInfo(name.lstrip("/")), io.BytesIO())
    return packed.getvalue()


# What answers exactly as if the secret were not there, and had never been.
SAME = {
    "limits": [lambda world: world.view.limits],
    "resolve": [lambda world: world.view.resolve(world.path), through_a_link("resolve")],
    "stat": [*absent("stat"), *around("stat"), lambda world: world.view.stat(world.path, follow=False)],
    "ls": [*absent("ls"), *around("ls"), through_a_link("ls")],
    "listdir": [*absent("listdir"), lambda world: sorted(world.view.listdir(world.box))],
    "read_bytes": [*absent("read_bytes"), through_a_link("read_bytes")],
    "read_file": [*absent("read_file"), lambda world: world.view.read_file(world.path, None)],
    "read_text": absent("read_text"),
    "read_lines": absent("read_lines"),
    "get_policy": [*around("get_policy")],
    "metadata": [*absent("metadata"), *around("metadata")],
    "stats": [lambda world: world.view.stats()],
    "exists": [*absent("exists"), through_a_link("exists")],
    "is_file": [*absent("is_file"), through_a_link("is_file")],
    "is_dir": [*absent("is_dir"), through_a_link("is_dir")],
    "is_symlink": absent("is_symlink"),
    "get_entry": absent("get_entry"),
    "version": [*absent("version"), through_a_link("version")],
    "readlink": absent("readlink"),
    "walk": [each_of(lambda world: world.view.walk()), each_of(lambda world: world.view.walk(world.path))],
    "glob": [
        lambda world: world.view.glob("/**"),
        lambda world: world.view.glob(f"/**/{NAME[:4]}*"),
        lambda world: world.view.glob(world.path),
        lambda world: world.view.glob(f"{world.box}/[r-t]*"),
    ],
    "tree": [*absent("tree"), *around("tree")],
    "invalidate": absent("invalidate"),
    "chmod": [lambda world: world.view.chmod(world.path, 0o600)],
    "utime": absent("utime"),
    "action": [acted],
    "log": [lambda world: world.view.log(), lambda world: world.view.log(2)],
    "diff": [compared],
    "watch": [watched],
    "snapshot": [lambda world: world.view.snapshot("mine").stats],
    "snapshots": [lambda world: [(each.name, each.stats) for each in world.view.snapshots()]],
    "restore": [restored],
    "inspect": [lambda world: bool(getattr(world.view.inspect(world.path), "stat", None))],
    "survey": [lambda world: [entry.name for entry, _ in world.view.survey(world.box)], *absent("survey")],
    "archive": [packed("tar"), packed("tar.gz"), lambda world: list(world.view.archive(world.path))],
    "scan": [scanned("box"), scanned("path")],
    "unified_diff": [compared_by_line],
    "at": [earlier],
    "fork": [forked],
    "transaction": [transacted],
    "undo": [undone],
    "redo": [undone],
    "drop_snapshot": [lambda world: world.view.drop_snapshot("none")],
    "tree_id": [lambda world: len(world.view.tree_id)],
    # A tree that is partly hidden is taken along without what is hidden.
    "copy": [
        copied,
        lambda world: world.view.copy(world.path, "/empty/taken"),
        lambda world: world.view.copy(world.path + "/x", "/empty/taken"),
    ],
    "move": [lambda world: world.view.move(world.path, "/empty/taken")],
    "remove": [*absent("remove"), lambda world: world.view.remove(world.path, recursive=True)],
}

# What can't be the same: two nodes can't have one name, nor may a directory go while it holds something.
CLOSED = {
    "write_bytes": [
        lambda world: world.view.write_bytes(world.path, b"x"),
        lambda world: world.view.write_bytes(world.path, b"x", append=True),
        lambda world: world.view.write_bytes(world.path, b"x", expected_version=0),
        lambda world: world.view.write_bytes(world.path, b"x", expected_version=1),
        lambda world: world.view.write_bytes(world.path + "/x", b"x"),
    ],
    "write_file": [lambda world: world.view.write_file(world.path, "x")],
    "append_file": [lambda world: world.view.append_file(world.path, "x")],
    "touch": [lambda world: world.view.touch(world.path)],
    "open": [
        *(lambda world, mode=mode: world.view.open(world.path, mode).close() for mode in ("w", "a", "x", "wb", "a+")),
    ],
    "mkdir": [
        lambda world: world.view.mkdir(world.path),
        lambda world: world.view.mkdir(world.path + "/x"),
        lambda world: world.view.mkdir(world.path, parents=False, exist_ok=False),
    ],
    "symlink": [lambda world: world.view.symlink("open.txt", world.path)],
    "write_many": [
        lambda world: world.view.write_many([Item("/pub/first", b""), Item(world.path, b"x")]),
        lambda world: world.view.write_many([Item(world.path, b"x")], overwrite=True),
        lambda world: world.view.write_many([Item(world.path)]),
        lambda world: world.view.write_many([Item(world.path, Link("open.txt"))], overwrite=True),
        lambda world: world.view.write_many([Item(world.path + "/x", b"x")]),
    ],
    "extract": [
        lambda world: world.view.extract(tarball("pub/first", world.path)),
        lambda world: world.view.extract(tarball(world.path + "/x"), overwrite=True),
        lambda world: world.view.extract(tarball(NAME), world.path.rpartition("/")[0] or "/", overwrite=True),
    ],
    "copy": [lambda world: world.view.copy("/pub/open.txt", world.path, overwrite=True)],
    "move": [
        lambda world: world.view.move("/pub/open.txt", world.path, overwrite=True),
        lambda world: world.view.move(world.box, "/moved"),
    ],
    "remove": [lambda world: world.view.remove(world.box, recursive=True)],
}

# What only the owner may do, wherever.
REFUSED = {
    "set_policy": [
        lambda world: world.view.set_policy(world.path, None),
        lambda world: world.view.set_policy("/pub", None),
    ],
    "mount_file": [lambda world: world.view.mount_file(world.path, lambda _: "")],
    "mount_directory": [lambda world: world.view.mount_directory(world.path, lambda _: {})],
    "register_write_hook": [lambda world: world.view.register_write_hook(world.path, print)],
    "register_path_hook": [lambda world: world.view.register_path_hook(world.path, print)],
    "merge": [lambda world: world.view.merge(world.view.fork(), conflicts="theirs")],
    "create_snapshot": [lambda world: world.view.create_snapshot()],
    "restore_snapshot": [lambda world: world.view.restore_snapshot(VirtualFileSystem().create_snapshot())],
}

# Between views and what is below them, in this package; never handed to a view's user. Tested where they are used.
WITHIN = {"graves", "epoch", "plain_directory", "buried", "copy_kept", "restore_kept", "told"}

METHODS = {name for name in dir(FileSystem) if not name.startswith("_")}


def test_every_method_has_its_probes():
    assert METHODS - (SAME.keys() | CLOSED.keys() | REFUSED.keys() | WITHIN) == set()
    assert (SAME.keys() | CLOSED.keys() | REFUSED.keys()) - METHODS == set()


def probes(table):
    return [
        pytest.param(probe, id=f"{name}-{number}") for name in sorted(table) for number, probe in enumerate(table[name])
    ]


@pytest.mark.parametrize("hiding", HIDINGS)
@pytest.mark.parametrize("probe", probes(SAME))
def test_a_secret_is_as_absent(hiding, probe):
    world, without = make(hiding), make(hiding, secret=False)

    told, expected = answer(probe, world), answer(probe, without)

    assert told == expected
    assert CONTENT not in repr(told)
    assert everything(world.view) == everything(without.view)


@pytest.mark.parametrize("hiding", HIDINGS)
@pytest.mark.parametrize("probe", probes(CLOSED))
def test_no_change_meets_a_secret(hiding, probe):
    world = make(hiding)
    before = everything(world.fs), world.fs.get_policy(world.real)

    told = answer(probe, world)

    if hiding == "outside a subtree":  # its root ends all paths upwards: it makes something of its own
        assert world.fs.read_text(world.real) == CONTENT
        return
    assert (everything(world.fs), world.fs.get_policy(world.real)) == before
    assert told[0] in {"PermissionDenied", "ReadOnly", "NotFound", "InvalidPath", "AlreadyExists"}
    assert CONTENT not in repr(told)
    assert (NAME in told[1]) <= (world.path in told[1])


@pytest.mark.parametrize("hiding", HIDINGS)
@pytest.mark.parametrize("probe", probes(REFUSED))
def test_what_is_the_owners_is_refused_alike(hiding, probe):
    world, without = make(hiding), make(hiding, secret=False)
    before = everything(world.fs)

    with pytest.raises(PermissionDenied):
        probe(world)

    assert answer(probe, world) == answer(probe, without)
    assert everything(world.fs) == before


# ---------------------------------------------------------------- what happens behind the view's back


def exactly(system):
    """All that can be told, times and etags too."""
    seen = [(path, system.get_entry(path), system.stat(path)) for path in ["/", *system.glob("/**")]]
    listed = [system.ls(at) for at, _, _ in system.walk()]
    return seen, listed, system.stats(), system.log(), system.tree()


AWAY = f"/{NAME}-away"
BEHIND = {
    "written": lambda world: world.fs.write_file(world.real, "another"),
    "removed": lambda world: world.fs.remove(world.real),
    "gone and back": lambda world: (world.fs.move(world.real, AWAY), world.fs.move(AWAY, world.real)),
    "moved": lambda world: world.fs.move(world.real, world.real + "-moved"),
    "copied": lambda world: world.fs.copy(world.real, world.real + "-copy"),
    "touched": lambda world: world.fs.utime(world.real),
    "chmod": lambda world: world.fs.chmod(world.real, 0o600),
    "relabelled": lambda world: world.fs.set_policy(world.real, NodePolicy(visibility="other")),
    "snapshot": lambda world: world.fs.snapshot(),
}
STORED = [name for name in HIDINGS if name not in {"named by a provider", "somebody's own rule"}]


# Deeds that a kind of hiding does not know, or that end it.
ODD = {("metadata", "written"), ("inherited", "gone and back"), ("prefix", "relabelled")}
DONE = [(hiding, deed) for deed in BEHIND for hiding in STORED if (hiding, deed) not in ODD]


@pytest.mark.parametrize(("hiding", "deed"), DONE)
def test_what_is_done_to_a_secret_moves_nothing_that_is_seen(hiding, deed):
    world = make(hiding)
    before = exactly(world.view)

    BEHIND[deed](world)

    assert exactly(world.view) == before


@pytest.mark.parametrize("hiding", ["own policy", "principals", "metadata", "view of a subtree", "read-only"])
def test_a_secret_that_moves_in_moves_nothing_that_is_seen(hiding):
    world = make(hiding)
    world.fs.move(world.real, "/elsewhere")
    before = exactly(world.view.base if isinstance(world.view, ReadOnlyView) else world.view)

    world.fs.move("/elsewhere", world.real + "-back")

    assert exactly(world.view.base if isinstance(world.view, ReadOnlyView) else world.view) == before


def test_a_directory_that_takes_the_place_of_a_hidden_one_has_none_of_its_history():
    world = make("inherited")
    world.fs.remove("/vault", recursive=True)
    world.fs.write_file("/vault/deep/open", "x")

    assert [record.path for record in world.view.log(3)] == ["/vault", "/vault/deep", "/vault/deep/open"]
    assert NAME not in repr(world.view.log())


def test_what_is_published_has_no_history_from_before():
    world = make("own policy")
    world.fs.write_file(world.real, CONTENT + CONTENT)
    world.fs.set_policy(world.real, None)
    assert NAME not in repr(world.view.log())

    world.fs.write_file(world.real, "open")

    assert [(record.path, record.size) for record in world.view.log() if NAME in record.path] == [(world.path, 4)]


def test_many_changes_of_rules_are_forgotten_on_the_safe_side():
    world = make("own policy")
    for number in range(20):
        world.fs.set_policy(world.real, NodePolicy(visibility=f"level {number}"))
    world.fs.set_policy(world.real, None)

    assert (NAME in repr(world.view.log()), len(world.fs.graves(world.real))) == (False, 8)


@pytest.mark.parametrize("hiding", HIDINGS)
def test_a_full_sandbox_does_not_say_what_fills_it(hiding):
    world = make(hiding)

    told = answer(world.view.write_file, "/pub/open.txt" if world.view.exists("/pub") else "/open.txt", "x" * 9_990)

    assert told in [
        ("ReadOnly", "/pub/open.txt: Read-only file system"),
        ("NoSpace", "/pub/open.txt: No space left on device (the sandbox is full)"),
        ("NoSpace", "/open.txt: No space left on device (the sandbox is full)"),
        3,
        2,
    ]


@pytest.mark.parametrize(
    "hiding", ["own policy", "principals", "view of a subtree", "subtree of a view", "view of views"]
)
def test_undoing_does_not_take_along_what_was_hidden_in_it(hiding):
    world = make(hiding)
    mine = world.box.rstrip("/") + "/mine"
    with world.view.action("work", "ann"):
        world.view.mkdir(mine)
    secret = world.real.rpartition("/")[0] + f"/mine/{NAME}"
    world.fs.move(world.real, secret)

    told = answer(world.view.undo, actor="ann")

    assert (told[0] in {"MergeConflict", "PermissionDenied"}, NAME in told[1]) == (True, False)
    assert world.fs.read_text(secret) == CONTENT


# ---------------------------------------------------------------- what may be seen but not read, or not changed


@pytest.mark.parametrize("ask", ["read_bytes", "read_file", "read_text", "read_lines", "open"])
@pytest.mark.parametrize("through", [lambda fs: fs, lambda fs: fs.view(VisibilityView()), ReadOnlyView])
def test_what_may_not_be_read_is_read_by_no_method(ask, through):
    fs = VirtualFileSystem()
    hide(fs, f"/d/{NAME}", NodePolicy(readable=False))
    system = through(fs)

    with pytest.raises(PermissionDenied) as caught:
        getattr(system, ask)(f"/d/{NAME}")
    assert CONTENT not in str(caught.value)
    for copy in (lambda: system.copy(f"/d/{NAME}", "/c"), lambda: system.copy("/d", "/c")):
        with pytest.raises(PermissionDenied):
            copy()
    assert not fs.exists("/c")


@pytest.mark.parametrize("probe", [*probes(SAME), *probes(CLOSED), *probes(REFUSED)])
def test_nothing_changes_through_a_read_only_view(probe):
    world = make("own policy")
    seen_by_all = ReadOnlyView(world.fs)
    owner = VirtualFileSystem()  # probes that act as the owner do so elsewhere
    before = everything(world.fs)

    answer(probe, World(owner, seen_by_all, world.path, world.box, world.real))

    assert everything(world.fs) == before
