from __future__ import annotations

import asyncio
import gc
import signal
import subprocess
import sys
import threading

import pytest

from jupyter_sandfs.errors import InvalidRequest, NotADirectory, NotFound, Unsupported
from jupyter_sandfs.shell.capsule import Mount
from jupyter_sandfs.shell.command import Command, Output
from jupyter_sandfs.shell.results import ShellResult
from jupyter_sandfs.shell.shell import SandboxShell
from jupyter_sandfs.vfs.actions import Change, ChangeKind
from jupyter_sandfs.vfs.policy import NodePolicy
from jupyter_sandfs.vfs.views.readonly import ReadOnlyView
from jupyter_sandfs.vfs.views.view import VisibilityView

DEADLINE = 20  # seconds: bounds a wait that normally ends at once


def told(result):
    return result.stdout, result.stderr, result.exit_code


@pytest.fixture
def waiting(shell):
    """A command `wait-here` that says when it runs, and ends when its run is stopped."""
    running = threading.Event()

    def wait_here(call):
        running.set()
        while not call.around.stopped():
            threading.Event().wait(0.001)

    shell.register_command("wait-here", wait_here)
    return running


# ---------------------------------------------------------------- results and state


def test_a_result_tells_everything_about_a_run(shell):
    result = shell.exec("echo out; echo err >&2; echo x > /f; exit 3")

    assert result == ShellResult(
        stdout="out\n",
        stderr="err\n",
        exit_code=3,
        duration=result.duration,
        truncated=False,
        changes=(Change(ChangeKind.ADDED, "/f"),),
    )
    assert not result.ok
    assert 0 <= result.duration < DEADLINE


def test_directory_variables_and_functions_stay_between_runs(fs, shell):
    fs.mkdir("/work/deep")

    shell.exec("cd /work/deep; x=5; f() { echo f$x; }; export E=1")

    assert shell.cwd == "/work/deep"
    assert told(shell.exec("f; pwd; echo $E")) == ("f5\n/work/deep\n1\n", "", 0)


def test_a_session_has_no_last_run(shell):
    shell.exec("x=5; f() { echo f$x; }")

    assert {shell.exec("f").stdout for _ in range(1_200)} == {"f5\n"}


def test_a_session_has_no_last_command(shell):
    loop = "for i in {1..10000}; do :; done"

    assert {shell.exec(loop).exit_code for _ in range(12)} == {0}


def test_an_exit_or_set_e_ends_one_run_and_not_the_session(shell):
    shell.exec("x=1; set -e; false; echo no")

    assert told(shell.exec("echo $x; false; echo on")) == ("1\non\n", "", 0)


def test_a_new_shell_changes_nothing_and_has_a_plain_environment(fs, shell):
    result = shell.exec("env | sort; whoami; hostname; echo ~")

    assert told(result) == (
        "HOME=/\nLANG=C.UTF-8\nPWD=/\nTZ=UTC\nUSER=sandbox\nsandbox\nsandbox\n/\n",
        "",
        0,
    )
    assert result.changes == ()
    assert fs.listdir("/") == []


def test_a_shell_starts_in_its_directory_with_its_environment(fs):
    fs.mkdir("/work")

    shell = SandboxShell(fs, cwd="/work", env={"NAME": "ada"})

    assert told(shell.exec("pwd; echo $NAME $PWD")) == ("/work\nada /work\n", "", 0)


@pytest.mark.parametrize(("cwd", "error"), [("/nope", NotFound), ("/file", NotADirectory)])
def test_a_shell_refuses_to_start_where_no_directory_is(fs, cwd, error):
    fs.write_file("/file", "")

    with pytest.raises(error):
        SandboxShell(fs, cwd=cwd)


@pytest.mark.parametrize(
    "options",
    [{"timeout": 0}, {"timeout": float("nan")}, {"max_commands": 0}, {"max_output": 0}, {"max_output": 2 << 20}],
)
def test_limits_that_make_no_sense_are_refused(fs, options):
    with pytest.raises(InvalidRequest):
        SandboxShell(fs, **options)


