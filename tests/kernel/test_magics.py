"""`%sandfs` as a person types it, in a real IPython shell."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from jupyter_sandfs.filestore import LocalFileStore, StoreLimits
from jupyter_sandfs.kernel.browser import TreeBrowser
from jupyter_sandfs.kernel.commands import CELL_COMMANDS, LINE_COMMANDS
from jupyter_sandfs.kernel.output import Text
from jupyter_sandfs.sandbox import Sandbox
from jupyter_sandfs.vfs.actions import ChangeKind


@pytest.fixture
def fs(sandbox):
    return sandbox.fs


@pytest.fixture
def host(tmp_path, monkeypatch):
    """The host's directory in which the notebook runs."""
    directory = tmp_path / "host"
    directory.mkdir()
    monkeypatch.chdir(directory)
    return directory


def names(directory):
    return sorted(each.name for each in directory.iterdir())


# ---------------------------------------------------------------- what there is


def test_alone_it_says_what_there_is_and_how_to_keep_it(cell):
    assert cell("%sandfs").out.splitlines()[1:] == [
        (
            "  in memory: lost when the kernel restarts. "
            "To keep files: %sandfs save, %sandfs export / DIRECTORY, or %sandfs publish FILE"
        ),
        f"  staging store: 0 files, 0 B of {_limit()}",
        "  %sandfs help lists the commands, %sandfs browse shows the tree",
    ]


def _limit():
    from jupyter_sandfs.kernel.output import human_size

    return human_size(StoreLimits().max_total_bytes)


@pytest.mark.parametrize(
    ("files", "told"),
    [(0, "0 files, 0 B of"), (1, "1 file, 5 B of"), (2, "2 files, 10 B of"), (1200, "1,200 files, ")],
)
def test_numbers_of_files_read_well(cell, fs, files, told):
    for number in range(files):
        fs.write_file(f"/d/{number}", "12345")
    cell("%sandfs cd /" + ("d" if files else ""))

    out = cell("%sandfs").out
    assert out.startswith(f"sandbox 'default': {told}")
    assert out.splitlines()[0].endswith(f"; working directory /{'d' if files else ''}")


@pytest.mark.parametrize(
    ("storage", "kept"),
    [
        ("sqlite:///{}/demo.sqlite", "kept in {}/demo.sqlite"),
        ("file://{}/objects", "kept in an object store: in the background, Sandbox.flush() waits for it"),
        ("memory:", "kept in a storage in memory: lost when the kernel restarts"),
    ],
)
def test_where_the_files_are_kept_is_told_as_it_is(ip, cell, tmp_path, storage, kept):
    Sandbox.current().close()
    Sandbox(storage=storage.format(tmp_path))

    assert cell("%sandfs").out.splitlines()[1] == f"  {kept.format(tmp_path)}"


def test_a_store_that_fails_does_not_hide_the_sandbox(cell, sandbox):
    sandbox.store_url = "nats://host/no.bucket"

    ran = cell("%sandfs")
    assert ran.err == ""
    assert ran.out.splitlines()[2] == (
        "  staging store: not available (a NATS bucket is 1 to 64 letters, digits, _ or single -)"
    )


@pytest.mark.parametrize("line", ["help", "--help", "-h", "help "])
def test_help_lists_every_command(cell, line):
    out = cell(f"%sandfs {line}").out

    for command in (*LINE_COMMANDS.values(), *CELL_COMMANDS.values(), *Sandbox.current().shell.commands.values()):
        assert command.help in out
    assert [name for name in ("Magics", "Commands of the sandbox") if out.count(name) != 1] == []


def test_help_describes_commands_of_both_kinds(cell):
    ran = cell("%sandfs help write sleep")

    assert ran.err == ""
    assert ran.out.startswith("Usage: sleep NUMBER[smhd]...\n")
    assert (
        "Usage: %%sandfs write [-a] [--mode MODE] [--expect-version N] [--template[=ENGINE]] PATH\nWrite the" in ran.out
    )


