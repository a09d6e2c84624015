"""Every call that the seeds' documents show, under the name that it has here; docs/filesystem.md maps the names."""

from __future__ import annotations

import asyncio
import dataclasses
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from jupyter_sandfs import FileEntry, SandboxShell, VirtualFileSystem, paths
from jupyter_sandfs.storage import AsyncFileStorage, MemoryFileStorage, SerializableFileStorage

PAGE = (Path(__file__).parents[1] / "docs" / "filesystem.md").read_text()


@pytest.fixture
def fs():
    system = VirtualFileSystem()
    system.write_file("/src/main.cs", "one\ntwo\n")
    system.write_file("/data/config.json", b"{}")
    return system


def streamed(fs, path, mode, data=None):
    with fs.open(path, mode) as stream:
        return stream.write(data) if data is not None else stream.read()


def after(fs, call, *paths_read):
    """What files hold after a call."""
    call()
    return [fs.read_file(path) if fs.exists(path) else None for path in paths_read]


FILE_SYSTEM = {
    "Exists": (lambda fs: [fs.exists("/src"), fs.exists("/none")], [True, False]),
    "IsFile": (lambda fs: [fs.is_file("/src/main.cs"), fs.is_file("/src")], [True, False]),
    "IsDirectory": (lambda fs: [fs.is_dir("/src"), fs.is_dir("/src/main.cs")], [True, False]),
    "GetEntry": (lambda fs: [fs.get_entry("/src/main.cs").name, fs.get_entry("/none")], ["main.cs", None]),
    "CreateDirectory": (
        lambda fs: [fs.mkdir("/docs/deep"), fs.mkdir("/docs"), fs.is_dir("/docs/deep")],
        [None, None, True],
    ),
    "ListDirectory": (lambda fs: fs.listdir("/src"), ["main.cs"]),
    "ListEntries": (lambda fs: [(entry.path, entry.is_dir) for entry in fs.ls("/")], [("/data", True), ("/src", True)]),
    "ReadFile (bytes)": (lambda fs: fs.read_bytes("/data/config.json"), b"{}"),
    "ReadFile (text)": (lambda fs: fs.read_file("/src/main.cs", "utf-8"), "one\ntwo\n"),
    "ReadFileLines": (lambda fs: fs.read_lines("/src/main.cs"), ["one", "two"]),
    "OpenRead": (lambda fs: streamed(fs, "/data/config.json", "rb"), b"{}"),
    "WriteFile (bytes)": (lambda fs: after(fs, lambda: fs.write_file("/new", b"x"), "/new"), ["x"]),
    "WriteFile (text)": (lambda fs: after(fs, lambda: fs.write_file("/new", "ä", encoding="utf-8"), "/new"), ["ä"]),
    "WriteFile (lines)": (lambda fs: after(fs, lambda: fs.write_file("/new", ["a", "b"]), "/new"), ["a\nb\n"]),
    "AppendToFile (bytes)": (
        lambda fs: after(fs, lambda: fs.append_file("/data/config.json", b"!"), "/data/config.json"),
        ["{}!"],
    ),
    "AppendToFile (text)": (lambda fs: after(fs, lambda: fs.append_file("/new", "x"), "/new"), ["x"]),
    "OpenWrite": (
        lambda fs: after(fs, lambda: streamed(fs, "/data/config.json", "wb", b"[]"), "/data/config.json"),
        ["[]"],
    ),
    "OpenWrite (append)": (
        lambda fs: after(fs, lambda: streamed(fs, "/data/config.json", "ab", b"[]"), "/data/config.json"),
        ["{}[]"],
    ),
    "DeleteFile": (lambda fs: after(fs, lambda: fs.remove("/src/main.cs"), "/src/main.cs"), [None]),
    "DeleteDirectory": (lambda fs: after(fs, lambda: fs.remove("/src", recursive=True), "/src/main.cs"), [None]),
    "Delete": (
        lambda fs: [fs.remove("/src", recursive=True), fs.remove("/data", recursive=True), fs.listdir()],
        [None, None, []],
    ),
    "Copy": (lambda fs: after(fs, lambda: fs.copy("/src", "/to"), "/to/main.cs", "/src/main.cs"), ["one\ntwo\n"] * 2),
    "Copy (overwrite)": (
        lambda fs: after(fs, lambda: fs.copy("/data/config.json", "/src/main.cs", overwrite=True), "/src/main.cs"),
        ["{}"],
    ),
    "Move": (lambda fs: after(fs, lambda: fs.move("/src", "/to"), "/to/main.cs", "/src/main.cs"), ["one\ntwo\n", None]),
    "Move (overwrite)": (
        lambda fs: after(fs, lambda: fs.move("/data/config.json", "/src/main.cs", overwrite=True), "/src/main.cs"),
        ["{}"],
    ),
    "TotalSize": (lambda fs: fs.stats().total_size, 10),
    "FileCount": (lambda fs: fs.stats().file_count, 2),
    "DirectoryCount": (lambda fs: fs.stats().directory_count, 3),  # the root is one
    "NodeCount": (lambda fs: fs.stats().node_count, 5),
}