@pytest.mark.parametrize("line", [b"ls", None, "echo \ud800"])
def test_a_line_that_is_no_text_is_refused(shell, line):
    with pytest.raises(InvalidRequest, match="text in valid Unicode"):
        shell.exec(line)


def test_a_syntax_error_is_one_line_and_exit_code_2(shell):
    result = shell.exec("echo (")

    assert (result.stdout, result.exit_code) == ("", 2)
    assert result.stderr.startswith("sh: parse error at line 1")
    assert result.stderr.count("\n") == 1


def test_an_unknown_command_gives_127_and_a_guess(shell):
    assert told(shell.exec("snapshott")) == (
        "",
        "bash: line 1: snapshott: command not found. Did you mean: snapshot, snapshots?\n",
        127,
    )
    assert shell.exec("tuch").stderr.count("touch") == 1


# ---------------------------------------------------------------- changes and actions


def test_changes_list_what_the_run_did_in_order(fs, shell):
    fs.write_file("/old", "x")

    result = shell.exec("mkdir -p a/b; echo 1 > a/f; echo 2 >> a/f; rm old; touch new")

    assert result.changes == (
        Change(ChangeKind.ADDED, "/a", is_dir=True),
        Change(ChangeKind.ADDED, "/a/b", is_dir=True),
        Change(ChangeKind.ADDED, "/a/f"),
        Change(ChangeKind.CHANGED, "/a/f"),
        Change(ChangeKind.REMOVED, "/old"),
        Change(ChangeKind.ADDED, "/new"),
    )


def test_a_run_is_one_action_with_its_line_and_actor(fs):
    SandboxShell(fs, actor="agent-7").exec("echo 1 > a; echo 2 > b")

    assert {(record.label, record.actor) for record in fs.log()} == {("sh: echo 1 > a; echo 2 > b", "agent-7")}
    assert len({record.action for record in fs.log()}) == 1


def test_a_run_joins_the_action_of_its_caller_and_reports_only_its_own_changes(fs, shell):
    with fs.action("cell 1", "me"):
        fs.write_file("/before", "")
        result = shell.exec("echo 1 > /during")

    assert result.changes == (Change(ChangeKind.ADDED, "/during"),)
    assert {record.label for record in fs.log()} == {"cell 1"}


# ---------------------------------------------------------------- transactions


def test_a_transaction_that_succeeds_is_an_ordinary_run(fs, shell):
    result = shell.exec("echo 1 > a; mkdir d", transaction=True)

    assert (told(result), [str(each.path) for each in result.changes]) == (("", "", 0), ["/a", "/d"])
    assert sorted(fs.listdir("/")) == ["a", "d"]


@pytest.mark.parametrize("ending", ["exit 3", "false", "cat nope", "echo (", "while true; do :; done"])
def test_a_transaction_that_fails_leaves_nothing_behind(fs, ending):
    fs.write_file("/kept", "1\n")
    shell = SandboxShell(fs, max_commands=100)
    shell.exec("mkdir w; cd w")

    result = shell.exec(f"echo 2 > /kept; rm -r /w; mkdir -p /x/y; cd /x/y; {ending}", transaction=True)

    assert result.exit_code != 0
    assert result.stderr.endswith("sh: the run failed: its changes were taken back\n")
    assert result.changes == ()
    assert (fs.read_text("/kept"), sorted(fs.listdir("/"))) == ("1\n", ["kept", "w"])
    assert told(shell.exec("pwd; echo on")) == ("/w\non\n", "", 0)


def test_a_transaction_that_is_stopped_leaves_nothing_behind(fs, shell, waiting):
    results = []
    runner = threading.Thread(
        target=lambda: results.append(shell.exec("echo x > /x; wait-here; true", transaction=True))
    )
    runner.start()
    assert waiting.wait(DEADLINE)

    shell.cancel()
    runner.join(DEADLINE)

    assert [result.exit_code for result in results] == [130]
    assert fs.listdir("/") == []


