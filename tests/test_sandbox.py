"""Sandboxes by name, and what one puts together."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from jupyter_sandfs.errors import (
    AlreadyExists,
    InvalidRequest,
    NotFound,
    SandboxNotFound,
    StorageError,
    Unsupported,
)
from jupyter_sandfs.filestore import StoreLimits
from jupyter_sandfs.sandbox import Sandbox
from jupyter_sandfs.staging import Staged
from jupyter_sandfs.storage import FileEntry, MemoryFileStorage, open_storage
from jupyter_sandfs.vfs.limits import Limits
from jupyter_sandfs.vfs.policy import NodePolicy
from jupyter_sandfs.vfs.views.view import VisibilityView


@pytest.fixture(autouse=True)
def _apart(monkeypatch, tmp_path):
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setattr(Sandbox, "defaults", replace(Sandbox.defaults, store_url=(tmp_path / "store").as_uri()))
    monkeypatch.setattr(Sandbox, "faces", {})
    yield
    for name in Sandbox.names():
        Sandbox.get(name).close()


# ---------------------------------------------------------------- by name


def test_the_default_sandbox_is_made_when_it_is_asked_for():
    assert Sandbox.names() == []

    made = Sandbox.current()
    assert (made.name, Sandbox.get("default") is made, Sandbox.names()) == ("default", True, ["default"])


def test_a_sandbox_is_found_under_its_name():
    made = Sandbox("work")

    assert Sandbox.get("work") is made
    assert Sandbox.names() == ["work"]


@pytest.mark.parametrize(
    ("others", "text"),
    [
        ([], "sandbox not found: nope (there are: none yet)"),
        (["a", "b"], "sandbox not found: nope (there are: a, b)"),
    ],
)
def test_an_unknown_name_says_which_there_are(others, text):
    for name in others:
        Sandbox(name)

    with pytest.raises(SandboxNotFound, match=f"^{re.escape(text)}$"):
        Sandbox.get("nope")


def test_a_name_is_taken_only_once_until_it_is_closed():
    first = Sandbox("work")

    with pytest.raises(AlreadyExists, match=r"Sandbox\.get\('work'\) gives it"):
        Sandbox("work")
    assert Sandbox.get("work") is first
    first.close()
    first.close()
    assert Sandbox("work") is not first


def test_closing_an_old_one_leaves_the_new_one():
    first = Sandbox("work")
    first.close()
    second = Sandbox("work")
    first.close()

    assert Sandbox.get("work") is second


@pytest.mark.parametrize("name", ["", "a/b", "a b", "..", "-x", "a\n", "x" * 65, "ü", None, 7])
def test_a_name_that_no_url_can_hold_is_refused(name):
    with pytest.raises(InvalidRequest, match="not a name for a sandbox"):
        Sandbox(name)
    assert Sandbox.names() == []


# ---------------------------------------------------------------- its parts


def test_shell_and_files_work_on_one_tree():
    sandbox = Sandbox()
    result = sandbox.run("mkdir /d && echo hi > /d/a && cat /d/a")

    assert (result.stdout, result.exit_code) == ("hi\n", 0)
    assert sandbox.fs.read_file("/d/a") == "hi\n"
    assert {record.actor for record in sandbox.journal} == {"owner"}


def test_a_sandbox_describes_itself():
    sandbox = Sandbox("work")
    sandbox.fs.write_file("/a", "12345")

    assert repr(sandbox) == "<Sandbox 'work': 1 file, 5 bytes>"


def test_limits_are_those_given_or_the_defaults(monkeypatch):
    monkeypatch.setattr(Sandbox, "defaults", replace(Sandbox.defaults, limits=Limits(file_bytes=5)))

    assert Sandbox("a").fs.limits.file_bytes == 5
    assert Sandbox("b", limits=Limits(file_bytes=7)).fs.limits.file_bytes == 7


def test_a_storage_keeps_the_files():
    storage = MemoryFileStorage()
    first = Sandbox("work", storage=storage)
    first.fs.write_file("/a", "kept")
    first.close()

    second = Sandbox("work", storage=storage)
    assert (second.durable, second.fs.read_file("/a")) == (True, "kept")
    assert not Sandbox("other").durable


@pytest.mark.parametrize("url", ["sqlite:///{}/work.sqlite", "file://{}/objects"])
def test_a_sandbox_with_a_url_is_back_after_it_was_closed(tmp_path, url):
    first = Sandbox("work", storage=url.format(tmp_path))
    first.fs.write_file("/a", "kept")
    first.flush()
    first.close()
    first.close()

    second = Sandbox("work", storage=url.format(tmp_path))
    assert (second.durable, second.fs.read_file("/a")) == (True, "kept")
    with pytest.raises(StorageError, match="the storage is closed"):
        first.fs.write_file("/a", "too late")


def test_a_sandbox_says_where_its_files_are_kept(tmp_path):
    assert Sandbox("a").kept == "in memory: lost when the kernel restarts"
    assert Sandbox("b", storage=f"sqlite:///{tmp_path}/x.sqlite").kept == f"kept in {tmp_path}/x.sqlite"
    Sandbox.get("a").flush()


def test_a_name_that_is_taken_leaves_the_storage_alone(tmp_path):
    first = Sandbox("work", storage=f"sqlite:///{tmp_path}/x.sqlite")

    with pytest.raises(AlreadyExists, match=r"Sandbox\.get\('work'\) gives it"):
        Sandbox("work", storage=f"sqlite:///{tmp_path}/x.sqlite")
    with pytest.raises(AlreadyExists):
        Sandbox("work", storage=f"sqlite:///{tmp_path}/other.sqlite")
    assert [each.name for each in tmp_path.iterdir() if each.suffix == ".sqlite"] == ["x.sqlite"]
    first.fs.write_file("/a", "goes on")


def test_a_storage_that_can_not_be_loaded_is_let_go(tmp_path):
    url = f"sqlite:///{tmp_path}/x.sqlite"
    with open_storage(url) as storage:
        storage.set(FileEntry(path="/", content=b"no directory"))

    for _ in range(2):  # the second time it would be locked
        with pytest.raises(StorageError, match="its root is no directory"):
            Sandbox("work", storage=url)
    assert Sandbox.names() == []


@pytest.mark.parametrize("storage", ["work.sqlite", "mysql://host/db", 7])
def test_what_is_no_storage_is_refused(storage):
    with pytest.raises(InvalidRequest, match="storage"):
        Sandbox("work", storage=storage)
    assert Sandbox.names() == []


def test_the_default_sandbox_is_kept_where_the_configuration_says(monkeypatch, tmp_path):
    url = f"sqlite:///{tmp_path}/default.sqlite"
    monkeypatch.setattr(Sandbox, "defaults", replace(Sandbox.defaults, storage=url))

    assert (Sandbox.current().durable, Sandbox("other").durable) == (True, False)


def test_the_store_is_opened_when_it_is_first_used(tmp_path):
    sandbox = Sandbox(store_url=(tmp_path / "mine").as_uri())
    assert not (tmp_path / "mine").exists()

    assert sandbox.files is sandbox.files
    assert (tmp_path / "mine").is_dir()


def test_without_configuration_the_store_is_in_jupyters_data(monkeypatch, tmp_path):
    monkeypatch.setattr(Sandbox, "defaults", replace(Sandbox.defaults, store_url=None))

    assert Sandbox().store_url == (tmp_path / "data" / "sandfs" / "store").as_uri()


def test_the_store_is_that_of_the_tenant(monkeypatch):
    Sandbox("ann").files.put("files/a", b"x")
    monkeypatch.setattr(Sandbox, "defaults", replace(Sandbox.defaults, tenant="bob"))

    assert not Sandbox("bob").files.exists("files/a")


def test_the_stores_limits_are_the_defaults(monkeypatch):
    monkeypatch.setattr(Sandbox, "defaults", replace(Sandbox.defaults, store_limits=StoreLimits(max_total_bytes=9)))

    assert Sandbox().files.usage().max_total_bytes == 9


def test_a_file_goes_to_the_store_and_to_another_sandbox():
    sandbox, other = Sandbox("one"), Sandbox("two")
    sandbox.fs.write_file("/out.txt", "text")
    info = sandbox.publish("/out.txt", metadata={"by": "me"}, ttl=60)

    assert info.metadata == {
        "sandbox": "one",
        "actor": "owner",
        "original_path": "/out.txt",
        "original_filename": "out.txt",
        "by": "me",
    }
    assert (info.expires_at - info.created_at).total_seconds() == 60
    assert other.stage(info.key, "/in/") == Staged("/in/out.txt", 4)
    assert sandbox.publish("/out.txt", "runs/1/output/out.txt").key == "runs/1/output/out.txt"


# ---------------------------------------------------------------- views and faces


def test_a_named_view_is_what_requests_get():
    sandbox = Sandbox()
    sandbox.fs.write_file("/public", "x")
    sandbox.fs.write_file("/private", "x")
    sandbox.fs.set_policy("/private", NodePolicy(visibility="private"))
    view = sandbox.view(VisibilityView({"public"}), name="guest")

    assert sandbox.seen_by("guest") is view.fs
    assert sandbox.view_named("guest") is view
    assert view.fs.listdir("/") == ["public"]
    assert sandbox.seen_by(None) is sandbox.fs


def test_an_unknown_view_never_falls_back_to_the_owner():
    sandbox = Sandbox()
    sandbox.view(VisibilityView({"public"}))

    for name in ("", "guest"):
        with pytest.raises(NotFound, match="no view of the sandbox has this name"):
            sandbox.seen_by(name)


def test_a_sandbox_shared_through_a_view_gives_requests_no_other():
    sandbox = Sandbox(http_view="guest")
    sandbox.view(VisibilityView(), name="all")

    for name in (None, "guest", "all", ""):
        with pytest.raises(NotFound, match="no view of the sandbox has this name"):
            sandbox.shared(name)
    view = sandbox.view(VisibilityView({"public"}), name="guest")
    assert [sandbox.shared(name) for name in (None, "guest")] == [view.fs, view.fs]
    with pytest.raises(NotFound, match="no view of the sandbox has this name"):
        sandbox.shared("all")


def test_a_sandbox_that_is_not_shared_through_a_view_gives_requests_any():
    sandbox = Sandbox()
    view = sandbox.view(VisibilityView({"public"}), name="guest")

    assert [sandbox.shared(None), sandbox.shared("guest")] == [sandbox.fs, view.fs]
    with pytest.raises(NotFound, match="no view of the sandbox has this name"):
        sandbox.shared("")


def test_a_face_that_no_layer_registered_says_what_to_load():
    with pytest.raises(Unsupported, match=r"^browse needs a notebook: run %load_ext jupyter_sandfs$"):
        Sandbox().browse()


def test_a_registered_face_gets_the_sandbox():
    Sandbox.faces["browse"] = lambda sandbox, path, view: (sandbox.name, path, view)

    assert Sandbox("work").browse("/d", view="guest") == ("work", "/d", "guest")


# ---------------------------------------------------------------- forks, and the one that magics work on


def test_a_fork_is_a_sandbox_of_its_own_that_can_be_merged():
    first = Sandbox("first")
    first.fs.write_file("/a", "one")
    fork = first.fork("second")
    fork.run("echo two > /a; touch /b")

    assert (first.fs.read_file("/a"), fork.fs.read_file("/a"), fork.store_url) == ("one", "two\n", first.store_url)
    assert [change.path for change in first.merge(fork).changes] == ["/a", "/b"]
    assert (first.fs.read_file("/a"), first.journal[-1].label) == ("two\n", "merge second")
    first.close()
    fork.close()


def test_a_fork_starts_at_a_snapshot():
    sandbox = Sandbox("of-then")
    sandbox.fs.write_file("/a", "then")
    sandbox.fs.snapshot("then")
    sandbox.fs.write_file("/a", "now")

    assert sandbox.fork("then", at="then").fs.read_text("/a") == "then"
    with pytest.raises(NotFound):
        sandbox.fork("never", at="never")
    assert "never" not in Sandbox.names()


def test_a_fork_needs_a_name_that_is_free():
    first = Sandbox("first")

    with pytest.raises(AlreadyExists):
        first.fork("first")
    with pytest.raises(InvalidRequest):
        first.fork("no/name")
    first.close()
    assert "first" not in Sandbox.names()


def test_magics_work_on_the_one_that_was_chosen_until_it_is_closed():
    chosen = Sandbox("chosen")
    chosen.use()
    assert Sandbox.current() is chosen

    chosen.close()
    assert Sandbox.current().name == "default"
    with pytest.raises(SandboxNotFound, match="it is closed"):
        chosen.use()
    Sandbox.current().close()


def test_a_dropped_view_is_found_no_more():
    sandbox = Sandbox("viewed")
    sandbox.view(VisibilityView({"public"}), name="guest")
    assert sandbox.why("guest", "/").visible
    sandbox.drop_view("guest")

    for call in (sandbox.drop_view, sandbox.seen_by, lambda name: sandbox.why(name, "/")):
        with pytest.raises(NotFound):
            call("guest")
    sandbox.close()
