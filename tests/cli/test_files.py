from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from jupyter_sandfs.filestore import LocalFileStore

BODY = random.Random(5).randbytes(700_000)


# ---------------------------------------------------------------- upload


def test_an_upload_prints_the_key_and_keeps_the_name(run, store, home):
    (home / "data ä.csv").write_bytes(BODY)

    result = run("upload", "data ä.csv")

    key = result.stdout.strip()
    info = store.head(key)
    assert (result.exit_code, result.stderr, store.get(key)) == (0, "", BODY)
    assert (key[:8], info.content_type, info.metadata) == (
        "files/f_",
        "text/csv",
        {"original_filename": "data ä.csv"},
    )


def test_an_upload_takes_key_time_metadata_and_type(run, store, home):
    (home / "a.csv").write_bytes(b"1")

    run("upload", "a.csv", "--key", "x.bin", "--ttl", "7d", "-m", "a=1", "-m", "b=2=3", "--content-type", "a/b")

    info = store.head("files/x.bin")
    assert (info.content_type, info.metadata) == ("a/b", {"a": "1", "b": "2=3", "original_filename": "a.csv"})
    assert (info.expires_at - info.created_at).total_seconds() == 7 * 24 * 3600


def test_several_files_and_directories_go_below_a_prefix(run, store, home):
    (home / "tree/deep").mkdir(parents=True)
    for name in ("a", "b", "tree/c", "tree/deep/d"):
        (home / name).write_text(name)
    (home / "tree/link").symlink_to("/etc/passwd")

    several = run("upload", "a", "b", "--key", "runs/r/output/")
    whole = run("upload", "-r", "tree")

    assert several.stdout.split() == ["runs/r/output/a", "runs/r/output/b"]
    assert whole.stdout.split() == ["files/tree/c", "files/tree/deep/d"]
    assert store.get("files/tree/deep/d") == b"tree/deep/d"


def test_standard_input_and_output_are_files_too(run, store):
    sent = run("upload", "-", "--key", "piped", input=BODY)
    fetched = run("download", "piped", "-o", "-")

    assert (sent.exit_code, fetched.stdout_bytes) == (0, BODY)


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["none"], 1, "error: none: No such file or directory\n"),
        (["directory"], 1, "error: directory: a directory; use --recursive\n"),
        (["file", "--key", "../x"], 1, "error: invalid file key format: '../x': a segment . or ..\n"),
        (["file", "-m", "none"], 2, "is not NAME=VALUE"),
        (["file", "--ttl", "soon"], 2, "is no duration such as"),
        (["file", "file", "--key", "a"], 2, "--key is a prefix that ends in a slash"),
        (["-"], 2, "the standard input needs a --key"),
        ([], 2, "Missing argument"),
    ],
)
def test_what_cannot_be_uploaded_is_explained_and_nothing_is_stored(run, store, home, arguments, code, said):
    (home / "directory").mkdir()
    (home / "file").write_bytes(b"x")

    result = run("upload", *arguments)

    assert (result.exit_code, result.stdout, store.usage().file_count) == (code, "", 0)
    assert said in result.stderr


# ---------------------------------------------------------------- download


def test_a_download_gets_the_name_that_the_file_had(run, store, home):
    store.put("files/f_1", BODY, metadata={"original_filename": "../data.csv"})

    result = run("download", "f_1")

    assert (result.exit_code, result.stdout) == (0, "data.csv\n")
    assert (home / "data.csv").read_bytes() == BODY
    assert [each.name for each in home.iterdir()] == ["data.csv"]


def test_a_download_goes_where_it_is_told(run, store, home):
    store.put("files/a", BODY)
    (home / "there").mkdir()

    run("download", "a", "-o", "there")
    run("download", "a", "-o", "there/b")

    assert {each.name: each.read_bytes() for each in (home / "there").iterdir()} == {"a": BODY, "b": BODY}


