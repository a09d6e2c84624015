"""`%sandfs save`, `load` and `saved`."""

from __future__ import annotations

import re

import pytest

NOTHING = "nothing of this sandbox was saved in the store"


@pytest.fixture
def fs(sandbox):
    return sandbox.fs


def test_what_was_saved_comes_back_after_a_restart(cell, fs):
    fs.write_file("/d/a.txt", "hello")
    told = cell("%sandfs save exam").out
    fs.remove("/d", recursive=True)

    loaded = cell("%sandfs load exam").out

    assert re.fullmatch(r"exam \([\d.]+ \w+\)\n", told)
    assert re.fullmatch(r"exam of 20\S+: 1 file, 5 B\n", loaded)
    assert (fs.read_text("/d/a.txt"), fs.version("/d/a.txt")) == ("hello", 2)


def test_loading_replaces_what_is_there_only_on_request(cell, fs):
    fs.write_file("/a", "saved")
    cell("%sandfs save")
    fs.write_file("/a", "mine")
    fs.write_file("/b", "mine")

    refused = cell("%sandfs load")
    before = {name: fs.read_text(name) for name in fs.listdir("/")}
    cell("%sandfs load --overwrite")

    assert refused.err == "UsageError: the sandbox is not empty: --overwrite replaces all that is in it\n"
    assert (before, fs.listdir("/"), fs.read_text("/a")) == ({"a": "mine", "b": "mine"}, ["a"], "saved")


def test_any_store_can_be_named(cell, fs, tmp_path):
    url = (tmp_path / "elsewhere").as_uri()
    fs.write_file("/a", "saved")
    cell(f"%sandfs save --to {url} x")

    assert cell("%sandfs saved").out == ""
    assert [row.split()[-1] for row in cell(f"%sandfs saved --from {url}").out.splitlines()] == ["x"]
    cell(f"%sandfs load --overwrite --from {url} x")
    assert fs.read_text("/a") == "saved"


def test_what_was_saved_is_listed_and_deleted(cell):
    for name in ("one", "two"):
        cell(f"%sandfs save {name}")

    listed = cell("%sandfs saved").out.splitlines()
    left = cell("%sandfs saved --delete one").out.splitlines()

    assert [re.sub(r"\d\d", "00", row[:16]) for row in listed] == ["0000-00-00 00:00"] * 2
    assert ([row.split()[-1] for row in listed], [row.split()[-1] for row in left]) == (["one", "two"], ["two"])


def test_only_the_last_without_a_name_are_kept(cell):
    cell("%sandfs save named")
    for _ in range(3):
        cell("%sandfs save --keep 2")

    assert len(cell("%sandfs saved").out.splitlines()) == 3


def test_a_missing_provider_is_named(cell, fs):
    def weather(_):
        return "sun"

    fs.mount_file("/w", weather)
    cell("%sandfs save")

    assert "without their providers, mount them again: " in cell("%sandfs load --overwrite").out


@pytest.mark.parametrize(
    ("source", "told"),
    [
        (
            "%sandfs load",
            "UsageError: nothing was saved of sandbox 'default': %sandfs saved lists what was",
        ),
        (
            "%sandfs load nope",
            "UsageError: nothing named 'nope' was saved of sandbox 'default': %sandfs saved lists what was",
        ),
        ("%sandfs save ../x", "UsageError: invalid file key format: 'snapshots/default/../x': a segment . or .."),
        ("%sandfs save --keep many", "UsageError: invalid number: 'many'"),
        ("%sandfs save --to gopher://x", None),
        ("%sandfs saved --delete nope", None),
        (
            "%sandfs save a b",
            (
                "UsageError: usage: %sandfs save [--to URL] [--keep N] [--ttl DURATION] [NAME] "
                "(a name with blanks is put in quotes)"
            ),
        ),
    ],
)
def test_a_mistake_is_told_in_one_line(cell, source, told):
    error = cell(source).err

    assert (error.count("\n"), error.startswith("UsageError: ")) == (1, True)
    assert told is None or error == f"{told}\n"
