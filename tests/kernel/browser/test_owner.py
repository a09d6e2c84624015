"""What only the owner's browser has: the staging store, other sandboxes, the eyes of views."""

from datetime import UTC, datetime, timedelta

import pytest

from jupyter_sandfs.errors import AlreadyExists, InvalidRequest, NotFound, ObjectNotFound, SandboxNotFound
from jupyter_sandfs.kernel.browser.lens import Lens, explain
from jupyter_sandfs.kernel.browser.store import StorePane
from jupyter_sandfs.sandbox import Sandbox
from jupyter_sandfs.vfs.policy import NodePolicy

OWNERS = {"facts", "switch", "view_as", "store_list", "store_publish", "lens", "lens_hidden", "lens_rules"}


def ask(browser, op, body=b"", **arguments):
    return browser._ask({"op": op, "arguments": arguments}, body).unwrap()


@pytest.fixture
def pane(sandbox):
    return StorePane(sandbox)


# ---------------------------------------------------------------- who has what


def test_the_owner_is_told_what_there_is(owners):
    facts = ask(owners, "facts")

    assert ("shown" in facts["sandboxes"], facts["views"]) == (True, ["student", "teacher"])


@pytest.mark.parametrize("op", sorted(OWNERS))
def test_a_browser_that_is_bound_to_a_view_has_none_of_it(sandbox, make_browser, op):
    bound = make_browser(fs=sandbox.seen_by("student"), view="student", sandbox=sandbox, kernel_id="")

    with pytest.raises(InvalidRequest, match="unknown operation"):
        ask(bound, op)
    assert bound.owner is False


def test_a_view_is_told_nothing_of_what_is_hidden(owners, sandbox):
    mine = ask(owners, "rows", path="/tests")["entries"]
    theirs = (ask(owners, "view_as", view="student"), ask(owners, "rows", path="/tests")["entries"])[1]

    assert [(each["name"], each.get("restricted")) for each in mine] == [("answers.json", True), ("test_rain.py", None)]
    assert [(each["name"], "restricted" in each) for each in theirs] == [("test_rain.py", False)]


def test_the_owner_looks_with_the_eyes_of_a_view_and_back(owners):
    ask(owners, "view_as", view="student")
    hidden = (owners.view, [each["name"] for each in ask(owners, "rows", path="/tests")["entries"]])
    ask(owners, "view_as")

    assert hidden == ("student", ["test_rain.py"])
    assert (owners.view, len(ask(owners, "rows", path="/tests")["entries"])) == (None, 2)


def test_eyes_that_there_are_not_are_refused(owners):
    with pytest.raises(NotFound):
        ask(owners, "view_as", view="nobody")

    assert owners.view is None


def test_the_owner_turns_to_another_sandbox(owners, sandbox):
    other = Sandbox("other")
    other.fs.write_file("/there.txt", "")
    first = owners._watch
    ask(owners, "switch", name="other")
    seen = ask(owners, "rows", path="/")["entries"]
    other.close()

    assert ([each["name"] for each in seen], owners.name, first.closed) == (["there.txt"], "other", True)


def test_a_sandbox_that_there_is_not_is_refused(owners):
    with pytest.raises(SandboxNotFound):
        ask(owners, "switch", name="missing")

    assert owners.name == "shown"


def test_changes_of_the_page_are_the_browsers_in_the_journal(owners, sandbox):
    ask(owners, "write", b"x", path="/by-hand.txt")

    last = sandbox.fs.log(1)[0]
    assert (last.actor, last.label) == ("browser", "write /by-hand.txt")


# ---------------------------------------------------------------- the lens


def test_a_view_is_summed_up(sandbox):
    assert Lens(sandbox).summary(sandbox.fs, b"", view="student") == {"shown": 3, "hidden": 1, "readOnly": ["/tests"]}


def test_hidden_names_are_counted_by_folder(sandbox):
    assert Lens(sandbox).hidden(sandbox.fs, b"", view="student", path="/") == {"/tests": 1}


def test_the_rules_of_a_node_say_where_they_were_set(sandbox):
    told = Lens(sandbox).rules(sandbox.fs, b"", view="student", path="/tests/test_rain.py")

    assert [(each["what"], each["allowed"], each["why"]) for each in told["grants"]] == [
        ("See", True, "nothing hides it"),
        ("Read", True, "default for all"),
        ("Write", False, "read-only, set on /tests"),
        ("Append", False, "read-only, set on /tests"),
    ]
    assert (told["folder"], told["hidden"]) == ("/tests", [{"name": "answers.json", "why": "visible to teacher"}])


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        (NodePolicy(readable=False), [(True, "nothing hides it"), (False, "unreadable, set on /notes.md")]),
        (NodePolicy(visibility="draft"), [(False, "labelled draft, set on /notes.md"), (False, "default for all")]),
        (
            NodePolicy(principals=frozenset({"b", "a"})),
            [(False, "only for a, b, set on /notes.md"), (False, "default for all")],
        ),
    ],
)
def test_what_hides_or_closes_a_file_is_named(sandbox, policy, expected):
    sandbox.fs.set_policy("/notes.md", policy)

    grants = explain(sandbox.fs, sandbox.seen_by("student"), "/notes.md")

    assert [(each.allowed, each.why) for each in grants[:2]] == expected


