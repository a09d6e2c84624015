from __future__ import annotations

import pytest

from jupyter_sandfs.vfs.filesystem import VirtualFileSystem
from jupyter_sandfs.vfs.limits import Limits

MIB = 1 << 20


@pytest.fixture
def other(kernels, sessions, notebook):
    """The sandbox of a second notebook, which holds at most 4 MiB."""
    system = VirtualFileSystem(limits=Limits(total_bytes=4 * MIB))
    kernels.add("k2", default=system)
    sessions.append({"id": "s2", "path": "other.ipynb", "name": "other.ipynb", "kernel": {"id": "k2"}})
    return system


def files(fs) -> dict[str, str]:
    return {path: fs.read_text(path) for path in fs.glob("/**/*") if fs.is_file(path)}


async def test_a_file_is_copied_and_moved(contents, notebook, other):
    content = "ab" * (MIB // 2 + 1)
    notebook.write_file("/a", content)

    copied = await contents("POST", "other", {"copy_from": "analysis/a"})
    moved = await contents("PATCH", "analysis/a", {"path": "other/b"})

    assert [each.status for each in (copied, moved)] == [201, 200]
    assert (files(notebook), files(other)) == ({}, {"/a": content, "/b": content})


async def test_a_folder_is_copied_and_moved_with_all_that_is_in_it(contents, notebook, other):
    content = "ab" * (MIB // 2 + 1)
    notebook.write_file("/d/deep/a", content)
    notebook.symlink("deep/a", "/d/link")
    notebook.mount_file("/d/computed", lambda _context: "now")
    notebook.mkdir("/d/empty")

    copied = await contents("POST", "other", {"copy_from": "analysis/d"})
    moved = await contents("PATCH", "analysis/d", {"path": "other/e"})

    inside = {"deep/a": content, "link": content, "computed": "now"}
    assert [each.status for each in (copied, moved)] == [201, 200]
    assert files(other) == {f"/{top}/{name}": text for top in ("d", "e") for name, text in inside.items()}
    assert (other.is_dir("/e/empty"), notebook.listdir("/")) == (True, [])


@pytest.mark.parametrize(
    ("source", "to", "status"),
    [("a", "taken", 409), ("d", "taken", 409), ("d", "full", 409), ("d", "none/d", 404), ("big", "big", 413)],
)
async def test_what_can_not_be_moved_stays_and_nothing_comes(contents, notebook, other, source, to, status):
    notebook.write_file("/a", "x")
    notebook.write_file("/d/a", "x")
    notebook.write_file("/big/a", bytes(3 * MIB))
    notebook.write_file("/big/b", bytes(2 * MIB))
    other.write_file("/taken", "taken")
    other.mkdir("/full")

    told = await contents("PATCH", f"analysis/{source}", {"path": f"other/{to}"})

    assert (told.status, told.json["message"] != "") == (status, True)
    assert sorted(notebook.listdir("/")) == ["a", "big", "d"]
    assert (files(other), sorted(other.listdir("/"))) == ({"/taken": "taken"}, ["full", "taken"])


async def test_a_link_that_leads_out_of_a_folder_is_refused(contents, notebook, other):
    notebook.write_file("/secret", "x")
    notebook.symlink("../secret", "/d/link")

    told = await contents("POST", "other", {"copy_from": "analysis/d"})

    assert (told.status, other.listdir("/")) == (400, [])


async def test_a_folder_that_changes_while_it_is_moved_is_not_removed(contents, notebook, other):
    def provide(_context) -> str:
        notebook.write_file("/d/late", "x")
        return "now"

    notebook.mount_file("/d/computed", provide)

    told = await contents("PATCH", "analysis/d", {"path": "other/d"})

    assert (told.status, sorted(notebook.listdir("/d")), files(other)) == (
        409,
        ["computed", "late"],
        {"/d/computed": "now"},
    )