@pytest.mark.parametrize("name", FILE_SYSTEM)
def test_each_call_of_the_file_system_does_what_the_seed_says(fs, name):
    call, expected = FILE_SYSTEM[name]

    assert call(fs) == expected


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (lambda fs: fs.read_bytes("/none"), FileNotFoundError),
        (lambda fs: fs.listdir("/none"), FileNotFoundError),
        (lambda fs: fs.listdir("/src/main.cs"), NotADirectoryError),
        (lambda fs: fs.read_bytes("/src"), IsADirectoryError),
        (lambda fs: fs.remove("/src"), OSError),
        (lambda fs: fs.copy("/src/main.cs", "/data/config.json"), FileExistsError),
        (lambda fs: fs.move("/src/main.cs", "/data/config.json"), FileExistsError),
    ],
)
def test_what_the_seed_refuses_is_refused(fs, call, error):
    with pytest.raises(error):
        call(fs)


def test_create_snapshot_and_restore_snapshot(fs):
    snapshot = fs.create_snapshot()
    fs.remove("/src", recursive=True)

    fs.restore_snapshot(snapshot)

    assert fs.read_file("/src/main.cs") == "one\ntwo\n"


PATHS = {
    "Normalize": (paths.normalize("\\a\\.\\b\\..\\c/"), "/a/c"),
    "GetParent": (paths.parent("/a/b"), "/a"),
    "GetName": (paths.name("/a/b.txt"), "b.txt"),
    "GetExtension": (paths.suffix("/a/b.txt"), ".txt"),
    "GetNameWithoutExtension": (paths.stem("/a/b.txt"), "b"),
    "Combine": (paths.join("/a", "b", "../c"), "/a/c"),
    "IsRoot": ([paths.is_root("/"), paths.is_root("/a")], [True, False]),
    "IsChildOf": ([paths.is_child_of("/a/b", "/a"), paths.is_child_of("/ab", "/a")], [True, False]),
}


@pytest.mark.parametrize("name", PATHS)
def test_each_function_of_paths_does_what_the_seed_says(name):
    found, expected = PATHS[name]

    assert found == expected


def entry(path, content=b""):
    return FileEntry(path=path, content=content)


def changed(storage, call):
    """What a storage holds after a call."""
    call(storage)
    return sorted(each.path for each in storage.items())


