"""`stage`, `publish`, `files` and `help`: the staging store from inside the shell, by key only."""

from __future__ import annotations

import pytest

from jupyter_sandfs.errors import InvalidRequest
from jupyter_sandfs.filestore import LocalFileStore, StoreLimits
from jupyter_sandfs.shell.commands.store import seconds
from jupyter_sandfs.shell.shell import SandboxShell
from jupyter_sandfs.vfs.policy import NodePolicy
from jupyter_sandfs.vfs.views.view import VisibilityView

KEY = "files/weather.csv"


@pytest.fixture
def store(tmp_path):
    with LocalFileStore(tmp_path / "store", limits=StoreLimits(max_file_size=100)) as opened:
        opened.put(KEY, b"a,b\n", metadata={"original_filename": "Weather.csv"})
        yield opened


@pytest.fixture
def shell(fs, store):
    return SandboxShell(fs, services={"store": lambda: store})


def told(result):
    return result.stdout, result.stderr, result.exit_code


def hint(command):
    return f"Try '{command} --help' for more information.\n"


# ---------------------------------------------------------------- stage


@pytest.mark.parametrize(
    ("line", "path"),
    [
        (f"stage {KEY} /in.csv", "/in.csv"),
        ("stage weather.csv /in.csv", "/in.csv"),
        ("stage weather.csv in.csv", "/work/in.csv"),
        ("stage weather.csv .", "/work/Weather.csv"),
        ("stage weather.csv new/", "/work/new/Weather.csv"),
        ("stage weather.csv /", "/Weather.csv"),
        ("stage weather.csv ../../../x", "/x"),
    ],
)
def test_a_file_is_staged_by_key(fs, shell, line, path):
    fs.mkdir("/work")
    shell.exec("cd /work")

    assert told(shell.exec(line)) == (f"{path} (4 bytes)\n", "", 0)
    assert fs.read_bytes(path) == b"a,b\n"


@pytest.mark.parametrize(
    ("line", "complaint", "exit_code"),
    [
        ("stage nope /x", "stage: file not found: files/nope\n", 1),
        ("stage ../x /x", "stage: invalid file key format: '../x': a segment . or ..\n", 1),
        ("stage /etc/passwd /x", "stage: invalid file key format: '/etc/passwd': it begins with a slash\n", 1),
        ("stage weather.csv /file/x", "stage: /file: Not a directory\n", 1),
        ("stage weather.csv", f"stage: a key and a destination are needed\n{hint('stage')}", 2),
        ("stage", f"stage: a key and a destination are needed\n{hint('stage')}", 2),
        ("stage --bad a b", f"stage: unrecognized option '--bad'\n{hint('stage')}", 2),
        ("publish nope", "publish: /nope: No such file or directory\n", 1),
        ("publish /d", f"publish: /d: there is no file to publish\n{hint('publish')}", 2),
        ("publish", f"publish: one file or directory is needed\n{hint('publish')}", 2),
        ("publish /file /file", f"publish: one file or directory is needed\n{hint('publish')}", 2),
        (
            "publish --ttl soon /file",
            f"publish: invalid duration: 'soon' (such as 30s, 15m, 24h or 7d)\n{hint('publish')}",
            2,
        ),
        ("publish --key ../x /file", "publish: invalid file key format: '../x': a segment . or ..\n", 1),
        ("publish /big", "publish: file exceeds maximum size of 100 bytes\n", 1),
        ("files bogus", f"files: unknown action 'bogus': list, info, versions, restore, delete\n{hint('files')}", 2),
        ("files info", f"files: a key is needed\n{hint('files')}", 2),
        ("files info nope", "files: file not found: files/nope\n", 1),
        ("files list a b", f"files: one prefix is enough\n{hint('files')}", 2),
        ("files delete nope", "files: file not found: nope\n", 1),
    ],
)
def test_a_mistake_is_told_and_changes_nothing(fs, store, shell, line, complaint, exit_code):
    fs.write_file("/file", "x")
    fs.write_file("/big", "x" * 101)
    fs.mkdir("/d")
    before = fs.stats(), store.usage()

    assert told(shell.exec(line)) == ("", complaint, exit_code)
    assert (fs.stats(), store.usage()) == before


# ---------------------------------------------------------------- publish


def test_publishing_prints_a_key_that_can_be_used_at_once(fs, store, shell):
    fs.write_file("/out.txt", "text")

    assert shell.exec("stage $(publish /out.txt) /back.txt").stdout == "/back.txt (4 bytes)\n"
    assert fs.read_file("/back.txt") == "text"


def test_publishing_takes_a_key_and_a_time_to_live(fs, store, shell):
    fs.write_file("/out.txt", "text")

    assert told(shell.exec("publish --key mine.txt --ttl 2h /out.txt")) == ("files/mine.txt\n", "", 0)
    info = store.head("files/mine.txt")
    assert (info.expires_at - info.created_at).total_seconds() == 7200


@pytest.mark.parametrize(
    ("text", "expected"), [("0", 0), ("45", 45), ("30s", 30), ("15m", 900), ("24h", 86_400), ("7d", 604_800)]
)
def test_durations_have_units(text, expected):
    assert seconds(text) == expected


@pytest.mark.parametrize("text", ["", "s", "-1", "1.5h", "1w", "1 h", "\u0661m", "9" * 10, "nan", "inf"])
def test_other_durations_are_refused(text):
    with pytest.raises(InvalidRequest, match="invalid duration"):
        seconds(text)


