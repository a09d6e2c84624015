from __future__ import annotations

from jupyter_sandfs.vfs.filesystem import VirtualFileSystem

TEXT = {"type": "file", "format": "text", "content": "x"}


def session(kernel: str, path: str) -> dict:
    return {"id": f"s-{kernel}", "path": path, "name": path.rpartition("/")[2], "kernel": {"id": kernel}}


async def test_each_sandbox_has_a_folder_of_its_own(contents, kernels, sessions):
    one, two, three = (VirtualFileSystem() for _ in range(3))
    kernels.add("k1", default=one, work=two)
    kernels.add("k2", default=three)
    kernels.add("k3")
    sessions.append(session("k1", "analysis.ipynb"))

    told = await contents("GET")
    for path in ("analysis/a", "analysis (work)/b", "k2/c"):
        await contents("PUT", path, TEXT)

    assert told.names == ["analysis", "analysis (work)", "k2"]
    assert (one.listdir("/"), two.listdir("/"), three.listdir("/")) == (["a"], ["b"], ["c"])


async def test_a_folder_also_goes_by_its_kernel(contents, kernels, sessions):
    default, work = VirtualFileSystem(), VirtualFileSystem()
    kernels.add("k1", default=default, work=work)
    sessions.append(session("k1", "analysis.ipynb"))

    for path in ("k1/a", "k1 (work)/b"):
        await contents("PUT", path, TEXT)

    assert (default.listdir("/"), work.listdir("/")) == (["a"], ["b"])


async def test_a_folder_is_found_before_it_was_listed(contents, notebook):
    notebook.write_file("/a", "x")

    assert (await contents("GET", "analysis/a")).json["content"] == "x"


async def test_the_name_of_a_notebook_that_is_gone_is_not_given_to_another(contents, kernels, sessions):
    """What an editor has still open must not be saved into another notebook's files."""
    first, second = VirtualFileSystem(), VirtualFileSystem()
    kernels.add("k1", default=first)
    sessions.append(session("k1", "x/a.ipynb"))
    await contents("GET")
    del kernels.managers["k1"]
    sessions[:] = [session("k2", "y/a.ipynb")]
    kernels.add("k2", default=second)

    listed = await contents("GET")
    saved = await contents("PUT", "a/file", TEXT)

    assert (listed.names, saved.status) == (["a 2"], 404)
    assert second.listdir("/") == []


async def test_a_notebook_opened_again_has_the_folder_it_had(contents, kernels, sessions):
    kernels.add("k1", default=VirtualFileSystem())
    sessions.append(session("k1", "a.ipynb"))
    await contents("GET")
    del kernels.managers["k1"]
    again = VirtualFileSystem()
    kernels.add("k2", default=again)
    sessions[:] = [session("k2", "a.ipynb")]

    await contents("PUT", "a/file", TEXT)

    assert again.listdir("/") == ["file"]


async def test_without_any_sandbox_the_top_is_empty(contents, kernels, sessions):
    kernels.add("k1")

    told = await contents("GET")

    assert (told.status, told.json["content"], sessions) == (200, [], [])
