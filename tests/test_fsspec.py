"""sandfs:// for fsspec and pandas. fsspec's own suites say what a file system has to do."""

from __future__ import annotations

import posixpath
from dataclasses import replace

import fsspec
import pandas as pd
import pytest
from fsspec.implementations.local import LocalFileSystem
from fsspec.tests import abstract

from jupyter_sandfs.errors import AlreadyExists, FileTooLarge, InvalidRequest, NotEmpty, NotFound, SandboxNotFound
from jupyter_sandfs.fsspec import SandfsFileSystem
from jupyter_sandfs.sandbox import Sandbox
from jupyter_sandfs.vfs.limits import Limits
from jupyter_sandfs.vfs.policy import NodePolicy
from jupyter_sandfs.vfs.views.view import VisibilityView


@pytest.fixture(autouse=True)
def sandbox(monkeypatch, tmp_path):
    monkeypatch.setattr(Sandbox, "defaults", replace(Sandbox.defaults, store_url=(tmp_path / "store").as_uri()))
    made = Sandbox()
    yield made
    for name in Sandbox.names():
        Sandbox.get(name).close()


@pytest.fixture
def system():
    return fsspec.filesystem("sandfs")


# ---------------------------------------------------------------- fsspec's own suites


class _Fixtures(abstract.AbstractFixtures):
    """What fsspec's suites ask for: the file system, a place in it, and a local one to copy from and to."""

    @pytest.fixture
    def fs(self):
        return SandfsFileSystem()

    @pytest.fixture
    def fs_path(self):
        return "default/work"

    @pytest.fixture
    def fs_join(self):
        return posixpath.join

    @pytest.fixture
    def supports_empty_directories(self):
        return True

    @pytest.fixture
    def local_fs(self):
        return LocalFileSystem(auto_mkdir=True)


class TestCopy(abstract.AbstractCopyTests, _Fixtures):
    pass


class TestGet(abstract.AbstractGetTests, _Fixtures):
    pass


class TestOpen(abstract.AbstractOpenTests, _Fixtures):
    pass


class TestPipe(abstract.AbstractPipeTests, _Fixtures):
    pass


class TestPut(abstract.AbstractPutTests, _Fixtures):
    pass


class _Within(_Fixtures):
    """The same in one sandbox, through a view of it."""

    @pytest.fixture
    def fs(self, sandbox):
        return SandfsFileSystem(sandbox.fs.view(VisibilityView({"public"})))

    @pytest.fixture
    def fs_path(self):
        return "/work"


class TestCopyWithin(abstract.AbstractCopyTests, _Within):
    pass


class TestOpenWithin(abstract.AbstractOpenTests, _Within):
    pass


class TestPipeWithin(abstract.AbstractPipeTests, _Within):
    pass


# fsspec's tests of mv ask the local file system alone; these are the same two of ours.


@pytest.mark.parametrize("recursive", [True, False])
def test_moving_to_where_nothing_may_be_written_moves_nothing(sandbox, system, recursive):
    sandbox.fs.write_file("/source", "content")
    sandbox.fs.mkdir("/protected")
    sandbox.fs.set_policy("/protected", NodePolicy(writable=False))

    with pytest.raises(PermissionError):
        system.mv("default/source", "default/protected/target", recursive=recursive)

    assert (sandbox.fs.exists("/source"), sandbox.fs.listdir("/protected")) == (True, [])


def test_moving_what_is_not_there_says_so(system):
    with pytest.raises(FileNotFoundError):
        system.mv("default/none", "default/target")


# ---------------------------------------------------------------- one sandbox, or a view of it


def test_a_file_system_of_one_sandbox_has_its_paths(sandbox):
    sandbox.fs.write_file("/d/f", "x")

    for given in (sandbox, "default", sandbox.fs):
        system = SandfsFileSystem(given)
        assert (system.ls("/", detail=False), system.ls("d", detail=False)) == (["/d"], ["d/f"])
        assert (system.info("/")["type"], system.cat("/d/f"), system.find("")) == ("directory", b"x", ["/d/f"])