def test_help_for_files_knows_what_the_magic_adds(cell):
    out = cell("text = %sandfs help files\nprint(text)").out

    assert [line for line in out.splitlines() if line.startswith("Usage")] == [
        "Usage: files list [PREFIX] | info KEY... | versions KEY | restore KEY VERSION | delete KEY...",
        "Usage: %sandfs files download [--overwrite] KEY [HOSTPATH]",
        "Usage: %sandfs files upload [--key KEY] [--ttl DURATION] HOSTPATH",
    ]


@pytest.mark.parametrize("name", [name for name in LINE_COMMANDS if name not in ("", "help")])
def test_every_command_of_a_line_explains_itself(cell, name):
    assert cell(f"%sandfs {name} --help").out.startswith(f"Usage: %sandfs {name}")


# ---------------------------------------------------------------- lines


def test_a_line_runs_in_the_shell_and_prints_once(cell, fs):
    fs.write_file("/a", "text\n")

    assert cell("%sandfs cat /a") == ("text\n", "")


def test_an_assigned_line_prints_nothing_and_gives_text_with_the_result(ip, cell, fs):
    fs.write_file("/a", "text\n")

    assert cell("x = %sandfs cat /a") == ("", "")
    value = ip.user_ns["x"]
    assert (type(value), value, value.result.exit_code, value.result.stdout) == (Text, "text\n", 0, "text\n")


def test_an_assigned_line_that_fails_still_says_why(ip, cell):
    assert cell("x = %sandfs cat /nope") == ("", "cat: /nope: No such file or directory\n")
    assert (ip.user_ns["x"], ip.user_ns["x"].result.exit_code) == ("", 1)


def test_lines_in_loops_and_functions_print_each_time(cell, fs):
    fs.write_file("/a", "A")
    fs.write_file("/b", "B")

    assert cell("for name in 'ab':\n    %sandfs cat /{name}\n    x = %sandfs cat /{name}\n").out == "AB"
    assert cell("def show():\n    %sandfs cat /a\nshow()\nshow()").out == "AA"
    assert cell("def give():\n    y = %sandfs cat /b\n    return y\nprint(give() * 2)").out == "BB\n"


def test_the_value_is_given_wherever_it_is_used(ip, cell, fs):
    fs.write_file("/a", "A")

    assert cell("print(get_ipython().run_line_magic('sandfs', 'cat /a'))").out == "A\n"
    assert cell("get_ipython().run_line_magic('sandfs', 'cat /a')").out == "A"
    cell("%time y = %sandfs cat /a")
    assert ip.user_ns["y"] == "A"


def test_the_exit_code_is_kept(ip, cell):
    for line, code in {"true": 0, "false": 1, "cat /nope": 1, "nosuchcommand": 127, "(exit 42)": 42}.items():
        cell(f"%sandfs {line}")
        assert ip.user_ns["_exit_code"] == code


def test_a_silent_failure_shows_its_exit_code(cell):
    assert cell("%sandfs false") == ("", "exit code 1\n")


def test_directory_and_variables_stay(cell, fs):
    fs.mkdir("/d")
    cell("%sandfs cd /d\n%sandfs name=value")

    assert cell("%sandfs pwd; echo $name").out == "/d\nvalue\n"


def test_output_over_the_limit_says_so(cell):
    ran = cell("%sandfs yes | head -c 2000000")

    assert "output was cut: redirect it into a file to keep all of it\n" in ran.err


def test_changes_belong_to_their_line(ip, cell):
    cell("x = %sandfs mkdir -p /d && echo hi > /d/a")

    changes = {(change.kind, change.path) for change in ip.user_ns["x"].result.changes}
    assert (ChangeKind.ADDED, "/d/a") in changes


# ---------------------------------------------------------------- names in braces


