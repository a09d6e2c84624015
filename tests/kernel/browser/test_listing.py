import pytest

from jupyter_sandfs.errors import InvalidRequest, NotFound
from jupyter_sandfs.kernel.browser import listing
from jupyter_sandfs.kernel.browser.ordering import Ordering, natural
from jupyter_sandfs.vfs.filesystem import VirtualFileSystem
from jupyter_sandfs.vfs.policy import NodePolicy


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
    ("arguments", "offset"),
    [
        ({"text": "F1"}, 2),
        ({"text": "f1", "start": 3}, 11),
        ({"text": "f1", "start": 900}, 1_001),
        ({"text": "f1", "start": 1_000_000}, 2),
        ({"text": "f9", "exact": True}, 10),
        ({"text": "F9", "exact": True}, None),
        ({"text": "g"}, None),
    ],
)
def test_a_name_is_found_where_it_stands_in_a_long_folder(tree, arguments, offset):
    tree.mkdir("/many/a")
    for number in range(1_200):
        tree.write_file(f"/many/f{number}", "")

    assert listing.Listing().seek(tree, b"", path="/many", **arguments) == {"offset": offset}


def test_a_page_leaves_out_what_went_since_the_names_were_taken(tree, monkeypatch):
    stat = tree.stat

    def gone(path, *, follow=True):
        if path == "/a10.txt":
            raise NotFound(path)
        return stat(path, follow=follow)

    monkeypatch.setattr(tree, "stat", gone)

    assert names(tree) == ["z", "A9.txt", "b.txt"]


@pytest.mark.parametrize("names", [["a9", "A10", "a10b"], ["1", "01a", "2", "10"], ["ß", "²"], ["a", "a1", "a1b", "b"]])
def test_the_order_of_names_is_total(names):
    keys = [natural(name) for name in names]

    assert sorted(keys) == keys


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("values", [None, {f"f{number}": number % 3 for number in range(100)}])
def test_the_first_names_are_the_same_whether_or_not_the_rest_is_sorted(values, descending):
    names = [f"f{number}" for number in range(99, -1, -1)]
    whole = Ordering([], names, values, descending=descending)
    every = whole.part(0, 100)

    picked = Ordering([], names, values, descending=descending).part(0, 10)

    assert (picked, whole.part(0, 10)) == (every[:10], every[:10])


def test_a_part_spans_directories_and_files():
    ordering = Ordering(["b", "a"], ["2", "1"])

    assert [ordering.part(start, start + 2) for start in range(5)] == [["a", "b"], ["b", "1"], ["1", "2"], ["2"], []]