def test_a_file_system_of_a_view_shows_what_the_view_shows(sandbox):
    sandbox.fs.write_file("/seen", "x")
    sandbox.fs.write_file("/hidden", "secret")
    sandbox.fs.set_policy("/hidden", NodePolicy(visibility="private"))
    system = SandfsFileSystem(sandbox.fs.view(VisibilityView({"public"})))

    assert system.find("/") == ["/seen"]
    assert not system.exists("/hidden")
    with pytest.raises(FileNotFoundError):
        system.cat("/hidden")
    with pytest.raises(PermissionError):
        system.pipe("/hidden", b"x")
    assert sandbox.fs.read_text("/hidden") == "secret"


# ---------------------------------------------------------------- by URL


def test_the_protocol_is_registered(system):
    assert type(system) is SandfsFileSystem


def test_a_url_names_a_sandbox_and_a_path(sandbox):
    with fsspec.open("sandfs://default/a/b.txt", "w") as file:
        file.write("naïve")

    assert sandbox.fs.read_bytes("/a/b.txt") == "naïve".encode()
    with fsspec.open("sandfs://default/a/b.txt", "r") as file:
        assert file.read() == "naïve"


def test_each_sandbox_has_its_own_files(sandbox, system):
    other = Sandbox("other")
    system.pipe("sandfs://other/a", b"there")

    assert other.fs.read_bytes("/a") == b"there"
    assert not sandbox.fs.exists("/a")
    assert system.ls("sandfs://", detail=False) == ["default", "other"]


def test_a_missing_sandbox_says_which_there_are(system):
    with pytest.raises(SandboxNotFound, match=r"^sandbox not found: nope \(there are: default\)$"):
        system.cat("sandfs://nope/a")


def test_a_url_without_a_sandbox_says_how_to_name_one(system):
    with pytest.raises(InvalidRequest, match=r"^name a sandbox: sandfs://default/path$"):
        system.cat_file("sandfs://")


def test_a_missing_path_is_a_file_not_found_error(system):
    with pytest.raises(FileNotFoundError) as caught:
        system.open("sandfs://default/nope")

    assert (type(caught.value), str(caught.value)) == (NotFound, "/nope: No such file or directory")
    assert not system.exists("sandfs://default/nope")


def test_paths_do_not_leave_their_sandbox(system):
    Sandbox("other").fs.write_file("/secret", "x")

    with pytest.raises(FileNotFoundError):
        system.cat("sandfs://default/../other/secret")


def test_pandas_reads_and_writes_csv_and_json_lines(sandbox):
    frame = pd.DataFrame({"city": ["Aachen", "Łódź"], "rain": [0.5, 1.25]})
    frame.to_csv("sandfs://default/rain.csv", index=False)
    frame.to_json("sandfs://default/rain.jsonl", orient="records", lines=True)

    assert sandbox.fs.read_file("/rain.csv") == "city,rain\nAachen,0.5\nŁódź,1.25\n"
    pd.testing.assert_frame_equal(pd.read_csv("sandfs://default/rain.csv"), frame)
    pd.testing.assert_frame_equal(pd.read_json("sandfs://default/rain.jsonl", lines=True), frame)


def test_pandas_reads_and_writes_compressed(sandbox):
    frame = pd.DataFrame({"a": [1, 2]})
    frame.to_csv("sandfs://default/a.csv.gz", index=False)

    assert sandbox.fs.read_bytes("/a.csv.gz")[:2] == b"\x1f\x8b"
    pd.testing.assert_frame_equal(pd.read_csv("sandfs://default/a.csv.gz"), frame)


# ---------------------------------------------------------------- looking around


@pytest.fixture
def tree(sandbox):
    for path, text in {"/a.txt": "a", "/d/b.txt": "bb", "/d/e/c.csv": "ccc"}.items():
        sandbox.fs.write_file(path, text)