@pytest.mark.parametrize(
    ("line", "printed"),
    [
        ("echo {name}", "value\n"),
        ("echo {nosuch}", "{nosuch}\n"),
        ("echo {a,b} x{1..3}", "a b x1 x2 x3\n"),
        ("for f in x y; do echo $f; done", "x\ny\n"),
        ("for f in x y; do echo ${f}; done", "x\ny\n"),
        ("echo 'one two' | awk '{print $1}'", "one\n"),
        ("printf 'one\\ntwo\\n' | awk '{print; exit}'", "one\n"),
        ("printf 'one\\ntwo\\n' | awk '{print}{exit}'", "one\n"),
        ("echo $f", "\n"),
        ('echo {name}{name} "{name}"', "valuevalue value\n"),
    ],
)
def test_only_names_that_the_user_made_are_filled_in(ip, cell, line, printed):
    cell("name = 'value'\nf = 'python'")

    assert cell(f"%sandfs {line}") == (printed, "")


def test_a_name_that_python_gave_is_filled_in_once_the_user_took_it(ip, cell):
    assert cell("%sandfs echo {exit}").out == "{exit}\n"
    assert cell("exit = 'mine'\n%sandfs echo {exit}").out == "mine\n"


def test_the_body_of_a_cell_is_never_filled_in(cell, fs):
    cell("name = 'value'\nwhere = '/a'")
    cell("%%sandfs write {where}\n{name} {where}\n")

    assert fs.read_file("/a") == "{name} {where}\n"


# ---------------------------------------------------------------- %%sandfs write


_AWKWARD = '  it\'s "quoted" $HOME `id` $(id) \\n \\\\ {x} %d\n\n<<EOF\nEOF\nEND\n\ttab ünïcode 🙂\n%sandfs ls\n\n'


def test_a_body_is_written_exactly(cell, fs):
    size = len(_AWKWARD.encode())

    assert cell(f"%%sandfs write /notes/a.txt\n{_AWKWARD}") == (f"/notes/a.txt ({size} bytes, version 1)\n", "")
    assert fs.read_file("/notes/a.txt") == _AWKWARD


@pytest.mark.parametrize("body", ["no line end", "dos\r\nlines\r\n", "\n\n", "\ufeffmark\n", "a\0b\n"])
def test_what_ipython_hands_over_is_written_exactly(ip, cell, fs, body):
    ip.run_cell_magic("sandfs", "write /a", body)

    assert fs.read_file("/a") == body


def test_a_body_of_one_byte_reads_well(ip, capsys, cell):
    ip.run_cell_magic("sandfs", "write /a", "x")

    assert capsys.readouterr().out == "/a (1 byte, version 1)\n"


def test_writing_appends_on_request(cell, fs):
    cell("%%sandfs write /a\none\n")
    ran = cell("%%sandfs write -a /a\ntwo\n")

    assert ran.out == "/a (4 bytes, version 2)\n"
    assert fs.read_file("/a") == "one\ntwo\n"


def test_writing_goes_to_the_working_directory(cell, fs):
    cell("%sandfs mkdir /d && cd /d")
    cell("%%sandfs write 'two words.txt'\nx\n")

    assert fs.read_file("/d/two words.txt") == "x\n"


@pytest.mark.parametrize(("expected", "current"), [("0", 1), ("7", 1)])
def test_writing_over_another_version_is_refused(cell, fs, expected, current):
    fs.write_file("/a", "old")

    ran = cell(f"%%sandfs write --expect-version {expected} /a\nnew\n")
    assert ran == ("", f"UsageError: /a: version is {current}, not {expected}\n")
    assert (fs.read_file("/a"), fs.version("/a")) == ("old", 1)


def test_writing_the_version_expected_works(cell, fs):
    cell("%%sandfs write --expect-version 0 /a\none\n")
    cell("%%sandfs write --expect-version 1 /a\ntwo\n")

    assert fs.read_file("/a") == "two\n"


def test_half_a_character_is_refused_in_one_line(ip, cell, fs, capsys):
    from IPython.core.error import UsageError

    with pytest.raises(UsageError, match="lone surrogate"):
        ip.run_cell_magic("sandfs", "write /a", "\ud800")
    assert not fs.exists("/a")


# ---------------------------------------------------------------- other cells


def test_a_script_runs_line_by_line(cell, fs):
    ran = cell("%%sandfs sh\nmkdir -p /d\ncd /d\nfor i in 1 2; do\n  echo $i > f$i\ndone\nls\n")

    assert ran == ("f1\nf2\n", "")
    assert cell("%sandfs pwd").out == "/d\n"