def test_append_only_files_may_grow(sandbox):
    sandbox.fs.set_policy("/notes.md", NodePolicy(append_only=True))

    grants = explain(sandbox.fs, sandbox.seen_by("student"), "/notes.md")

    assert [(each.what, each.allowed) for each in grants[2:]] == [("Write", False), ("Append", True)]


def test_the_rules_of_nothing_are_not_found(sandbox):
    with pytest.raises(NotFound):
        explain(sandbox.fs, sandbox.seen_by("student"), "/missing")


# ---------------------------------------------------------------- the staging store


def test_a_published_file_is_listed_with_key_and_time(pane, sandbox):
    made = pane.publish(sandbox.fs, b"", path="/notes.md", ttl=3600)
    listed = pane.listing(sandbox.fs, b"")

    assert (made["name"], made["size"], made["key"].startswith("files/f_")) == ("notes.md", 8, True)
    assert (listed["items"], listed["next"], listed["used"]) == ([made], None, 8)
    left = datetime.fromisoformat(made["expiresAt"]) - datetime.now(UTC)
    assert timedelta(minutes=50) < left <= timedelta(hours=1)


def test_a_stored_file_is_brought_under_its_name(pane, sandbox):
    key = pane.publish(sandbox.fs, b"", path="/notes.md")["key"]

    brought = pane.bring(sandbox.fs, b"", key=key, folder="/data")

    assert (brought, sandbox.fs.read_file("/data/notes.md")) == ({"path": "/data/notes.md", "size": 8}, "# Notes\n")


def test_a_name_that_is_taken_is_replaced_only_when_asked(pane, sandbox):
    key = pane.publish(sandbox.fs, b"", path="/notes.md")["key"]
    sandbox.fs.write_file("/notes.md", "later")

    with pytest.raises(AlreadyExists):
        pane.bring(sandbox.fs, b"", key=key, folder="/")
    pane.bring(sandbox.fs, b"", key=key, folder="/", replace=True)

    assert sandbox.fs.read_file("/notes.md") == "# Notes\n"


def test_an_upload_through_the_store_leaves_it_for_its_path(pane, sandbox):
    key = sandbox.files.put("files/part", b"content").key

    done = pane.arrived(sandbox.fs, b"", key=key, path="/new.bin")

    assert (done, sandbox.fs.read_bytes("/new.bin")) == ({"path": "/new.bin", "size": 7}, b"content")
    assert sandbox.files.exists(key) is False


def test_an_upload_whose_name_was_taken_meanwhile_changes_nothing(pane, sandbox):
    key = sandbox.files.put("files/part", b"content").key

    with pytest.raises(AlreadyExists):
        pane.arrived(sandbox.fs, b"", key=key, path="/notes.md")

    assert (sandbox.fs.read_file("/notes.md"), sandbox.files.exists(key)) == ("# Notes\n", True)


def test_an_upload_to_the_store_comes_in_pieces(pane, sandbox):
    begun = pane.begin(sandbox.fs, b"", name="dir/big.bin", size=6, ttl=60)
    pane.append(sandbox.fs, b"abc", upload_id=begun["uploadId"], offset=0)
    pane.append(sandbox.fs, b"def", upload_id=begun["uploadId"], offset=3)
    done = pane.commit(sandbox.fs, b"", upload_id=begun["uploadId"])

    assert (done["name"], done["size"], sandbox.files.get(done["key"])) == ("big.bin", 6, b"abcdef")


def test_an_upload_that_is_given_up_is_gone_and_twice_is_no_error(pane, sandbox):
    begun = pane.begin(sandbox.fs, b"", name="x", size=6)

    assert [pane.abort(sandbox.fs, b"", upload_id=begun["uploadId"]) for _ in range(2)] == [{}, {}]


def test_a_stored_file_is_read_in_parts_and_deleted(pane, sandbox):
    key = pane.publish(sandbox.fs, b"", path="/notes.md")["key"]
    value, body = pane.read(sandbox.fs, b"", key=key, offset=2)

    assert (value["size"], value["name"], body) == (8, "notes.md", b"Notes\n")
    assert pane.delete(sandbox.fs, b"", key=key) == {"deleted": True}
    with pytest.raises(ObjectNotFound):
        pane.read(sandbox.fs, b"", key=key)


@pytest.mark.parametrize("ttl", [-1, 10**9])
def test_a_time_to_live_has_bounds(pane, sandbox, ttl):
    with pytest.raises(InvalidRequest):
        pane.publish(sandbox.fs, b"", path="/notes.md", ttl=ttl)