def test_listing_walking_and_measuring(tree, system):
    assert system.glob("sandfs://default/**/*.txt") == ["default/a.txt", "default/d/b.txt"]
    assert system.find("default") == ["default/a.txt", "default/d/b.txt", "default/d/e/c.csv"]
    assert list(system.walk("default")) == [
        ("default", ["d"], ["a.txt"]),
        ("default/d", ["e"], ["b.txt"]),
        ("default/d/e", [], ["c.csv"]),
    ]
    assert system.du("default/d") == 5
    assert system.ls("default/d", detail=False) == ["default/d/b.txt", "default/d/e"]
    assert system.ls("default/a.txt", detail=False) == ["default/a.txt"]


def test_info_says_what_the_sandbox_knows(tree, system, sandbox):
    stat = sandbox.fs.stat("/d/b.txt")

    assert system.info("sandfs://default/d/b.txt") == {
        "name": "default/d/b.txt",
        "size": 2,
        "type": "file",
        "mode": stat.mode,
        "created": stat.created_ns / 1e9,
        "mtime": stat.modified_ns / 1e9,
        "version": 1,
        "etag": stat.etag,
        "islink": False,
    }
    assert system.modified("default/d/b.txt") == stat.modified_at
    assert system.created("default/d/b.txt") == stat.created_at
    assert system.info("sandfs://default")["type"] == "directory"


def test_a_change_changes_the_unique_key(tree, system):
    before = system.ukey("default/a.txt"), system.checksum("default/a.txt")
    system.pipe("default/a.txt", b"new")

    after = system.ukey("default/a.txt"), system.checksum("default/a.txt")
    assert before[0] != after[0]
    assert before[1] != after[1]


def test_a_link_is_described_as_what_it_leads_to(tree, system, sandbox):
    sandbox.fs.symlink("/d/b.txt", "/link")
    sandbox.fs.symlink("/nowhere", "/broken")

    rows = {row["name"]: (row["type"], row["size"], row.get("destination")) for row in system.ls("default")}
    assert rows["default/link"] == ("file", 2, "/d/b.txt")
    assert rows["default/broken"][2] == "/nowhere"
    assert system.cat("default/link") == b"bb"


def test_parts_of_a_file_can_be_read(tree, system):
    assert system.cat_file("default/d/e/c.csv", 1, 2) == b"c"
    assert system.tail("default/d/b.txt", 1) == b"b"
    assert system.head("default/d/b.txt", 1) == b"b"


# ---------------------------------------------------------------- changing


class _Interruption(Exception):
    pass


def _with_open(url):
    return fsspec.open(url, "w")


def _with_open_binary(url):
    return fsspec.open(url, "wb")


def _with_compression(url):
    return fsspec.open(url, "wb", compression="gzip")


def _with_method(url):
    return fsspec.filesystem("sandfs").open(url, "w")


def _with_method_binary(url):
    return fsspec.filesystem("sandfs").open(url, "wb")


@pytest.mark.parametrize(
    "opened", [_with_open, _with_open_binary, _with_compression, _with_method, _with_method_binary]
)
def test_an_exception_in_a_with_block_writes_nothing(sandbox, opened):
    sandbox.fs.write_file("/a", "old")

    def write():
        with opened("sandfs://default/a") as file:
            file.write("half" if "binary" not in opened.__name__ and "compr" not in opened.__name__ else b"half")
            raise _Interruption

    with pytest.raises(_Interruption):
        write()
    assert (sandbox.fs.read_file("/a"), sandbox.fs.version("/a")) == ("old", 1)


def test_an_exception_in_pandas_writes_nothing(sandbox):
    class Unwritable:
        def __str__(self):
            raise _Interruption

    with pytest.raises(_Interruption):
        pd.DataFrame({"a": [1, Unwritable()]}).to_csv("sandfs://default/a.csv")
    assert not sandbox.fs.exists("/a.csv")