def test_a_script_keeps_its_exit_code(ip, cell):
    assert cell("%%sandfs sh\necho one\nexit 3\n") == ("one\n", "exit code 3\n")
    assert ip.user_ns["_exit_code"] == 3


def test_the_body_is_a_commands_standard_input_unchanged(cell, fs):
    assert cell(f"%%sandfs cat > /a\n{_AWKWARD}") == ("", "")
    assert fs.read_file("/a") == _AWKWARD


@pytest.mark.parametrize("body", ["dos\r\nlines\r\n", "\n\n"])
def test_standard_input_is_what_ipython_hands_over(ip, cell, fs, body):
    ip.run_cell_magic("sandfs", "cat > /a", body)

    assert fs.read_file("/a") == body


def test_the_first_command_of_a_pipe_gets_the_body(cell):
    assert cell("%%sandfs sort -r | head -1\na\nb\n").out == "b\n"
    assert cell("%%sandfs sort -r  # the last first\na\nb\n").out == "b\na\n"


def test_a_cell_with_a_command_changes_directory_as_a_line_does(cell):
    cell("%%sandfs mkdir /d; cd /d; cat > a\nx\n")

    assert cell("%sandfs pwd; cat a").out == "/d\nx\n"


def test_the_value_of_a_cell_can_be_used(ip, cell):
    assert ip.run_cell_magic("sandfs", "sort", "b\na\n") == "a\nb\n"


# ---------------------------------------------------------------- errors: one line, nothing changed


_BROWSE = "usage: %sandfs browse [--view NAME] [PATH]"
_STORED = "%sandfs files list shows what is stored"
_MISTAKES = {
    "%sandfs cat /nope": "cat: /nope: No such file or directory",
    "%sandfs nosuchcommand": "nosuchcommand: command not found",
    "%sandfs echo 'open": "parse error at line 1, column 6: unexpected EOF while looking for matching `''",
    "%sandfs browse --bad": "UsageError: unrecognized option '--bad'; usage: %sandfs browse [--view NAME] [PATH]",
    "%sandfs browse /nope": "UsageError: /nope: No such file or directory",
    "%sandfs browse a b": f"UsageError: {_BROWSE} (a name with blanks is put in quotes)",
    "%sandfs browse 'a": "UsageError: No closing quotation; usage: %sandfs browse [--view NAME] [PATH]",
    "%sandfs export /kept": "UsageError: usage: %sandfs export [--overwrite] PATH HOSTPATH",
    "%sandfs export /nope out": "UsageError: /nope: No such file or directory",
    "%sandfs export /kept file/below": "UsageError: file: File exists",
    "%sandfs export /kept file": ("UsageError: file: File exists (on this machine; --overwrite replaces it)"),
    "%sandfs import nope /x": "UsageError: nope: No such file or directory (on this machine)",
    "%sandfs import file": "UsageError: usage: %sandfs import HOSTPATH PATH",
    "%sandfs import file /kept/x": "UsageError: /kept: Not a directory",
    "%sandfs import ~nosuchuser-/x /": "UsageError: no such user on this machine: ~nosuchuser-/x",
    "%sandfs import {nul} /x": "UsageError: a path holds no NUL",
    "%sandfs files upload nope": "UsageError: nope: No such file or directory (on this machine)",
    "%sandfs files upload .": "UsageError: .: not a file; %sandfs import copies directories",
    "%sandfs files upload --key ../x file": "UsageError: invalid file key format: '../x': a segment . or ..",
    "%sandfs files upload --ttl soon file": ("UsageError: invalid duration: 'soon' (such as 30s, 15m, 24h or 7d)"),
    "%sandfs files download nope": "UsageError: file not found: files/nope",
    "%sandfs files info nope": f"files: file not found: files/nope\n{_STORED}",
    "%sandfs files delete nope": f"files: file not found: nope\n{_STORED}",
    "%sandfs stage nope /x": f"stage: file not found: files/nope\n{_STORED}",
    "%sandfs write /x": "UsageError: write takes a cell: %%sandfs write PATH, and the content in the lines below",
    "%%sandfs\nx": "UsageError: say what to do with the cell: %%sandfs write PATH, or %%sandfs sh",
    "%%sandfs import a b\nx": "UsageError: this command takes no cell; usage: %sandfs import HOSTPATH PATH",
    "%%sandfs write\nx": (
        "UsageError: usage: %%sandfs write [-a] [--mode MODE] [--expect-version N] [--template[=ENGINE]] PATH"
    ),
    "%%sandfs write /\nx": "UsageError: /: Is a directory",
    "%%sandfs write /kept/x\nx": "UsageError: /kept: Not a directory",
    "%%sandfs write --expect-version -1 /kept\nx": "UsageError: invalid number: '-1'",
    "%%sandfs write {nul}\nx": "UsageError: a\\0b: Invalid argument (a path holds no NUL)",
    "%%sandfs nosuchcommand\nx": "bash: line 1: nosuchcommand: command not found",
}


