import pytest

from jupyter_sandfs.errors import InvalidRequest
from jupyter_sandfs.kernel.browser import finding
from jupyter_sandfs.vfs.filesystem import VirtualFileSystem
from jupyter_sandfs.vfs.policy import NodePolicy
from jupyter_sandfs.vfs.views.visibility import VisibilityView


@pytest.fixture
def tree():
    fs = VirtualFileSystem()
    for name in ("a10.txt", "A9.txt", "b.txt"):
        fs.write_file(f"/{name}", "")
    fs.mkdir("/z")
    return fs


@pytest.mark.parametrize(
    ("text", "found", "folders"),
    [
        ("TXT", ["/A9.txt", "/a10.txt", "/b.txt", "/z/y/deep.txt"], ["/z", "/z/y"]),
        ("y", ["/z/y"], ["/z"]),
        (" deep ", ["/z/y/deep.txt"], ["/z", "/z/y"]),
        ("nothing", [], []),
    ],
)
def test_names_are_found_anywhere_with_the_folders_that_lead_there(tree, text, found, folders):
    tree.write_file("/z/y/deep.txt", "")

    result = finding.search(tree, b"", text=text)

    assert [each["path"] for each in result["entries"]] == found
    assert ([each["path"] for each in result["folders"]], result["complete"]) == (folders, True)


@pytest.mark.parametrize("text", ["", "  ", "x" * 256])
def test_a_search_for_nothing_or_too_much_is_refused(tree, text):
    with pytest.raises(InvalidRequest):
        finding.search(tree, b"", text=text)


def test_a_search_ends_at_its_bounds(tree, monkeypatch):
    monkeypatch.setattr(finding, "MAX_FOUND", 2)
    few = finding.search(tree, b"", text="txt")
    monkeypatch.setattr(finding, "MAX_FOUND", 500)
    monkeypatch.setattr(finding, "MAX_VISITED", 1)
    none = finding.search(tree, b"", text="txt")

    assert (len(few["entries"]), few["complete"]) == (2, False)
    assert none == {"entries": [], "folders": [], "visited": 1, "complete": False}


def test_a_search_ends_when_its_time_is_over(tree):
    tree.write_file("/z/deep.txt", "")
    times = iter([0.0, 0.1, 99.0])

    found = finding.find(tree, "deep", clock=lambda: next(times))

    assert [[each["path"] for each in found["entries"]], found["visited"], found["complete"]] == [
        ["/z/deep.txt"],
        5,
        False,
    ]


def test_what_a_provider_computes_is_not_looked_into(tree):
    tree.mount_directory("/live", lambda _context: pytest.fail("was asked"))

    assert finding.find(tree, "anything")["complete"]


def test_what_a_view_hides_is_not_found(tree):
    tree.write_file("/z/secret.txt", "")
    tree.set_policy("/z/secret.txt", NodePolicy(visibility="private"))

    result = finding.search(tree.view(VisibilityView({"public"})), b"", text="secret")

    assert result == {"entries": [], "folders": [], "visited": 4, "complete": True}