def test_a_transaction_that_others_wrote_into_is_told_and_stays(fs, shell):
    other = threading.Thread(target=lambda: fs.write_file("/a", "theirs"))
    shell.register_command("meanwhile", lambda _: other.start() or other.join())

    result = shell.exec("echo ours > a; meanwhile; false", transaction=True)

    assert "could not be taken back" in result.stderr
    assert fs.read_text("/a") == "theirs"


# ---------------------------------------------------------------- rules


def test_read_only_and_append_only_files_answer_in_the_words_of_the_errno(fs, shell):
    fs.write_file("/ro/f", "kept")
    fs.set_policy("/ro", NodePolicy(writable=False))
    fs.write_file("/log", "1\n")
    fs.set_policy("/log", NodePolicy(append_only=True))

    outcomes = {
        line: told(shell.exec(line))
        for line in ("echo x > /ro/f", "rm /ro/f", "touch /ro/new", "mkdir /ro/d", "echo x > /log", "echo 2 >> /log")
    }

    assert outcomes == {
        "echo x > /ro/f": ("", "bash: line 1: /ro/f: Read-only file system\n", 1),
        "rm /ro/f": ("", "rm: cannot remove '/ro/f': Read-only file system\n", 1),
        "touch /ro/new": ("", "touch: cannot touch '/ro/new': Read-only file system\n", 1),
        "mkdir /ro/d": ("", "mkdir: cannot create directory '/ro/d': Read-only file system\n", 1),
        "echo x > /log": ("", "bash: line 1: /log: Operation not permitted\n", 1),
        "echo 2 >> /log": ("", "", 0),
    }
    assert (fs.read_text("/ro/f"), fs.read_text("/log")) == ("kept", "1\n2\n")


def test_a_view_hides_from_every_command(fs):
    fs.write_file("/open/a.txt", "word\n")
    fs.write_file("/open/key.txt", "word secret\n")
    fs.set_policy("/open/key.txt", NodePolicy(visibility="private"))
    fs.write_file("/vault/deep/key.txt", "word secret\n")
    fs.set_policy("/vault", NodePolicy(visibility="private"))
    shell = SandboxShell(fs, view=VisibilityView({"public"}))

    seen = shell.exec(
        "ls -aR /; tree -a /; find /; grep -r word /; echo /*/* /open/k*; du -a /; cat /open/*; "
        "tar cf - /open | tar tf -; cp -r /open /copy; ls /copy"
    )

    assert "key" not in seen.stdout + seen.stderr
    assert "secret" not in seen.stdout + seen.stderr
    assert "vault" not in seen.stdout + seen.stderr
    assert seen.stdout.count("a.txt") > 5
    assert told(shell.exec("cat /vault/deep/key.txt"))[::2] == ("", 1)
    assert told(shell.exec("[ -e /open/key.txt ] || [ -d /vault ]; echo $?"))[0] == "1\n"


def test_a_shell_on_a_read_only_view_reads_and_cannot_write(fs):
    fs.write_file("/f", "kept\n")
    shell = SandboxShell(ReadOnlyView(fs))

    assert told(shell.exec("cat /f; echo x > /f")) == ("kept\n", "bash: line 1: /f: Read-only file system\n", 1)
    assert fs.read_text("/f") == "kept\n"


def test_a_rule_can_be_laid_over_a_view(fs):
    fs.write_file("/open", "")
    fs.write_file("/key", "")
    fs.set_policy("/key", NodePolicy(visibility="private"))
    shell = SandboxShell(ReadOnlyView(fs), view=VisibilityView({"public"}))

    assert told(shell.exec("ls; rm open")) == ("open\n", "rm: cannot remove 'open': Read-only file system\n", 1)


