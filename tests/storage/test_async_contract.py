"""What every asynchronous storage promises: the same, with coroutines."""

from __future__ import annotations

import asyncio

from jupyter_sandfs.storage import FileEntry

PATHS = ["/", "/a", "/a/b", "/a/b/c", "/ab", "/d", "/ü"]


def run(make, use):
    """Use a new storage that holds PATHS, in one event loop."""

    async def main():
        storage = make()
        await storage.set_many([FileEntry(path=path, content=path.encode()) for path in reversed(PATHS)])
        found = await use(storage)
        await storage.flush()
        await storage.close()
        return found

    return asyncio.run(main())


def test_entries_are_kept_by_path_and_listed_in_order(make_async_storage):
    async def use(storage):
        listed = [each.path async for each in storage.items()]
        return await storage.paths(), listed, await storage.count(), await storage.get("/a"), await storage.get("/b")

    assert run(make_async_storage, use) == (PATHS, PATHS, 7, FileEntry(path="/a", content=b"/a"), None)


def test_what_is_there_is_said_to_be(make_async_storage):
    async def use(storage):
        return await storage.exists("/a"), await storage.exists("/none"), storage.where.startswith("kept in")

    assert run(make_async_storage, use) == (True, False, True)


def test_a_prefix_is_a_string_and_children_are_right_below(make_async_storage):
    async def use(storage):
        return await storage.paths_by_prefix("/a"), await storage.children("/a"), await storage.children("/")

    assert run(make_async_storage, use) == (
        ["/a", "/a/b", "/a/b/c", "/ab"],
        ["/a/b"],
        ["/a", "/ab", "/d", "/ü"],
    )


def test_setting_replaces_and_deleting_says_whether_there_was_something(make_async_storage):
    async def use(storage):
        await storage.set(FileEntry(path="/a", content=b"new"))
        return (await storage.get("/a")).content, await storage.delete("/a"), await storage.delete("/a")

    assert run(make_async_storage, use) == (b"new", True, False)


def test_apply_deletes_first_and_then_sets(make_async_storage):
    async def use(storage):
        await storage.apply([FileEntry(path="/a", content=b"again")], ["/a", "/d", "/none"])
        return (await storage.get("/a")).content, await storage.exists("/d"), await storage.count()

    assert run(make_async_storage, use) == (b"again", False, 6)


def test_clear_leaves_nothing(make_async_storage):
    async def use(storage):
        await storage.clear()
        return await storage.paths()

    assert run(make_async_storage, use) == []


def test_an_entry_comes_back_as_it_was(make_async_storage, rich):
    async def use(storage):
        await storage.clear()
        await storage.set_many(rich)
        return [each async for each in storage.items()]

    assert run(make_async_storage, use) == rich
