"""What is hidden looks absent, in every call, and nothing is destroyed that one does not see."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from jupyter_sandfs.errors import (
    AlreadyExists,
    InvalidRequest,
    NotFound,
    PathError,
    PermissionDenied,
    ReadOnly,
    SandfsError,
)
from jupyter_sandfs.vfs.actions import Change, ChangeKind
from jupyter_sandfs.vfs.entries import Stats
from jupyter_sandfs.vfs.filesystem import VirtualFileSystem
from jupyter_sandfs.vfs.policy import NodePolicy
from jupyter_sandfs.vfs.providers import ProvidedNode
from jupyter_sandfs.vfs.views.readonly import ReadOnlyView
from jupyter_sandfs.vfs.views.subtree import SubtreeView
from jupyter_sandfs.vfs.views.view import VisibilityView

PRIVATE = NodePolicy(visibility="private")
PUBLIC = VisibilityView({"public"})


@pytest.fixture
def world(fs):
    fs.write_file("/pub/a.txt", "seen")
    fs.write_file("/pub/secret.txt", "12345678")
    fs.write_file("/vault/deep/gold.txt", "gold")
    fs.symlink("/pub/a.txt", "/vault/way")
    fs.set_policy("/pub/secret.txt", PRIVATE)
    fs.set_policy("/vault", PRIVATE)
    return fs


@pytest.fixture
def view(world):
    return world.view(PUBLIC)


HIDDEN = ["/pub/secret.txt", "/vault", "/vault/deep", "/vault/deep/gold.txt", "/vault/way", "/vault/way/x"]
HIDDEN += ["/pub/secret.txt/x", "/vault/none"]
CALLS = ["resolve", "stat", "ls", "read_bytes", "exists", "is_dir", "get_entry", "version", "readlink", "glob", "tree"]
CALLS += ["remove", "chmod", "invalidate", "metadata", "walk_all", "open", "utime"]


def ask(system, name, path):
    calls = {"walk_all": lambda: list(system.walk(path)), "chmod": lambda: system.chmod(path, 0o600)}
    return calls.get(name, lambda: getattr(system, name)(path))()


@pytest.mark.parametrize("path", HIDDEN)
@pytest.mark.parametrize("name", CALLS)
def test_each_call_answers_about_a_hidden_path_as_about_an_absent_one(look, view, name, path):
    empty = VirtualFileSystem()
    empty.mkdir("/pub")

    absent = look.attempt(ask, empty, name, path)

    assert look.attempt(ask, view, name, path) == absent


def test_listing_walking_globbing_drawing_and_measuring_show_what_is_seen(view):
    shown = {
        "ls": [entry.path for entry in view.ls("/pub")],
        "listdir": view.listdir("/"),
        "walk": list(view.walk()),
        "glob": view.glob("/**"),
        "tree": view.tree(),
        "stats": view.stats(),
    }

    assert shown == {
        "ls": ["/pub/a.txt"],
        "listdir": ["pub"],
        "walk": [("/", ["pub"], []), ("/pub", [], ["a.txt"])],
        "glob": ["/pub", "/pub/a.txt"],
        "tree": "/\n└── pub/\n    └── a.txt",
        "stats": Stats(total_size=4, file_count=1, directory_count=2),
    }


@pytest.mark.parametrize("link", ["/vault/deep/gold.txt", "/vault/way", "/pub/secret.txt", "/vault", "/vault/none"])
@pytest.mark.parametrize("name", ["stat", "read_bytes", "exists", "ls", "open", "version"])
def test_a_link_into_the_hidden_dangles(look, view, name, link):
    empty = VirtualFileSystem()
    empty.mkdir("/pub")
    empty.symlink(link, "/pub/l")
    view.symlink(link, "/pub/l")

    assert look.attempt(ask, view, name, "/pub/l") == look.attempt(ask, empty, name, "/pub/l")


@pytest.mark.parametrize("path", ["/pub/secret.txt", "/vault", "/vault/new", "/vault/way", "/pub/secret.txt/x"])
@pytest.mark.parametrize("name", ["write_file", "mkdir", "symlink", "copy", "move", "append_file", "through a link"])
def test_nothing_is_made_where_something_hidden_is(world, view, look, name, path):
    view.symlink(path, "/pub/l")
    before = look.everything(world)
    calls = {
        "write_file": lambda: view.write_file(path, "x"),
        "append_file": lambda: view.append_file(path, "x"),
        "mkdir": lambda: view.mkdir(path),
        "symlink": lambda: view.symlink("a.txt", path),
        "copy": lambda: view.copy("/pub/a.txt", path, overwrite=True),
        "move": lambda: view.move("/pub/a.txt", path, overwrite=True),
        "through a link": lambda: view.write_file("/pub/l", "x"),
    }

    with pytest.raises(PermissionDenied) as caught:
        calls[name]()

    assert str(caught.value) == f"{path}: Permission denied"
    assert look.everything(world) == before


@pytest.mark.parametrize(
    "call",
    [
        lambda view: view.remove("/pub", recursive=True),
        lambda view: view.move("/pub", "/elsewhere"),
        lambda view: view.move("/other", "/pub", overwrite=True),
        lambda view: view.copy("/other", "/pub", overwrite=True),
    ],
)
def test_what_holds_something_hidden_is_not_taken_away(world, view, look, call):
    world.mkdir("/other")
    before = look.everything(world)

    with pytest.raises(PermissionDenied) as caught:
        call(view)

    assert "secret" not in str(caught.value)
    assert look.everything(world) == before


def test_a_copy_takes_what_is_seen(world, view):
    view.copy("/pub", "/new/copy")

    assert world.glob("/new/**") == ["/new/copy", "/new/copy/a.txt"]


def test_a_copy_of_what_is_seen_that_fails_leaves_nothing(world, view, look):
    world.write_file("/pub/z.txt", "")
    world.set_policy("/pub/z.txt", NodePolicy(readable=False))
    before = look.everything(world.view(VisibilityView({"public"}, prefixes=["/vault"])))

    for call in (lambda: view.copy("/pub", "/new/copy"), lambda: view.copy("/pub", "/pub/inside")):
        with pytest.raises(PathError):
            call()

    assert world.listdir("/") == ["pub", "vault"]
    assert look.everything(world.view(VisibilityView({"public"}, prefixes=["/vault"]))) == before
    world.set_policy("/pub/z.txt", None)
    world.mkdir("/there")
    with pytest.raises(AlreadyExists):
        view.copy("/pub", "/there")


def test_log_and_diff_show_only_what_is_seen(world, view):
    start = world.snapshot()
    world.write_file("/vault/more", "x")
    world.move("/vault/more", "/pub/came.txt")
    world.remove("/pub/secret.txt")
    world.remove("/vault", recursive=True)

    assert view.diff(start) == [Change(ChangeKind.ADDED, "/pub/came.txt")]
    assert {record.path for record in view.log()} == {"/pub", "/pub/a.txt", "/pub/came.txt"}
    assert [record.source for record in view.log(1)] == [None]


def test_a_watch_shows_only_what_is_seen_even_when_it_is_gone(world, view):
    batches = []
    watch = view.watch("/", batches.append, interval=60)
    world.write_file("/pub/b.txt", "")
    world.remove("/pub/secret.txt")
    world.remove("/vault", recursive=True)

    watch.flush()
    watch.close()

    assert batches == [[Change(ChangeKind.ADDED, "/pub/b.txt")]]


def test_a_name_that_was_hidden_stays_closed_when_it_is_gone(world, view):
    world.remove("/pub/secret.txt")

    with pytest.raises(PermissionDenied):
        view.write_file("/pub/secret.txt", "x")


def test_what_the_owner_publishes_is_seen_at_once(world, view):
    world.set_policy("/pub/secret.txt", None)

    assert view.read_text("/pub/secret.txt") == "12345678"


@pytest.mark.parametrize(
    ("rule", "shown"),
    [
        (VisibilityView(), ["a", "b", "c", "d"]),
        (VisibilityView({"public"}), ["a", "d"]),
        (VisibilityView({"public", "team"}), ["a", "b", "d"]),
        (VisibilityView({"public"}, principals=["ann"]), ["a", "c", "d"]),
        (VisibilityView({"public"}, principals=["bob"]), ["a", "d"]),
        (VisibilityView(prefixes=["/d/x"]), ["d"]),
        (VisibilityView(metadata={"kind": "log"}), ["a", "b", "c"]),
    ],
)
def test_a_rule_asks_for_label_principal_place_and_metadata(fs, rule, shown):
    for name in "abc":
        fs.write_file(f"/{name}", "")
    fs.mount_file("/d", lambda _: "", metadata={"kind": "table"})
    fs.set_policy("/b", NodePolicy(visibility="team"))
    fs.set_policy("/c", NodePolicy(principals=frozenset({"ann"})))
    expected = [name for name in shown if name != "c" or rule.principals]

    assert [entry.name for entry in fs.view(rule).ls()] == expected


def test_views_of_views_show_what_all_of_them_show(world):
    world.write_file("/team", "")
    world.set_policy("/team", NodePolicy(visibility="team"))
    both = world.view(VisibilityView({"public", "team"})).view(VisibilityView({"public", "private"}))

    assert both.glob("/**") == ["/pub", "/pub/a.txt"]


def test_a_hidden_root_hides_all(fs):
    fs.write_file("/f", "")
    fs.set_policy("/", PRIVATE)
    view = fs.view(PUBLIC)

    assert (view.exists("/"), view.exists("/f"), view.get_entry("/f")) == (False, False, None)
    with pytest.raises(PermissionDenied):
        view.write_file("/g", "")


@pytest.mark.parametrize(
    "call",
    [
        lambda view: view.set_policy("/f", None),
        lambda view: view.mount_file("/m", lambda _: ""),
        lambda view: view.mount_directory("/m", lambda _: {}),
        lambda view: view.register_write_hook("/", print),
    ],
)
@pytest.mark.parametrize("make", [lambda fs: fs.view(PUBLIC), ReadOnlyView, lambda fs: SubtreeView(fs, "/")])
def test_what_belongs_to_the_owner_is_refused_to_views(fs, look, make, call):
    fs.write_file("/f", "")
    fs.snapshot("s")
    before = look.everything(fs), len(fs.log())

    with pytest.raises(PermissionDenied, match="only the sandbox's owner"):
        call(make(fs))

    assert (look.everything(fs), len(fs.log())) == before


@pytest.mark.parametrize("how", ["read", "list", "through"])
def test_a_provider_sees_what_its_reader_sees(world, how):
    seen = []

    def provide(context):
        seen.append(context.fs.exists("/vault"))
        return {"f": ProvidedNode.file("")} if how != "read" else ""

    (world.mount_file if how == "read" else world.mount_directory)("/m", provide)
    ask = {
        "read": lambda fs: fs.read_bytes("/m"),
        "list": lambda fs: fs.ls("/m"),
        "through": lambda fs: fs.stat("/m/f"),
    }

    ask[how](world.view(PUBLIC))
    by_view, owned = set(seen), seen.clear()
    ask[how](world)

    assert (by_view, owned, set(seen)) == ({False}, None, {True})


def test_a_provider_of_another_file_system_is_given_that_one(world):
    other = VirtualFileSystem()
    other.write_file("/mark", "other")
    other.mount_file("/m", lambda context: context.fs.read_text("/mark"))
    world.mount_file("/n", lambda _: other.read_text("/m"))

    assert world.view(PUBLIC).read_text("/n") == "other"


def test_what_was_computed_for_the_owner_is_not_given_to_a_view(world):
    world.mount_file("/index", lambda context: "\n".join(context.fs.listdir("/")), ttl=3600)
    view = world.view(PUBLIC)

    owned = world.read_text("/index")

    assert (sorted(owned.split()), sorted(view.read_text("/index").split())) == (
        ["index", "pub", "vault"],
        ["index", "pub"],
    )


# ---------------------------------------------------------------- read-only


CHANGES = [
    lambda fs: fs.write_file("/f", "x"),
    lambda fs: fs.write_file("/new", "x"),
    lambda fs: fs.append_file("/f", "x"),
    lambda fs: fs.mkdir("/d/new"),
    lambda fs: fs.remove("/f"),
    lambda fs: fs.copy("/f", "/g"),
    lambda fs: fs.move("/f", "/g"),
    lambda fs: fs.symlink("f", "/l"),
    lambda fs: fs.chmod("/f", 0),
    lambda fs: fs.utime("/f"),
    lambda fs: fs.touch("/f"),
    lambda fs: fs.open("/f", "w").close(),
]


@pytest.mark.parametrize("change", CHANGES)
def test_a_read_only_view_changes_nothing(fs, read_only, look, change):
    fs.write_file("/f", "kept")
    fs.mkdir("/d")
    before = look.everything(fs), fs.log()

    with pytest.raises(ReadOnly):
        change(read_only)

    assert (look.everything(read_only), fs.log()) == before


def test_a_read_only_view_finds_a_directory_that_is_there_already(fs, read_only):
    fs.mkdir("/d")

    assert read_only.mkdir("/d") is None


# ---------------------------------------------------------------- subtrees


@pytest.fixture
def jail(fs):
    fs.write_file("/home/ann/in.txt", "in")
    fs.write_file("/home/bob/out.txt", "out")
    fs.symlink("/home/bob/out.txt", "/home/ann/abs")
    fs.symlink("../bob", "/home/ann/rel")
    fs.symlink("/home/ann/in.txt", "/home/bob/back")
    fs.symlink("/home/bob/back", "/home/ann/around")
    return SubtreeView(fs, "/home/ann")


@pytest.mark.parametrize(
    "path", ["/abs", "/rel", "/rel/out.txt", "/around", "/../bob/out.txt", "../../home/bob/out.txt", "/home/bob"]
)
def test_no_path_and_no_link_leads_out_of_a_subtree(fs, jail, look, path):
    before = look.everything(fs)

    assert not jail.exists(path)
    for call in (jail.read_bytes, jail.ls, jail.stat):
        with pytest.raises(NotFound) as caught:
            call(path)
        assert not str(caught.value).startswith("/home/ann")
    if path in {"/abs", "/rel", "/rel/out.txt", "/around"}:
        with pytest.raises(NotFound):
            jail.write_file(path, "x")
        assert look.everything(fs) == before


def test_a_link_that_leads_out_can_still_be_seen_and_removed(jail):
    assert jail.is_symlink("/rel")

    jail.remove("/rel")

    assert jail.listdir().count("rel") == 0


def test_two_dots_end_at_the_top_of_a_subtree(jail):
    assert jail.read_text("/../../in.txt") == "in"


def test_a_link_made_in_a_subtree_says_the_paths_of_the_subtree(fs, jail):
    jail.symlink("/in.txt", "/l")

    assert (jail.readlink("/l"), jail.read_text("/l"), jail.resolve("/l")) == ("/in.txt", "in", "/in.txt")
    assert fs.read_text("/home/ann/l") == "in"


@pytest.mark.parametrize(
    "call",
    [
        lambda fs: fs.read_bytes("/none"),
        lambda fs: fs.ls("/in.txt"),
        lambda fs: fs.mkdir("/in.txt/x"),
        lambda fs: fs.copy("/d", "/d/e/f"),
        lambda fs: fs.move("/d/e", "/d", overwrite=True),
        lambda fs: fs.write_file("/in.txt", "", expected_version=9),
        lambda fs: fs.write_file("/" + "x" * 300, ""),
        lambda fs: fs.read_bytes("/broken"),
        lambda fs: fs.write_file("/hooked", ""),
        lambda fs: fs.remove("/"),
        lambda fs: fs.read_bytes("/loop/x"),
        lambda fs: fs.stat("/abs/x"),
    ],
)
def test_no_error_of_a_subtree_names_the_path_of_its_base(fs, jail, call):
    fs.mkdir("/home/ann/d/e")
    fs.symlink("loop", "/home/ann/loop")
    fs.mount_file("/home/ann/broken", lambda _: 1 / 0)
    fs.register_write_hook("/home/ann/hooked", lambda _: 1 / 0, before=True)

    with pytest.raises(SandfsError) as caught:
        call(jail)

    assert "home" not in str(caught.value)


def test_log_diff_and_watch_of_a_subtree_are_about_it_alone(fs, jail):
    start, batches = fs.snapshot(), []
    watch = jail.watch("/", batches.append, interval=60)
    fs.write_file("/home/bob/x", "")
    fs.move("/home/bob/x", "/home/ann/x")
    watch.flush()
    watch.close()

    added = Change(ChangeKind.ADDED, "/x")
    assert (jail.diff(start), batches) == ([added], [[added]])
    assert [(record.path, record.source) for record in jail.log(1)] == [("/x", None)]


def test_the_top_of_a_subtree_stays(jail):
    for call in (lambda: jail.remove("/", recursive=True), lambda: jail.move("/", "/x")):
        with pytest.raises(PermissionDenied, match="the root stays"):
            call()


def test_a_subtree_of_a_view_shows_what_the_view_shows(world, view):
    assert SubtreeView(view, "/pub").glob("/**") == ["/a.txt"]
    with pytest.raises(NotFound):
        SubtreeView(view, "/vault")


# ---------------------------------------------------------------- times and etags of directories


def test_the_etag_of_a_directory_moves_with_what_is_seen_in_it_and_with_nothing_else(fs):
    view = fs.view(VisibilityView({"public", "team"}))
    fs.write_file("/d/plain", "")
    fs.write_file("/d/ours", "")
    fs.set_policy("/d/ours", NodePolicy(visibility="team"))
    fs.write_file("/away", "")
    fs.set_policy("/away", PRIVATE)

    def etag_after(change=lambda: None):
        change()
        return view.stat("/d").etag

    begun = etag_after()
    hidden = [
        etag_after(lambda: fs.move("/away", "/d/away")),
        etag_after(lambda: fs.write_file("/d/away", "x")),
        etag_after(lambda: fs.remove("/d/away")),
    ]
    shown = [
        etag_after(lambda: fs.write_file("/d/more", "")),
        etag_after(lambda: fs.remove("/d/more")),
        etag_after(lambda: fs.remove("/d/ours")),
        etag_after(lambda: fs.set_policy("/d/plain", PRIVATE)),
        etag_after(lambda: fs.set_policy("/d/plain", None)),
    ]

    assert set(hidden) == {begun}
    assert len({begun, *shown}) == 6


def test_the_time_of_a_directory_is_that_of_the_newest_name_seen_in_it(fs):
    view = fs.view(VisibilityView({"public", "team"}))
    fs.write_file("/d/plain", "")
    fs.write_file("/d/ours", "")
    fs.set_policy("/d/ours", NodePolicy(visibility="team"))
    fs.move("/d/ours", "/ours")
    before = view.stat("/d").modified_ns
    fs.copy("/ours", "/d/ours")

    assert view.stat("/d").modified_ns == fs.stat("/d/ours").created_ns > before
    assert view.ls("/")[0].stat == view.stat("/d")


def test_a_time_set_by_hand_stays_while_only_hidden_names_come_and_go(fs):
    view, when = fs.view(PUBLIC), datetime(2020, 1, 1, tzinfo=UTC)
    fs.write_file("/d/plain", "")
    fs.write_file("/away", "")
    fs.set_policy("/away", PRIVATE)
    view.utime("/d", when)

    fs.move("/away", "/d/away")
    assert view.stat("/d").modified_at == when
    fs.write_file("/d/more", "")
    assert view.stat("/d").modified_at != when


@pytest.mark.parametrize("rule", [{"public"}, "public", None])
def test_a_view_needs_a_rule(fs, rule):
    with pytest.raises(InvalidRequest, match=r"^a view needs a rule, such as VisibilityView"):
        fs.view(rule)


@pytest.mark.parametrize("named", ["allowed", "principals", "prefixes"])
def test_one_text_is_not_taken_letter_by_letter(named):
    with pytest.raises(InvalidRequest) as caught:
        VisibilityView(**{named: "public"})

    assert str(caught.value) == f"{named} are several, such as {{'public'}}, not one text"