def test_a_hook_that_refuses_is_quoted(fs, shell):
    def refuse(event):
        raise ValueError(f"not {event.path}")

    fs.register_write_hook("/guarded", refuse, before=True)

    assert told(shell.exec("echo x > /guarded/f; mkdir /guarded; echo x > /guarded/f")) == (
        "",
        (
            "bash: line 1: /guarded/f: No such file or directory\n"
            "bash: line 1: /guarded/f: /guarded/f: refused: not /guarded/f\n"
        ),
        1,
    )
    assert fs.listdir("/guarded") == []


def test_dynamic_files_are_computed_when_read_and_their_failures_told(fs, shell):
    fs.mount_file("/now", lambda _: b"computed\n")
    fs.mount_file("/broken", lambda _: 1 / 0)

    assert told(shell.exec("cat /now; cat /broken")) == (
        "computed\n",
        "cat: /broken: /broken: could not be computed: ZeroDivisionError: division by zero\n",
        1,
    )


# ---------------------------------------------------------------- commands of the user


def test_a_users_function_becomes_a_command_with_arguments_stdin_and_directory(fs, shell):
    fs.mkdir("/work")

    shell.register_command("show", lambda call: f"{list(call.argv)} {call.stdin!r} {call.cwd} {call.path('f')}\n")

    assert told(shell.exec("cd /work; echo in | show 'a b' c | tr a-z A-Z")) == (
        "['A B', 'C'] B'IN\\N' /WORK /WORK/F\n",
        "",
        0,
    )


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("text", ("text", "", 0)),
        (b"bytes", ("bytes", "", 0)),
        (None, ("", "", 0)),
        (Output("out", "err", 4), ("out", "err", 4)),
        (3, ("", "mine: a command returns str, bytes, Output or None, not int\n", 1)),
    ],
)
def test_a_users_function_answers_in_one_of_a_few_ways(shell, given, expected):
    shell.register_command("mine", lambda _: given)

    assert told(shell.exec("mine")) == expected


@pytest.mark.parametrize(
    "error", [ValueError("went\nwrong"), KeyboardInterrupt("went wrong"), SystemExit("went wrong")]
)
def test_an_exception_of_a_users_function_is_one_line(shell, error):
    def fail(call):
        raise error

    shell.register_command("fail", fail)

    assert told(shell.exec("fail; echo $?; echo on")) == ("1\non\n", "fail: went wrong\n", 0)


def test_a_command_registered_in_mid_session_keeps_the_session(fs, shell):
    fs.mkdir("/work")
    shell.exec("cd /work; x=5; f() { echo f$x; }; declare -A m=([k]=v)")

    shell.register_command("later", lambda _: "later\n")

    assert told(shell.exec("later; f; pwd; echo ${m[k]}")) == ("later\nf5\n/work\nv\n", "", 0)


def test_a_command_may_replace_one_of_the_engine_and_works_under_xargs(shell):
    shell.register_command("cat", lambda call: f"no cats: {' '.join(call.argv)}\n")

    assert told(shell.exec("echo a b | xargs -n 1 cat")) == ("no cats: a\nno cats: b\n", "", 0)


def test_a_table_of_commands_and_services_can_be_given(fs):
    greet = Command(name="greet", usage="", help="Greet.", run=lambda call: Output(f"{call.services['greeting']}\n"))

    shell = SandboxShell(fs, commands=[greet], services={"greeting": "hello"})

    assert told(shell.exec("greet")) == ("hello\n", "", 0)


@pytest.mark.parametrize("name", ["cat", "grep", "tr", "sort", "wc", "sed", "xargs"])
def test_a_command_that_replaces_one_gets_what_a_pipe_brings(fs, shell, name):
    fs.write_file("/f", "piped\n")
    shell.register_command(name, lambda call: f"{call.name} {call.stdin!r} {call.piped}\n")

    lines = (f"seq 1 | {name}", f"echo a | {name} | head -1", f"{name} < /f", f"bash -c 'seq 1 | {name}'")

    assert [shell.exec(line).stdout for line in lines] == [
        f"{name} {stdin!r} True\n" for stdin in (b"1\n", b"a\n", b"piped\n", b"1\n")
    ]