@pytest.mark.parametrize("source", _MISTAKES)
def test_a_mistake_is_told_in_one_line_and_changes_nothing(cell, fs, host, source):
    fs.write_file("/kept", "kept")
    (host / "file").write_text("mine", encoding="utf-8")
    cell("nul = 'a\\0b'")
    before = fs.stats(), len(fs.log())

    assert cell(source) == ("", _MISTAKES[source] + "\n")
    assert (fs.stats(), len(fs.log())) == before
    assert names(host) == ["file"]
    assert (host / "file").read_text(encoding="utf-8") == "mine"


def test_a_host_that_denies_is_told_in_one_line(cell, host, monkeypatch):
    def denied(self, *_arguments, **_options):
        raise PermissionError(13, "Permission denied", str(self))

    (host / "file").write_text("mine", encoding="utf-8")
    monkeypatch.setattr(Path, "open", denied)

    assert cell("%sandfs import file /x") == ("", "UsageError: file: Permission denied\n")
    assert cell("%sandfs files upload file") == ("", "UsageError: file: Permission denied\n")


def test_a_file_over_the_stores_limit_is_refused(cell, sandbox, host, tmp_path):
    sandbox._store = LocalFileStore(tmp_path / "small", limits=StoreLimits(max_file_size=10))
    (host / "big").write_bytes(b"x" * 11)
    sandbox.fs.write_bytes("/big", b"x" * 11)

    assert cell("%sandfs files upload big") == ("", "UsageError: file exceeds maximum size of 10 bytes\n")
    assert cell("%sandfs publish /big") == ("", "publish: file exceeds maximum size of 10 bytes\n")
    assert sandbox.files.usage().total_bytes == 0


def test_an_error_is_an_error_of_the_cell(ip, cell):
    assert not ip.run_cell("%sandfs browse --bad").success


# ---------------------------------------------------------------- between sandbox and host


def test_what_is_imported_goes_out_the_same(cell, fs, host):
    (host / "in" / "d").mkdir(parents=True)
    (host / "in" / "a.bin").write_bytes(bytes(range(256)))
    (host / "in" / "d" / "b").write_text("bb", encoding="utf-8")

    assert cell("%sandfs import in /copy") == ("/copy: 2 files, 258 B\n", "")
    assert cell("%sandfs export /copy out") == ("out: 2 files, 258 B\n", "")
    assert (host / "out" / "a.bin").read_bytes() == bytes(range(256))
    assert (host / "out" / "d" / "b").read_text(encoding="utf-8") == "bb"


def test_an_import_into_a_directory_keeps_the_name(cell, fs, host):
    (host / "one.txt").write_text("1", encoding="utf-8")

    assert cell("%sandfs import one.txt /").out == "/one.txt: 1 file, 1 B\n"
    assert cell("%sandfs import one.txt /new/").out == "/new/one.txt: 1 file, 1 B\n"
    assert cell("%sandfs cd /new\n%sandfs import one.txt two.txt").out == "/new/two.txt: 1 file, 1 B\n"


def test_an_export_into_a_directory_keeps_the_name(cell, fs, host):
    fs.write_file("/d/one.txt", "1")

    assert cell("%sandfs export /d/one.txt .").out == "one.txt: 1 file, 1 B\n"
    assert (host / "one.txt").read_text(encoding="utf-8") == "1"