def test_a_file_that_is_there_is_replaced_only_by_force(run, store, home):
    store.put("files/a", b"new")
    (home / "a").write_bytes(b"old")

    refused = run("download", "a")
    before = (home / "a").read_bytes()
    forced = run("download", "a", "--force")

    assert (refused.exit_code, refused.stderr) == (1, "error: a: there is a file already; use --force to replace it\n")
    assert (before, forced.exit_code, (home / "a").read_bytes()) == (b"old", 0, b"new")


class BreakingOff:
    """A reader whose source goes away."""

    def __init__(self, reader) -> None:
        self.info, self._reader = reader.info, reader

    def __iter__(self):
        yield self._reader.read(300_000)
        raise ConnectionResetError(104, "Connection reset by peer")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._reader.close()


@pytest.fixture
def interrupted(run, store, home, monkeypatch):
    """A download that broke off after 300,000 bytes."""
    store.put("files/a", BODY)
    original = LocalFileStore.open
    with monkeypatch.context() as patch:
        patch.setattr(LocalFileStore, "open", lambda *args, **kwargs: BreakingOff(original(*args, **kwargs)))
        result = run("download", "a")
    assert (result.exit_code, result.stderr) == (1, "error: [Errno 104] Connection reset by peer\n")
    (part,) = home.iterdir()
    return part


@pytest.fixture
def starts(monkeypatch) -> list[int]:
    """Where files are opened."""
    found: list[int] = []
    original = LocalFileStore.open

    def opening(self, key, *, start=0, **kwargs):
        found.append(start)
        return original(self, key, start=start, **kwargs)

    monkeypatch.setattr(LocalFileStore, "open", opening)
    return found


def test_a_download_that_broke_off_is_gone_on_with(run, home, interrupted, starts):
    result = run("download", "a", "--resume")

    assert (interrupted.name[:8], result.exit_code, starts) == (".sandfs-", 0, [300_000])
    assert {each.name: each.read_bytes() for each in home.iterdir()} == {"a": BODY}


def test_without_resume_a_download_starts_again(run, home, interrupted, starts):
    run("download", "a")

    assert (starts, (home / "a").read_bytes()) == ([0], BODY)


def test_only_the_same_content_is_gone_on_with(run, store, home, interrupted, starts):
    store.put("files/a", b"another")

    run("download", "a", "--resume")

    assert (starts, (home / "a").read_bytes()) == ([0], b"another")


def test_a_spoiled_beginning_is_found_out(run, home, interrupted):
    interrupted.write_bytes(b"x" * 300_000)

    result = run("download", "a", "--resume")

    assert (result.exit_code, "error: files/a: checksum is" in result.stderr) == (4, True)
    assert list(home.iterdir()) == []


# ---------------------------------------------------------------- the others


def test_a_listing_is_for_people_or_for_programs(run, store):
    infos = [store.put(key, b"12345") for key in ("files/a", "files/b", "sessions/s/x")]

    lines = run("list").stdout.splitlines()
    documents = json.loads(run("list", "--prefix", "files/", "--json").stdout)

    assert [line.split()[:2] + line.split()[-2:] for line in lines] == [["5", "B", "-", info.key] for info in infos]
    assert [(each["key"], each["size_bytes"]) for each in documents] == [("files/a", 5), ("files/b", 5)]
    assert json.loads(run("list", "--prefix", "none", "--json").stdout) == []


def test_a_listing_goes_over_pages_and_stops_at_its_limit(run, store, monkeypatch):
    monkeypatch.setattr("jupyter_sandfs.cli.files._PAGE", 2)
    for number in range(5):
        store.put(f"files/{number}", b"")

    assert len(run("list").stdout.splitlines()) == 5
    assert len(run("list", "--limit", "3").stdout.splitlines()) == 3


def test_info_tells_everything(run, store):
    info = store.put("files/a.csv", b"12345", metadata={"m": "x"})

    lines = dict(line.split(":", 1) for line in run("info", "a.csv").stdout.splitlines())
    document = json.loads(run("info", "a.csv", "--json").stdout)

    assert {name: lines[name].strip() for name in ("key", "size", "checksum", "expires", "metadata m")} == {
        "key": "files/a.csv",
        "size": "5 B (5 bytes)",
        "checksum": info.checksum,
        "expires": "-",
        "metadata m": "x",
    }
    assert (document["etag"], document["created_at"]) == (info.etag, info.created_at.isoformat())