def test_a_command_of_the_user_works_under_find_and_sees_the_environment_of_the_call(fs, shell):
    fs.write_file("/d/f", "")
    shell.register_command("mine", lambda call: f"{list(call.argv)} {call.env.get('X')} {call.cwd} {call.piped}\n")

    result = shell.exec("find /d -name f -exec mine a {} ';'; cd /d; export X=5; mine; X=6 mine; mine <(echo)")

    assert told(result) == (
        "['a', '/d/f'] None / False\n[] 5 /d False\n[] 6 /d False\n['/dev/fd/63'] 5 /d False\n",
        "",
        0,
    )


def test_a_command_of_the_user_reads_files_and_what_substitutions_give(fs, shell):
    fs.write_file("/f", "file\n")
    shell.register_command("both", lambda call: b"".join(call.read(each) for each in call.argv))

    result = shell.exec("both f <(echo sub) /dev/null /dev/stdin < f; both nope; both ''; both /dev/fd/9999")

    assert told(result) == (
        "file\nsub\nfile\n",
        (
            "both: /nope: No such file or directory\nboth: : No such file or directory\n"
            "both: /dev/fd/9999: No such file or directory\n"
        ),
        1,
    )


def test_a_command_that_gives_up_for_the_whole_script_says_so(shell):
    assert told(shell.exec("echo before; echo x | tee no/such; echo after")) == (
        "before\n",
        "sh: the script ends here: No such file or directory\n",
        1,
    )


@pytest.mark.parametrize("name", ["", "cd", "if", "a b", "a/b", "-x", "$x", "x" * 65, "é"])
def test_a_name_that_cannot_be_called_is_refused(shell, name):
    with pytest.raises(InvalidRequest, match="not a name for a command"):
        shell.register_command(name, lambda _: "")


# ---------------------------------------------------------------- stopping


def test_cancel_stops_a_run_keeps_what_was_printed_and_the_session_goes_on(shell, waiting):
    results = []
    runner = threading.Thread(target=lambda: results.append(shell.exec("x=1; echo before; wait-here; echo after")))
    runner.start()
    assert waiting.wait(DEADLINE)

    shell.cancel()
    runner.join(DEADLINE)

    assert [told(result) for result in results] == [("before\n", "sh: interrupted\n", 130)]
    assert told(shell.exec("echo on"))[0] == "on\n"


def test_a_sleep_is_cut_short_by_cancel(shell):
    sleeping = threading.Event()
    shell.register_command("mark", lambda _: sleeping.set())
    results = []
    runner = threading.Thread(target=lambda: results.append(shell.exec("mark; sleep 1000")))
    runner.start()
    assert sleeping.wait(DEADLINE)

    shell.cancel()
    runner.join(DEADLINE)

    assert [told(result) for result in results] == [("", "sh: interrupted\n", 130)]


def test_a_cancel_that_comes_just_before_the_engine_starts_is_not_lost(shell):
    run = shell._new_run("echo never")
    run.begin()

    shell._stop(run)

    assert told(shell._perform(run)) == ("", "sh: interrupted\n", 130)
    assert told(shell.exec("echo on")) == ("on\n", "", 0)


def test_cancel_of_an_idle_shell_does_nothing(shell):
    shell.cancel()

    assert told(shell.exec("echo on")) == ("on\n", "", 0)


def test_ctrl_c_stops_the_run_and_reaches_the_caller(shell):
    seen = threading.Event()

    def press_ctrl_c(call):
        signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)
        while not call.around.stopped():
            threading.Event().wait(0.001)
        seen.set()

    shell.register_command("press", press_ctrl_c)

    with pytest.raises(KeyboardInterrupt):
        shell.exec("press; echo never > /never")

    assert seen.is_set()
    assert told(shell.exec("ls; echo on")) == ("on\n", "", 0)


LOOPS = {
    "a loop": "while true; do :; done",
    "a loop of commands of ours": "while true; do ls > /dev/null; done",
    "a pipe": "while true; do echo x; done | cat > /dev/null",
    "a sleep": "sleep 1000",
    "a substitution": "x=$(while true; do :; done)",
    "a snippet": "python -c 'while True: pass'",
}