def test_an_export_replaces_only_on_request(cell, fs, host):
    fs.write_file("/a", "new")
    (host / "a").write_text("old", encoding="utf-8")

    assert cell("%sandfs export / .").err == "UsageError: a: File exists (on this machine; --overwrite replaces it)\n"
    assert (host / "a").read_text(encoding="utf-8") == "old"
    assert cell("%sandfs export --overwrite / .").out == ".: 1 file, 3 B\n"
    assert (host / "a").read_text(encoding="utf-8") == "new"


def test_an_import_tells_the_links_that_it_left_out(cell, fs, host):
    (host / "in").mkdir()
    (host / "in" / "link").symlink_to("/etc/passwd")

    assert cell("%sandfs import in /copy").out == "skipped in/link: a link or no regular file\n/copy: 0 files, 0 B\n"
    assert fs.listdir("/copy") == []


# ---------------------------------------------------------------- between store and host


def test_an_uploaded_file_is_staged_and_downloaded_the_same(ip, cell, fs, host):
    content = os.urandom(100_000)
    (host / "data.bin").write_bytes(content)

    assert cell("key = %sandfs files upload data.bin") == ("", "")
    assert cell("%sandfs stage {key} /in/").out == "/in/data.bin (100000 bytes)\n"
    assert fs.read_bytes("/in/data.bin") == content
    (host / "data.bin").unlink()
    assert cell("%sandfs files download {key}").out.startswith("data.bin (")
    assert (host / "data.bin").read_bytes() == content


def test_an_upload_that_stands_alone_prints_key_size_and_type(cell, host):
    (host / "a.csv").write_text("a\n1\n", encoding="utf-8")

    assert cell("%sandfs files upload --key mine.csv a.csv") == ("files/mine.csv (4 bytes, text/csv)\n", "")


def test_an_upload_can_be_given_a_time_to_live(cell, sandbox, host):
    (host / "a").write_text("a", encoding="utf-8")
    cell("%sandfs files upload --key a --ttl 15m a")

    info = sandbox.files.head("files/a")
    assert (info.expires_at - info.created_at).total_seconds() == 900


def test_a_download_replaces_only_on_request(cell, sandbox, host):
    sandbox.files.put("files/a", b"new")
    (host / "a").write_text("old", encoding="utf-8")

    assert cell("%sandfs files download a").err == (
        "UsageError: a: File exists (on this machine; --overwrite replaces it)\n"
    )
    assert (host / "a").read_text(encoding="utf-8") == "old"
    assert cell("%sandfs files download --overwrite a").out == "a (3 B)\n"
    assert (host / "a").read_text(encoding="utf-8") == "new"


@pytest.mark.parametrize(
    ("told", "name"), [("../../x", "x"), ("/etc/cron.d/job", "job"), ("..", "evil"), ("", "evil"), ("a\\..\\b", "b")]
)
def test_a_hostile_name_stays_in_the_directory(cell, sandbox, host, told, name):
    sandbox.files.put("files/evil", b"x", metadata={"original_filename": told})
    (host / "here").mkdir()

    cell("%sandfs files download evil here")
    assert [str(each.relative_to(host)) for each in host.rglob("*") if each.is_file()] == [f"here/{name}"]


def test_files_are_listed_described_and_deleted(cell, sandbox, host):
    (host / "a.txt").write_text("abc", encoding="utf-8")
    cell("%sandfs files upload --key a.txt a.txt")

    assert cell("%sandfs files list").out == "files/a.txt  3  text/plain\n"
    assert "size:      3 bytes\n" in cell("%sandfs files info a.txt").out
    assert cell("%sandfs files delete a.txt") == ("", "")
    assert cell("x = %sandfs files") == ("", "")


# ---------------------------------------------------------------- browse


_CAPTURED = """
from IPython.utils.capture import capture_output
with capture_output() as captured:
    {line}
kinds = [sorted(set(output.data) - {{'text/plain'}}) for output in captured.outputs]
"""