def interrupt():
    raise _Interruption


def test_what_is_written_while_an_exception_is_handled_stays(sandbox):
    file = fsspec.open("sandfs://default/error.log", "w").open()
    try:
        interrupt()
    except _Interruption:
        file.write("it failed")
        file.close()
        with fsspec.open("sandfs://default/other.log", "w") as other:
            other.write("it failed")

    assert sandbox.fs.read_file("/error.log") == "it failed"
    assert sandbox.fs.read_file("/other.log") == "it failed"


def test_a_transaction_writes_all_or_nothing(sandbox, system):
    seen = []

    def write(name, then):
        with system.transaction:
            with system.open(f"default/{name}", "wb") as file:
                file.write(b"x")
            seen.append(sandbox.fs.exists(f"/{name}"))
            then()

    write("a", lambda: None)
    with pytest.raises(_Interruption):
        write("b", interrupt)

    assert seen == [False, False]
    assert sandbox.fs.listdir("/") == ["a"]


def test_modes_do_what_they_do_elsewhere(sandbox, system):
    with system.open("default/a", "xb") as file:
        file.write(b"one")
    with system.open("default/a", "ab") as file:
        file.write(b"two")

    with pytest.raises(FileExistsError):
        system.open("default/a", "xb")
    assert system.cat("default/a") == b"onetwo"
    with pytest.raises(FileExistsError):
        system.pipe_file("default/a", b"x", mode="create")


def test_directories_are_made_and_removed(sandbox, system):
    system.makedirs("default/a/b")

    with pytest.raises(AlreadyExists):
        system.makedirs("default/a/b")
    with pytest.raises(AlreadyExists):
        system.mkdir("default/a")
    with pytest.raises(NotFound):
        system.mkdir("default/x/y", create_parents=False)
    with pytest.raises(NotEmpty):
        system.rmdir("default/a")
    system.rmdir("default/a/b")
    assert sandbox.fs.ls("/a") == []


def test_removing_a_file_as_a_directory_is_refused(tree, system, sandbox):
    with pytest.raises(NotADirectoryError):
        system.rmdir("default/a.txt")
    assert sandbox.fs.exists("/a.txt")


def test_whole_trees_are_removed_only_on_request(tree, system, sandbox):
    with pytest.raises(NotEmpty):
        system.rm("default/d")
    system.rm("default/d", recursive=True)

    assert sandbox.fs.listdir("/") == ["a.txt"]


def test_moving_takes_one_step(tree, system, sandbox):
    before = len(sandbox.fs.log())
    system.mv("default/d", "default/moved", recursive=True)
    system.mv("default/a.txt", "default/moved")

    assert sandbox.fs.glob("/**/*.*") == ["/moved/a.txt", "/moved/b.txt", "/moved/e/c.csv"]
    assert {record.operation for record in sandbox.fs.log()[before:]} == {"move"}
    with pytest.raises(NotFound):
        system.mv("default/nope", "default/x")


def test_copying_between_sandboxes_says_what_to_do_instead(tree, system):
    other = Sandbox("other")

    with pytest.raises(InvalidRequest, match=r"^copy and move stay in one sandbox: read from one and write to the"):
        system.cp_file("default/a.txt", "other/a.txt")
    assert not other.fs.exists("/a.txt")


def test_touching_truncates_only_on_request(tree, system, sandbox):
    system.touch("default/a.txt", truncate=False)
    assert sandbox.fs.read_file("/a.txt") == "a"

    system.touch("default/a.txt")
    assert sandbox.fs.read_file("/a.txt") == ""


def test_a_file_over_the_limit_leaves_nothing(system):
    small = Sandbox("small", limits=Limits(file_bytes=10))

    def write():
        with fsspec.open("sandfs://small/a", "wb") as file:
            file.write(b"12345678")
            file.write(b"12345678")

    with pytest.raises(FileTooLarge):
        write()
    assert small.fs.listdir("/") == []