def test_deleting_asks_first(run, store):
    for key in ("files/a", "files/b", "files/c"):
        store.put(key, b"")

    no = run("delete", "a", input="n\n")
    yes = run("delete", "a", input="y\n")
    force = run("delete", "b", "c", "absent", "--force")

    assert (no.exit_code, yes.exit_code, force.exit_code) == (1, 0, 0)
    assert "delete files/a?" in no.stderr
    assert store.usage().file_count == 0


def test_older_versions_are_listed_fetched_and_restored(run, store, home):
    infos = [store.put("files/a", body) for body in (b"one", b"second")]

    lines = run("versions", "a").stdout.splitlines()
    documents = json.loads(run("versions", "a", "--json").stdout)
    run("download", "a", "--version", "1", "-o", "old")
    shown = run("download", "a", "--version", "1", "-o", "-").stdout
    restored = run("restore", "a", "1")

    assert [line.split()[:3] for line in lines] == [["2", "6", "B"], ["1", "3", "B"]]
    assert [each["checksum"] for each in documents] == [info.checksum for info in reversed(infos)]
    assert ((home / "old").read_bytes(), shown) == (b"one", "one")
    assert (restored.exit_code, restored.stdout, store.get("files/a")) == (0, "3\n", b"one")


@pytest.mark.parametrize(
    "arguments",
    [("versions", "none"), ("restore", "none", "1"), ("restore", "a", "9"), ("download", "a", "--version", "9")],
)
def test_versions_that_are_not_there_are_not_found(run, store, arguments):
    store.put("files/a", b"1")

    result = run(*arguments)

    key = "a" if "a" in arguments else "none"
    assert (result.exit_code, result.stdout, result.stderr) == (3, "", f"error: file not found: files/{key}\n")


def test_usage_and_gc_count(run, store):
    store.put("files/a", b"12345")

    assert run("usage").stdout.splitlines() == [
        "files:          1",
        "size:           5 B of 10.0 GB",
        "being written:  0 B",
        "older versions: 0 B, given up when their room is needed",
    ]
    assert json.loads(run("usage", "--json").stdout)["total_bytes"] == 5
    assert json.loads(run("gc", "--json").stdout) == {
        "expired": 0,
        "unfinished": 0,
        "reservations": 0,
        "orphans": 0,
        "missing": 0,
    }
    assert run("gc").stdout.splitlines()[0] == "expired:        0"


def test_a_link_of_a_local_store_is_for_a_server(run, store):
    result = run("sign", "a", "--put", "--expires", "1d", "--max-size", "10K")

    prefix, _, token = result.stdout.strip().rpartition("/")
    assert (prefix, store.verify("PUT", token)) == ("/sandfs/v1/signed", ("files/a", 10_240))
    assert "begins with the address of a Jupyter server" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["info", "none"], 3),
        (["download", "none"], 3),
        (["delete", "none"], 3),
        (["sign", "a", "--expires", "8d"], 1),
        (["list", "--limit", "0"], 2),
        (["nothing"], 2),
    ],
)
def test_exit_codes_tell_what_was_wrong(run, arguments, code):
    result = run(*arguments, input="y\n")

    assert (result.exit_code, result.stdout) == (code, "")


def test_too_large_a_file_has_its_exit_code(run, home, store):
    config = Path(home.parent, "JUPYTER_CONFIG_DIR")
    config.mkdir()
    (config / "jupyter_server_config.py").write_text("c.FileStoreLimits.max_file_size = 3\n")
    (home / "a").write_bytes(b"1234")

    result = run("upload", "a")

    assert (result.exit_code, result.stderr) == (5, "error: file exceeds maximum size of 3 bytes\n")