@pytest.mark.parametrize("line", LOOPS.values(), ids=LOOPS.keys())
def test_ctrl_c_stops_what_would_go_on_and_the_shell_and_the_files_stay_whole(fs, line):
    shell = SandboxShell(fs, timeout=1000, max_commands=10**9)
    shell.register_command("press", lambda _: signal.pthread_kill(threading.main_thread().ident, signal.SIGINT))

    with pytest.raises(KeyboardInterrupt):
        shell.exec(f"x=5; echo kept > /kept; press; {line}; echo never > /never")

    assert told(shell.exec("ls; echo $x")) == ("kept\n5\n", "", 0)


def test_ctrl_c_in_a_transaction_takes_everything_back(fs):
    shell = SandboxShell(fs, timeout=1000, max_commands=10**9)
    shell.register_command("press", lambda _: signal.pthread_kill(threading.main_thread().ident, signal.SIGINT))

    with pytest.raises(KeyboardInterrupt):
        shell.exec("echo x > /f; press; while true; do :; done", transaction=True)

    assert told(shell.exec("ls; echo on")) == ("on\n", "", 0)


def test_a_timeout_keeps_what_was_printed_and_gives_124(fs):
    result = SandboxShell(fs, timeout=0.05).exec("echo a; sleep 1000")

    assert told(result) == ("a\n", "sh: timed out (50ms)\n", 124)


def test_an_endless_loop_ends_at_the_limit_of_commands(fs):
    result = SandboxShell(fs, max_commands=50).exec("while true; do :; done")

    assert (result.exit_code, "command count" in result.stderr) == (1, True)


def test_output_over_the_limit_is_cut_and_said_to_be(fs):
    result = SandboxShell(fs, max_output=10).exec("echo 012345678901234; echo ééééééééé >&2")

    assert (result.stdout, result.stderr, result.truncated) == ("0123456789", "ééééé", True)


@pytest.mark.parametrize("line", ["seq 3000000 | tail -n 1", "yes | head -n 20000 | wc -l"])
def test_the_engines_own_caps_show_as_truncated(shell, line):
    result = shell.exec(line)

    assert result.truncated
    assert "output truncated" in result.stderr


# ---------------------------------------------------------------- threads and loops


def test_a_shell_works_inside_a_running_event_loop(shell):
    async def main():
        return shell.exec("echo sync").stdout, (await shell.exec_async("echo async; sleep 0.01")).stdout

    assert asyncio.run(main()) == ("sync\n", "async\n")


def test_cancelling_the_task_stops_the_run(shell, waiting):
    async def main():
        task = asyncio.create_task(shell.exec_async("wait-here; echo never > /never"))
        assert await asyncio.to_thread(waiting.wait, DEADLINE)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return await shell.exec_async("ls; echo on")

    assert told(asyncio.run(main())) == ("on\n", "", 0)


def test_a_cancelled_task_that_waits_for_its_turn_never_runs(shell, waiting):
    async def main():
        first = asyncio.create_task(shell.exec_async("wait-here"))
        assert await asyncio.to_thread(waiting.wait, DEADLINE)
        second = asyncio.create_task(shell.exec_async("echo never > /never"))
        await asyncio.sleep(0)
        second.cancel()
        with pytest.raises(asyncio.CancelledError):
            await second
        shell.cancel()
        return (await first).exit_code

    assert asyncio.run(main()) == 130
    assert told(shell.exec("ls")) == ("", "", 0)


def test_threads_take_turns_on_one_shell(fs, shell):
    def work(number):
        for _ in range(10):
            shell.exec(f"x={number}; echo $x >> /log; [ $x = {number} ] || echo mixed >> /log")

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(DEADLINE)

    assert sorted(fs.read_lines("/log")) == sorted(str(number) for number in range(4) for _ in range(10))


