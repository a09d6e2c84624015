import pytest

from jupyter_sandfs.errors import InvalidRequest
from jupyter_sandfs.kernel.browser import listing
from jupyter_sandfs.vfs.filesystem import VirtualFileSystem
from jupyter_sandfs.vfs.policy import NodePolicy
from jupyter_sandfs.vfs.views.visibility import VisibilityView


@pytest.fixture
def tree():
    fs = VirtualFileSystem()
    for name, size in (("a10.txt", 1), ("A9.txt", 5), ("b.txt", 3)):
        fs.write_file(f"/{name}", "x" * size)
    fs.mkdir("/z")
    return fs


def names(fs, **arguments):
    return [each["name"] for each in listing.Listing().rows(fs, b"", path="/", **arguments)["entries"]]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({}, ["z", "A9.txt", "a10.txt", "b.txt"]),
        ({"descending": True}, ["z", "b.txt", "a10.txt", "A9.txt"]),
        ({"order": "size"}, ["z", "a10.txt", "b.txt", "A9.txt"]),
        ({"order": "size", "descending": True}, ["z", "A9.txt", "b.txt", "a10.txt"]),
        ({"order": "modified"}, ["z", "a10.txt", "A9.txt", "b.txt"]),
        ({"offset": 2}, ["a10.txt", "b.txt"]),
    ],
)
def test_a_folder_is_listed_in_the_order_of_a_column(tree, arguments, expected):
    assert names(tree, **arguments) == expected


def test_equal_nodes_are_ordered_by_name_also_downwards(tree):
    for name in ("c2", "c10", "c1"):
        tree.write_file(f"/same/{name}", "x")

    found = listing.Listing().rows(tree, b"", path="/same", order="size", descending=True)["entries"]

    assert [each["name"] for each in found] == ["c1", "c2", "c10"]


@pytest.mark.parametrize("arguments", [{"order": "colour"}, {"offset": -1}])
def test_an_order_that_there_is_not_is_refused(tree, arguments):
    with pytest.raises(InvalidRequest):
        listing.Listing().rows(tree, b"", path="/", **arguments)


def test_a_long_folder_comes_in_pages(tree):
    for number in range(2_345):
        tree.write_file(f"/many/f{number}", "")

    pages = [listing.Listing().rows(tree, b"", path="/many", offset=offset) for offset in (0, 1_000, 2_000)]

    assert [(len(page["entries"]), page["total"]) for page in pages] == [(1_000, 2_345), (1_000, 2_345), (345, 2_345)]
    assert [each["name"] for each in pages[1]["entries"][:2]] == ["f1000", "f1001"]


def test_a_long_folder_that_changes_between_pages_is_listed_anew(tree):
    kept = listing.Listing()
    for number in range(1_500):
        tree.write_file(f"/many/f{number}", "")
    first = kept.rows(tree, b"", path="/many")
    again = kept.rows(tree, b"", path="/many", offset=1_000)
    tree.write_file("/many/f1400", "longer")
    tree.remove("/many/f0")
    later = kept.rows(tree, b"", path="/many", offset=1_000)

    assert (first["total"], again["entries"][0]["name"], later["entries"][0]["name"]) == (1_500, "f1000", "f1001")
    assert next(each["size"] for each in later["entries"] if each["name"] == "f1400") == 6


def test_a_page_says_whether_the_folder_takes_new_names(tree):
    tree.set_policy("/z", NodePolicy(writable=False))

    assert [listing.Listing().rows(tree, b"", path=path)["readOnly"] for path in ("/", "/z")] == [False, True]


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

    result = listing.search(tree, b"", text=text)

    assert [each["path"] for each in result["entries"]] == found
    assert ([each["path"] for each in result["folders"]], result["complete"]) == (folders, True)


@pytest.mark.parametrize("text", ["", "  ", "x" * 256])
def test_a_search_for_nothing_or_too_much_is_refused(tree, text):
    with pytest.raises(InvalidRequest):
        listing.search(tree, b"", text=text)


def test_a_search_ends_at_its_bounds(tree, monkeypatch):
    monkeypatch.setattr(listing, "MAX_FOUND", 2)
    few = listing.search(tree, b"", text="txt")
    monkeypatch.setattr(listing, "MAX_FOUND", 500)
    monkeypatch.setattr(listing, "MAX_VISITED", 1)
    none = listing.search(tree, b"", text="z")

    assert (len(few["entries"]), few["complete"]) == (2, False)
    assert none == {"entries": [], "folders": [], "complete": False}


def test_what_a_view_hides_is_not_found(tree):
    tree.write_file("/z/secret.txt", "")
    tree.set_policy("/z/secret.txt", NodePolicy(visibility="private"))

    result = listing.search(tree.view(VisibilityView({"public"})), b"", text="secret")

    assert result == {"entries": [], "folders": [], "complete": True}


@pytest.mark.parametrize("names", [["a9", "A10", "a10b"], ["1", "01a", "2", "10"], ["ß", "²"]])
def test_the_order_of_names_is_total(names):
    keys = [listing.natural(name) for name in names]

    assert sorted(keys) == keys