STORAGE = {
    "Get": (lambda storage: [storage.get("/d/f").content, storage.get("/none")], [b"x", None]),
    "Set": (lambda storage: changed(storage, lambda it: it.set(entry("/new"))), ["/d/f", "/d/g", "/e", "/new"]),
    "Delete": (lambda storage: [storage.delete("/e"), storage.delete("/e")], [True, False]),
    "Exists": (lambda storage: [storage.exists("/e"), storage.exists("/none")], [True, False]),
    "GetAllPaths": (lambda storage: sorted(storage.paths()), ["/d/f", "/d/g", "/e"]),
    "GetPathsByPrefix": (lambda storage: sorted(storage.paths_by_prefix("/d")), ["/d/f", "/d/g"]),
    "GetChildren": (lambda storage: sorted(storage.children("/d")), ["/d/f", "/d/g"]),
    "Clear": (lambda storage: changed(storage, lambda it: it.clear()), []),
    "Count": (lambda storage: storage.count(), 3),
    "GetAll": (lambda storage: sorted(each.content for each in storage.items()), [b"", b"", b"x"]),
    "SetMany": (lambda storage: changed(storage, lambda it: it.set_many([entry("/1")])), ["/1", "/d/f", "/d/g", "/e"]),
}


@pytest.fixture
def storage():
    held = MemoryFileStorage()
    held.set_many([entry("/d/f", b"x"), entry("/d/g"), entry("/e")])
    return held


@pytest.mark.parametrize("name", STORAGE)
def test_each_call_of_a_storage_does_what_the_seed_says(storage, name):
    call, expected = STORAGE[name]

    assert call(storage) == expected


def test_serialize_and_deserialize(storage):
    other = MemoryFileStorage()

    other.deserialize(storage.serialize())

    assert isinstance(storage, SerializableFileStorage)
    assert sorted(other.items(), key=lambda each: each.path) == sorted(storage.items(), key=lambda each: each.path)


def test_an_async_storage_has_the_same_names_and_a_file_system_takes_it():
    held: dict[str, FileEntry] = {}

    class Remote(AsyncFileStorage):
        async def get(self, path):
            return held.get(path)

        async def set(self, entry):
            held[entry.path] = entry

        async def delete(self, path):
            return held.pop(path, None) is not None

        async def paths(self):
            return sorted(held)

    async def play():
        remote = Remote()
        await remote.set_many([entry("/d/f", b"x"), entry("/d/g"), entry("/e")])
        asked = [
            (await remote.get("/d/f")).content,
            await remote.exists("/none"),
            await remote.paths_by_prefix("/d"),
            await remote.children("/d"),
            [each.path async for each in remote.items()],
            await remote.count(),
            await remote.delete("/e"),
        ]
        await remote.clear()
        return asked

    assert asyncio.run(play()) == [
        b"x",
        False,
        ["/d/f", "/d/g"],
        ["/d/f", "/d/g"],
        ["/d/f", "/d/g", "/e"],
        3,
        True,
    ]
    assert held == {}


def test_a_file_system_over_a_storage_keeps_its_entries_there():
    storage = MemoryFileStorage()
    fs = VirtualFileSystem(storage)

    fs.write_file("/src/main.cs", "x")

    kept = storage.get("/src/main.cs")
    assert (kept.content, storage.get("/src").is_directory) == (b"x", True)


def test_an_entry_has_the_fields_of_the_seed():
    when = datetime(2026, 1, 2, tzinfo=UTC)
    made = FileEntry(path="/a/b.txt", content=b"xyz", created_at=when, modified_at=when, mode=0o600)

    assert (made.name, made.path, made.is_directory, made.content, made.size) == ("b.txt", "/a/b.txt", False, b"xyz", 3)
    assert (made.created_at, made.modified_at, made.mode) == (when, when, 0o600)
    with pytest.raises(dataclasses.FrozenInstanceError):
        made.mode = 0


@pytest.mark.parametrize("name", sorted({name.partition(" ")[0] for name in [*FILE_SYSTEM, *PATHS, *STORAGE]}))
def test_each_name_of_the_seed_is_mapped_in_the_documentation(name):
    assert re.search(rf"`(\w+\.)?{name}`", PAGE)


def test_host_runs_a_command_of_the_machine_on_a_copy(part):
    part("bwrap")
    vfs = VirtualFileSystem()
    vfs.write_file("/workspace/app.py", "print('hello')\n# TODO more\n")

    ran = SandboxShell(vfs).exec("host -p /workspace grep -n TODO app.py")

    assert (ran.stdout, ran.exit_code) == ("2:# TODO more\n", 0)