def test_several_shells_work_on_one_file_system_at_once(fs):
    shells = [SandboxShell(fs) for _ in range(4)]
    meeting = threading.Barrier(4, timeout=DEADLINE)
    for each in shells:
        each.register_command("meet", lambda _: meeting.wait() and None)

    threads = [
        threading.Thread(target=each.exec, args=(f"meet; cd /; mkdir d{number}; echo {number} > d{number}/f",))
        for number, each in enumerate(shells)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(DEADLINE)

    assert [fs.read_text(f"/d{number}/f") for number in range(4)] == ["0\n", "1\n", "2\n", "3\n"]


def test_a_command_a_hook_and_a_provider_cannot_enter_a_shell(fs, shell):
    other = SandboxShell(fs)
    fs.mount_file("/dynamic", lambda _: shell.exec("ls").stdout)
    fs.register_write_hook("/hooked", lambda _: other.exec("ls"), before=True)
    shell.register_command("again", lambda _: shell.exec("ls").stdout)
    shell.register_command("more", lambda _: shell.register_command("x", lambda _: ""))
    words = "a command, hook or provider that a shell waits for can't use a shell: use the file system"

    result = shell.exec("again; more; cat /dynamic; echo x > /hooked")

    assert told(result) == (
        "",
        (
            f"again: {words}\nmore: {words}\n"
            f"cat: /dynamic: /dynamic: could not be computed: Unsupported: {words}\n"
            f"bash: line 1: /hooked: /hooked: refused: {words}\n"
        ),
        1,
    )


def test_a_missing_engine_is_told_when_the_shell_is_used(fs, monkeypatch):
    monkeypatch.setitem(sys.modules, "bashkit", None)

    with pytest.raises(Unsupported, match="needs the package bashkit"):
        SandboxShell(fs).exec("ls")


# ---------------------------------------------------------------- resources


def test_the_engine_is_not_loaded_before_a_shell_is_used():
    program = (
        "import sys; from jupyter_sandfs.shell.shell import SandboxShell\n"
        "from jupyter_sandfs.vfs.filesystem import VirtualFileSystem\n"
        "shell = SandboxShell(VirtualFileSystem())\n"
        "print('bashkit' in sys.modules, 'asyncio' in sys.modules)\n"
        "print(shell.exec('echo used').stdout, 'bashkit' in sys.modules)\n"
    )

    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=60)

    assert (ran.stdout, ran.stderr, ran.returncode) == ("False False\nused\n True\n", "", 0)


def test_a_shell_that_is_dropped_leaves_nothing_behind(fs):
    def use_a_shell():
        shell = SandboxShell(fs)
        shell.register_command("mine", lambda _: f"{shell.cwd}\n")
        assert told(shell.exec("mine")) == ("/\n", "", 0)
        return [mount for mount in Mount._living.values() if mount.system is fs]

    used = len(use_a_shell())
    gc.collect()

    assert (used, [mount for mount in Mount._living.values() if mount.system is fs]) == (1, [])


def test_the_end_of_the_process_stops_what_still_runs():
    program = (
        "import threading\n"
        "from jupyter_sandfs.shell.shell import SandboxShell\n"
        "from jupyter_sandfs.vfs.filesystem import VirtualFileSystem\n"
        "shell, running = SandboxShell(VirtualFileSystem()), threading.Event()\n"
        "shell.register_command('mark', lambda _: running.set())\n"
        "threading.Thread(target=shell.exec, args=('mark; while true; do sleep 1000; done',), daemon=True).start()\n"
        "assert running.wait(20)\n"
    )

    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=60)

    assert (ran.stdout, ran.stderr, ran.returncode) == ("", "", 0)


def test_the_engine_gives_all_memory_back_after_each_run(fs, shell):
    fs.write_file("/f", "x" * 1000)
    shell.exec("cat f f f; ls; find /; cat nope; echo a > no/such; cp f g; ln -s f l; readlink l")
    mounts = [mount for mount in Mount._living.values() if mount.system is fs]

    assert [len(mount.loans) for mount in mounts] == [0]