def test_a_browser_alone_shows_a_listing_and_the_widget(ip, cell, fs, monkeypatch):
    fs.write_file("/<b>.txt", "x")
    monkeypatch.setattr(ip, "kernel", object(), raising=False)
    cell(_CAPTURED.format(line="%sandfs browse"))

    assert ip.user_ns["kinds"] == [["text/html"], ["application/vnd.jupyter.widget-view+json"]]
    assert "&lt;b&gt;.txt" in ip.user_ns["captured"].outputs[0].data["text/html"]


def test_a_terminal_gets_the_tree_as_text(cell, fs):
    fs.write_file("/d/a", "x")
    fs.write_file("/b", "x")

    assert cell("%sandfs browse /d") == ("/d\n└── a\n", "")


def test_a_browser_is_bound_to_a_view(ip, cell, fs):
    fs.write_file("/open", "x")
    fs.write_file("/secret", "x")
    cell("%sandfs policy --label hidden /secret\n%sandfs view analyst --label public")

    assert cell("%sandfs browse --view analyst").out == "/\n└── open\n"
    cell("browser = %sandfs browse --view analyst")
    assert (ip.user_ns["browser"].view, ip.user_ns["browser"].owner) == ("analyst", False)


def test_an_assigned_browser_is_given_and_shows_nothing(ip, cell, fs):
    fs.write_file("/d/a", "x")
    cell(_CAPTURED.format(line="browser = %sandfs browse /d"))

    assert ip.user_ns["kinds"] == []
    assert isinstance(ip.user_ns["browser"], TreeBrowser)
    assert ip.user_ns["browser"].path == "/d"


def test_browsing_starts_in_the_working_directory(ip, cell, fs):
    fs.mkdir("/d/e")
    cell("%sandfs cd /d\nbrowser = %sandfs browse e")

    assert ip.user_ns["browser"].path == "/d/e"


# ---------------------------------------------------------------- the host stays out of reach


_REACHING = [
    "cat /etc/passwd",
    "cat {home}/secret.txt",
    "ls {home}",
    "ls /root /home",
    "source {home}/secret.txt",
    ". {home}/secret.txt",
    "source /etc/profile && cat /etc/passwd",
    "cp /etc/passwd x && cat x",
    "cp {home}/secret.txt x; cat x",
    "ln -s {home}/secret.txt l; cat l",
    "cat < {home}/secret.txt",
    "stage {home}/secret.txt /x; cat /x",
    "stage file://{home}/secret.txt /x; cat /x",
    "publish {home}/secret.txt",
    "publish --key a {home}/secret.txt",
    "files upload-not {home}/secret.txt",
    "files info {home}/secret.txt",
    "echo $(< {home}/secret.txt)",
    "find {home} /etc -type f",
    "grep -r SECRET {home}",
    "tar cf - {home}",
    "bash {home}/secret.txt",
    "awk '1' {home}/secret.txt",
    "mapfile a < {home}/secret.txt; echo ${{a[@]}}",
    "sh -c 'cat {home}/secret.txt'",
    "true; import {home}/secret.txt /x; cat /x",
    "true; files upload {home}/secret.txt",
    "echo hi > {home}/written; echo $?",
    "curl file://{home}/secret.txt",
]


@pytest.mark.parametrize("line", _REACHING)
def test_no_command_of_the_shell_reaches_the_host(cell, sandbox, host, line):
    (host / "secret.txt").write_text("root:x:0", encoding="utf-8")

    ran = cell(f"%%sandfs sh\n{line.format(home=host)}\n")
    assert "root:x:0" not in ran.out + ran.err
    assert names(host) == ["secret.txt"]
    assert sandbox.files.usage().file_count == 0


def test_many_lines_at_once_do_not_disturb_each_other(cell, sandbox):
    def work(number):
        sandbox.run(f"echo {number} >> /n/{number}; echo {number} >> /n/{number}")

    sandbox.fs.mkdir("/n")
    workers = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for each in workers:
        each.start()
    for each in workers:
        each.join(timeout=20)

    assert cell("%sandfs cat /n/* | sort -n | uniq -c | awk '{print $1}' | sort -u").out == "2\n"