# ---------------------------------------------------------------- files


def test_files_are_listed_by_prefix(store, shell):
    store.put("runs/1/output/a.json", b"{}")

    both = "files/weather.csv  4  text/csv\nruns/1/output/a.json  2  application/json\n"
    assert shell.exec("files").stdout == both
    assert shell.exec("files list").stdout == both
    assert shell.exec("files list runs/").stdout == "runs/1/output/a.json  2  application/json\n"
    assert told(shell.exec("files list nothing")) == ("", "", 0)


def test_a_long_list_is_cut_and_says_so(store, shell, monkeypatch):
    monkeypatch.setattr("jupyter_sandfs.shell.commands.store._PAGE", 1)
    store.put("files/zebra", b"")

    assert told(shell.exec("files list")) == (
        "files/weather.csv  4  text/csv\n",
        "files: more than 1; give a longer prefix\n",
        0,
    )


def test_a_file_is_described(store, shell):
    info = store.head(KEY)

    assert shell.exec("files info weather.csv").stdout == (
        "key:       files/weather.csv\n"
        "size:      4 bytes\n"
        "type:      text/csv\n"
        f"checksum:  {info.checksum}\n"
        f"created:   {info.created_at.isoformat(timespec='seconds')}\n"
        "expires:   never\n"
        "original_filename: Weather.csv\n"
    )


def test_older_versions_are_listed_and_restored(store, shell):
    store.put(KEY, b"second")
    moments = [info.created_at.isoformat(timespec="seconds") for info in store.versions(KEY)]

    assert shell.exec("files versions weather.csv").stdout == f"2  6  {moments[0]}\n1  4  {moments[1]}\n"
    assert told(shell.exec("files restore weather.csv 1")) == ("3\n", "", 0)
    assert store.get(KEY) == b"a,b\n"


@pytest.mark.parametrize(
    ("line", "stderr"),
    [
        ("files versions nope", "files: file not found: files/nope\n"),
        ("files restore weather.csv 9", "files: file not found: files/weather.csv\n"),
    ],
)
def test_versions_that_are_not_there_are_told(store, shell, line, stderr):
    assert told(shell.exec(line)) == ("", stderr, 1)
    assert len(store.versions(KEY)) == 1


def test_deleting_goes_on_after_what_is_not_there(store, shell):
    assert told(shell.exec("files delete nope weather.csv")) == ("", "files: file not found: nope\n", 1)
    assert store.usage().file_count == 0


def test_a_directory_goes_by_a_bare_name_too(fs, store, shell):
    fs.write_file("/out/deep/a", "1")

    assert told(shell.exec("publish --key set /out")) == ("files/set/\n", "", 0)
    assert told(shell.exec("stage set/ /in")) == ("/in (1 files, 1 bytes)\n", "", 0)
    assert (store.get("files/set/deep/a"), fs.read_bytes("/in/deep/a")) == (b"1", b"1")


# ---------------------------------------------------------------- who has what


def test_a_shell_without_a_store_says_where_there_is_one(fs):
    shell = SandboxShell(fs)

    assert told(shell.exec("files")) == (
        "",
        "files: this shell has no staging store: use the shell of a Sandbox\n",
        1,
    )


def test_a_view_publishes_only_what_it_sees(fs, store):
    fs.write_file("/secret", "x")
    fs.set_policy("/secret", NodePolicy(visibility="private"))
    shell = SandboxShell(fs, view=VisibilityView({"public"}), services={"store": lambda: store})

    assert told(shell.exec("publish /secret")) == ("", "publish: /secret: No such file or directory\n", 1)
    assert store.usage().file_count == 1


_REACHING = [
    "stage {host}/secret /x",
    "stage file://{host}/secret /x",
    "stage {key} {host}/written",
    "publish {host}/secret",
    "publish --key {host}/x {host}/secret",
    "files info {host}/secret",
    "files delete {host}/secret",
    "files list {host}/",
    "files upload {host}/secret",
    "files download {key} {host}/written",
]


@pytest.mark.parametrize("line", _REACHING)
def test_no_path_of_the_host_comes_through(fs, store, shell, tmp_path, line):
    host = tmp_path / "host"
    host.mkdir()
    (host / "secret").write_text("SECRET", encoding="utf-8")

    result = shell.exec(line.format(host=host, key=KEY))
    assert "SECRET" not in result.stdout + result.stderr
    assert [fs.read_bytes(path) for path in fs.glob("/**/secret")] == []
    assert ([each.name for each in host.iterdir()], store.usage().file_count) == (["secret"], 1)


# ---------------------------------------------------------------- help


def test_help_lists_and_describes(shell):
    overview = shell.exec("help").stdout

    assert [name for name in shell.commands if f"\n  {name}" not in overview] == []
    assert shell.exec("help stage").stdout == shell.exec("stage --help").stdout
    assert told(shell.exec("help nope stage")) == (
        shell.exec("stage --help").stdout,
        "help: no help for 'nope' (the engine's own: nope --help)\n",
        1,
    )


def test_help_knows_commands_of_the_users_own(shell):
    shell.register_command("greet", lambda _: "hello\n", help="say hello")

    assert "say hello\n" in shell.exec("help").stdout
    assert shell.exec("help greet").stdout == "Usage: greet [ARGUMENT...]\nsay hello\n"
