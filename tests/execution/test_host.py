"""Commands of the host: what they get, what they can't reach, and that nothing of them stays."""

from __future__ import annotations

import os
import secrets
import socket
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

from jupyter_sandfs.errors import InvalidRequest, NotFound, Unsupported
from jupyter_sandfs.execution import job, watches
from jupyter_sandfs.execution.bubblewrap import Wall
from jupyter_sandfs.execution.environment import homes
from jupyter_sandfs.execution.host import HostCommand, HostLimits, HostOptions, run_host
from jupyter_sandfs.execution.job import Stop
from jupyter_sandfs.vfs.actions import ChangeKind
from jupyter_sandfs.vfs.policy import NodePolicy
from jupyter_sandfs.vfs.views.view import VisibilityView

_BOUND = 20.0  # seconds that anything here may take at the very most


@pytest.fixture
def mark():
    """An argument of `sleep` by which its process is known, also from those of other runs of these tests."""
    return f"86{secrets.randbelow(10**9)}"


def told(result):
    return result.stdout, result.stderr, result.exit_code


def sh(fs, script, path="/", *, sync=False, stdin=b"", **limits):
    options = HostOptions(limits=replace(HostLimits(seconds=_BOUND), **limits))
    return run_host(fs, ["sh", "-c", script], path, sync=sync, stdin=stdin, options=options)


def python(fs, code, **limits):
    options = HostOptions(limits=replace(HostLimits(seconds=_BOUND), **limits))
    return run_host(fs, ["python3", "-c", code], options=options)


def processes(mark):
    """Command lines of this machine that end in `mark`."""
    found = []
    for each in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            found.append(each.read_bytes())
        except OSError:
            continue  # it has just ended
    return [line for line in found if line.endswith(f"{mark}\0".encode())]


def wait_for(arguments):
    """Wait until a process with exactly these arguments runs."""
    deadline = time.monotonic() + _BOUND
    while "\0".join([*arguments, ""]).encode() not in processes(arguments[-1]) and time.monotonic() < deadline:
        threading.Event().wait(0.01)


# ---------------------------------------------------------------- what a command gets


def test_a_command_finds_its_directory_and_its_input(wall, fs):
    fs.write_file("/d/a.txt", "content\n")
    fs.write_file("/outside", "x")

    assert told(sh(fs, "pwd; ls -A; cat a.txt; cat", "/d", stdin=b"in \xff\n")) == (
        "/sandfs\na.txt\ncontent\nin \ufffd\n",
        "",
        0,
    )


def test_output_is_kept_as_bytes(wall, fs):
    assert sh(fs, "printf '\\377\\000'").output == b"\xff\x00"


def test_without_sync_all_is_discarded(wall, fs, temporary):
    fs.write_file("/a", "old")

    result = sh(fs, "echo new > a; echo new > b")
    assert (result.exit_code, result.changes, fs.read_file("/a"), fs.exists("/b")) == (0, (), "old", False)
    assert list(temporary.iterdir()) == []


def test_with_sync_changes_come_back_as_one_action(wall, fs):
    fs.write_file("/d/a", "old")
    fs.write_file("/d/b", "old")

    result = sh(fs, "echo new > a; rm b; mkdir c; ln -s /etc/passwd link", "/d", sync=True)
    assert [(each.kind, each.path) for each in result.changes] == [
        (ChangeKind.REMOVED, "/d/b"),
        (ChangeKind.CHANGED, "/d/a"),
        (ChangeKind.ADDED, "/d/c"),
    ]
    assert (result.exit_code, result.stderr) == (0, "host: /d/link: a link or a special file: stays behind\n")
    assert len({each.action for each in fs.log()[-3:]}) == 1


def test_refused_changes_are_listed_and_nothing_comes_back(wall, fs):
    fs.write_file("/fixed", "old")
    fs.write_file("/log", "one\n")
    fs.set_policy("/fixed", NodePolicy(writable=False))
    fs.set_policy("/log", NodePolicy(append_only=True))

    result = sh(fs, "echo new > fixed; echo two >> log", sync=True)
    words = "host: nothing was written back: some of it was refused\nhost: /fixed: Read-only file system\n"
    assert (told(result), result.changes) == (("", words, 1), ())
    assert (fs.read_file("/fixed"), fs.read_file("/log")) == ("old", "one\n")


def test_a_view_gives_what_it_sees(wall, fs):
    fs.write_file("/secret", "s")
    fs.write_file("/plain", "p")
    fs.set_policy("/secret", NodePolicy(visibility="private"))

    result = run_host(fs.view(VisibilityView({"public"})), ["sh", "-c", "ls; rm *"], sync=True)
    assert (told(result), fs.listdir("/")) == (("plain\n", "", 0), ["secret"])


@pytest.mark.parametrize(
    ("script", "code"), [("exit 3", 3), ("true", 0), ("kill -9 $$", 137), ("nothing-of-this-name", 127)]
)
def test_the_exit_code_is_the_commands(wall, fs, script, code):
    assert sh(fs, script).exit_code == code


def test_a_command_that_does_not_exist_is_named(wall, fs):
    result = run_host(fs, ["nothing-of-this-name", "x"])

    assert (result.exit_code, "nothing-of-this-name" in result.stderr) == (127, True)


@pytest.mark.parametrize("argv", [[], "ls", ["a\0b"], [1], ["\ud800"]])
def test_what_is_no_command_is_refused(fs, argv):
    with pytest.raises(InvalidRequest):
        run_host(fs, argv)


def test_the_directory_must_be_one(wall, fs):
    with pytest.raises(NotFound):
        run_host(fs, ["ls"], "/nope")


def test_numpy_and_pandas_work_as_in_the_kernel(wall, fs):
    fs.write_file("/data/weather.csv", "month,rain\n" + "".join(f"{month},{month * 10}\n" for month in range(1, 13)))
    script = """
import numpy as np
import pandas as pd

table = pd.read_csv("weather.csv")
table["wet"] = np.where(table["rain"] > table["rain"].mean(), 1, 0)
table.groupby("wet")["rain"].agg(["count", "sum"]).to_csv("wet.csv")
print(int(table["rain"].sum()), np.linalg.norm(np.ones(4)))
"""
    fs.write_file("/data/clean.py", script)

    result = run_host(fs, ["python3", "clean.py"], "/data", sync=True)
    assert told(result) == ("780 2.0\n", "", 0)
    assert fs.read_file("/data/wet.csv") == "wet,count,sum\n0,6,210\n1,6,570\n"
    assert sorted(fs.listdir("/data")) == ["clean.py", "weather.csv", "wet.csv"]


def test_an_installation_is_shown_wherever_it_is_but_for_its_passwords(wall, fs, tmp_path):
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "tool").write_text("#!/bin/sh\necho tool")
    (tmp_path / "bin" / "tool").chmod(0o755)
    (tmp_path / "pip.conf").write_text("password")

    options = HostOptions(prefixes=(str(tmp_path),))
    result = run_host(fs, ["sh", "-c", f"tool; cat {tmp_path}/pip.conf; ls -A {tmp_path}"], options=options)
    assert told(result) == ("tool\nbin\npip.conf\n", "", 0)


def test_where_it_can_it_runs_as_somebody_who_is_not_root(wall, fs, mark):
    fs.write_file("/d/a", "old")
    options = HostOptions(prefixes=None, limits=HostLimits(seconds=_BOUND, processes=10))
    bomb = "for i in 1 2 3 4 5 6 7 8 9 10 11 12; do sleep 0.2 & done; wait"

    script = "echo new > d/a; mkdir d/e; chmod 000 d/e; stat -c %a ."
    written = run_host(fs, ["sh", "-c", script], sync=True, options=options)
    bombed = run_host(fs, ["sh", "-c", bomb], options=options)
    assert (told(written), fs.read_file("/d/a"), fs.is_dir("/d/e")) == (("700\n", "", 0), "new\n", True)
    assert ("fork" in bombed.stderr, bombed.missing) == (True, ())


def test_it_is_the_kernels_python_unless_left_out(wall, fs):
    code = "import sys; print(sys.prefix)"

    assert python(fs, code).stdout == f"{sys.prefix}\n"
    options = HostOptions(prefixes=None)
    assert run_host(fs, ["python3", "-c", code], options=options).stdout in {"/usr\n", ""}


# ---------------------------------------------------------------- what it can't reach


def test_there_is_no_network(wall, fs):
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        address = server.getsockname()
        result = python(fs, f"import socket; socket.create_connection({address!r}, timeout=5)")

        assert (result.exit_code, "ConnectionRefusedError" in result.stderr) == (1, True)
        with pytest.raises(BlockingIOError):
            server.accept()


def test_sockets_of_the_host_are_not_there(wall, fs, tmp_path):
    path = tmp_path / "s"
    with socket.socket(socket.AF_UNIX) as server, socket.socket(socket.AF_UNIX) as abstract:
        server.bind(str(path))
        server.listen()
        abstract.bind("\0sandfs-test")
        abstract.listen()

        code = "import socket, sys; socket.socket(socket.AF_UNIX).connect({})"
        assert "FileNotFoundError" in python(fs, code.format(repr(str(path)))).stderr
        assert "ConnectionRefusedError" in python(fs, code.format("'\\0sandfs-test'")).stderr


def test_there_is_no_file_of_the_host(wall, fs, tmp_path):
    (tmp_path / "secret").write_text("s")
    roots = sh(fs, "ls -A /").stdout.split()

    known = {"bin", "dev", "etc", "lib", "lib64", "proc", "sandfs", "sbin", "tmp", "usr"}
    tops = {Path(prefix).parts[1] for prefix in HostOptions().prefixes}
    assert set(roots) <= known | tops
    assert sh(fs, f"cat {tmp_path}/secret").exit_code == 1
    assert sh(fs, f"ls {Path.home()}/.bashrc {Path.home()}/.ssh {Path.home()}/.jupyter").stdout == ""
    assert sh(fs, "cat /etc/passwd /etc/shadow /etc/hostname").stdout == ""


def test_a_home_around_the_prefix_shows_nothing_but_the_way(wall, fs):
    for prefix in HostOptions().prefixes:
        for directory in list(Path(prefix).parents)[:-1]:
            listed = sh(fs, f"ls -A {directory}").stdout.split()
            assert set(listed) <= {
                Path(each).relative_to(directory).parts[0]
                for each in HostOptions().prefixes
                if Path(each).is_relative_to(directory) and Path(each) != directory
            }


@pytest.mark.parametrize("target", ["/usr/x", "/x", "/etc/x", "/dev/x", "/proc/sys/kernel/hostname", f"{sys.prefix}/x"])
def test_nothing_but_its_own_can_be_written(wall, fs, target):
    result = sh(fs, f"echo x > {target}")

    assert result.exit_code != 0
    assert not Path(target).exists() or target.startswith("/proc")


def test_settings_of_this_machine_cannot_be_written(wall, fs):
    assert sh(fs, "find /proc/sys /proc/sysrq-trigger -writable").stdout == ""


def test_the_environment_and_the_identity_are_clean(wall, fs, monkeypatch):
    monkeypatch.setenv("SECRET_TOKEN", "t")

    names = {line.partition("=")[0] for line in sh(fs, "env").stdout.splitlines()}
    assert names <= {
        *("PATH", "HOME", "USER", "LANG", "TZ", "PWD", "OLDPWD", "SHLVL", "_"),
        *("PYTHONNOUSERSITE", "PYTHONDONTWRITEBYTECODE", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"),
    }
    assert sh(fs, "id -u; hostname; tr '\\0' '\\n' < /proc/1/environ | grep -c SECRET").stdout == "1000\nsandbox\n0\n"


def test_no_process_of_the_host_is_seen(wall, fs):
    pids = python(fs, "import os; print(*[p for p in os.listdir('/proc') if p.isdigit()])").stdout.split()

    assert str(os.getpid()) not in set(pids) - {"1", "2", "3"}
    assert len(pids) <= 3


def test_no_privilege_and_no_user_namespace_is_to_be_had(wall, fs):
    status = sh(fs, "grep -E '^(Cap|NoNewPrivs)' /proc/self/status").stdout.split()

    assert status[1:10:2] == ["0000000000000000"] * 5
    assert status[-1] == "1"
    assert sh(fs, "unshare --user true").exit_code != 0
    assert sh(fs, "mount -t tmpfs none /tmp").exit_code != 0


def test_links_in_its_directory_lead_nowhere_and_leave_the_host_alone(wall, fs, tmp_path):
    (tmp_path / "secret").write_text("s")

    result = sh(fs, f"ln -s {tmp_path}/secret l; cat l; ln -s / root; rm -rf root/ l", sync=True)
    assert ("s" not in result.stdout, (tmp_path / "secret").read_text()) == (True, "s")


# ---------------------------------------------------------------- limits


def test_time_is_limited_and_nothing_stays(wall, fs, temporary, mark):
    result = sh(fs, f"setsid sleep {mark} & sleep {mark}", sync=True, seconds=0.3)

    assert told(result) == ("", "host: stopped after 0.3 s\n", 124)
    assert (processes(mark), list(temporary.iterdir())) == ([], [])


def test_what_runs_in_the_background_ends_with_the_command(wall, fs, temporary, mark):
    script = f"(trap '' TERM HUP INT; setsid sleep {mark} <&- >&- 2>&-) & setsid sleep {mark} & echo done"

    begun = time.monotonic()
    assert told(sh(fs, script)) == ("done\n", "", 0)
    assert time.monotonic() - begun < _BOUND / 2
    assert (processes(mark), list(temporary.iterdir())) == ([], [])


def test_a_fork_bomb_is_stopped(wall, fs, temporary, mark):
    # It doubles eight times and no more: should it ever not be stopped, this machine stays usable.
    bomb = "bomb() { if [ $1 -gt 0 ]; then bomb $(($1 - 1)) & bomb $(($1 - 1)) & fi; while :; do :; done; };"
    result = run_host(
        fs,
        ["bash", "-c", f"{bomb} bomb 8; sleep {mark}"],
        options=HostOptions(limits=HostLimits(seconds=_BOUND, processes=40)),
    )

    assert result.exit_code == 1
    assert "more than 40 processes" in result.stderr or "fork" in result.stderr
    assert (processes(mark), list(temporary.iterdir())) == ([], [])


def test_memory_is_limited_for_each_process_and_for_all(wall, fs):
    one = python(fs, "x = bytearray(600 << 20)", memory_bytes=512 << 20)
    many = sh(
        fs,
        "for i in 1 2 3 4; do python3 -c 'x = bytearray(100 << 20); import time; time.sleep(15)' & done; wait",
        memory_bytes=300 << 20,
    )

    assert (one.exit_code, one.stderr.splitlines()[-1]) == (1, "MemoryError")
    assert told(many) == ("", "host: stopped: more than 300 MiB of memory\n", 1)


def test_files_are_limited_in_size(wall, fs):
    result = sh(fs, "dd if=/dev/zero of=big bs=1M count=3; ls -l big", sync=True, file_bytes=1 << 20)

    assert "File size limit" in result.stderr or "File too large" in result.stderr
    assert fs.stat("/big").size == 1 << 20


def test_scratch_space_is_limited(wall, fs):
    result = sh(fs, "head -c 300M /dev/zero > /tmp/x; head -c 100M /dev/zero > /dev/shm/x; df -k /tmp | tail -1")

    assert result.stderr.count("No space left on device") == 2


def test_a_full_disk_is_noticed(wall, fs, temporary, monkeypatch):
    free = iter([10 << 20])
    monkeypatch.setattr(watches, "free_bytes", lambda _top: next(free, 1 << 20))

    result = sh(fs, "sleep 86399", disk_bytes=5 << 20)
    assert told(result) == ("", "host: stopped: it wrote more than 5 MiB\n", 1)


def test_output_is_limited_and_the_command_goes_on(wall, fs):
    result = sh(fs, "head -c 3000000 /dev/zero | tr '\\0' x; echo end >&2", output_bytes=1000)

    assert (result.output, result.stderr, result.exit_code, result.truncated) == (b"x" * 1000, "end\n", 0, True)


def test_input_that_is_not_read_is_no_matter(wall, fs):
    assert told(sh(fs, "echo no", stdin=b"x" * 5_000_000)) == ("no\n", "", 0)


def test_input_and_output_may_both_be_long(wall, fs):
    result = sh(fs, "cat", stdin=b"x" * 3_000_000, output_bytes=4_000_000)

    assert (len(result.output), result.exit_code) == (3_000_000, 0)


@pytest.mark.parametrize("name", HostLimits.__slots__)
def test_no_limit_is_zero(name):
    with pytest.raises(InvalidRequest):
        HostLimits(**{name: 0})


# ---------------------------------------------------------------- stopping


def test_a_command_is_stopped_from_another_thread_and_brings_nothing_back(wall, fs, temporary, mark):
    command = HostCommand(fs, ["sh", "-c", f"echo x > new; echo begun; sleep {mark}"], "/", sync=True)
    future = job.start(command)
    wait_for(["sleep", mark])

    command.stop(Stop.CANCELLED)
    result = future.result(_BOUND)
    assert told(result) == ("begun\n", "host: interrupted\n", 130)
    assert (fs.exists("/new"), processes(mark), list(temporary.iterdir())) == (False, [], [])


def test_a_command_that_is_stopped_before_it_began_does_nothing(wall, fs, temporary):
    fs.write_file("/a", "x")
    command = HostCommand(fs, ["sh", "-c", "echo no"], "/")

    command.stop(Stop.CANCELLED)
    assert (told(command.perform()), list(temporary.iterdir())) == (("", "host: interrupted\n", 130), [])


@pytest.mark.parametrize("program", [b"/bin/sh", b"sleep"])
def test_when_the_kernel_is_killed_its_commands_end(wall, tmp_path, mark, program):
    code = (
        "from jupyter_sandfs.execution.host import run_host\n"
        "from jupyter_sandfs.vfs.filesystem import VirtualFileSystem\n"
        f"run_host(VirtualFileSystem(), ['sleep', '{mark}'])\n"
    )
    kernel = subprocess.Popen([sys.executable, "-c", code], env={**os.environ, "TMPDIR": str(tmp_path)})
    deadline = time.monotonic() + _BOUND
    try:
        while not any(line.startswith(program) for line in processes(mark)) and time.monotonic() < deadline:
            threading.Event().wait(0.001)
        assert any(line.startswith(program) for line in processes(mark))
    finally:
        kernel.kill()
        kernel.wait()
    while processes(mark) and time.monotonic() < deadline:
        threading.Event().wait(0.02)
    assert processes(mark) == []


# ---------------------------------------------------------------- without a wall


def no_wall():
    return "bubblewrap is not installed"


def test_without_isolation_it_refuses_and_says_how_to_allow_it(fs):
    with pytest.raises(Unsupported) as caught:
        run_host(fs, ["ls"], options=HostOptions(find=no_wall))

    assert str(caught.value) == (
        "host commands are not run without isolation, and there is none here: bubblewrap is not installed. "
        "Install bubblewrap, or allow it with c.SandFS.host_allow_unisolated = True"
    )


def test_a_wall_that_fails_when_it_is_needed_is_no_result_of_the_command(fs, temporary, tmp_path):
    broken = tmp_path / "bwrap"
    broken.write_text("#!/bin/sh\necho 'bwrap: something went wrong' >&2\nexit 1\n")
    broken.chmod(0o755)

    with pytest.raises(Unsupported, match="could not be started: bwrap: something went wrong"):
        run_host(fs, ["true"], options=HostOptions(find=lambda: Wall(str(broken))))
    assert list(temporary.iterdir()) == []


def test_a_user_without_account_and_home_has_no_home_to_hide(monkeypatch):
    monkeypatch.delenv("HOME")
    monkeypatch.setattr(os, "getuid", lambda: 4_000_000)

    assert homes() == []


def test_allowed_without_isolation_it_warns_each_time_and_still_bounds(fs, temporary, mark):
    options = HostOptions(find=no_wall, allow_unisolated=True, limits=HostLimits(seconds=0.5))
    fs.write_file("/a", "x")
    warning = (
        "host: warning: not isolated (bubblewrap is not installed): "
        "the command can reach this machine's files and network\n"
    )

    quick = run_host(fs, ["sh", "-c", "ls; echo new > b"], sync=True, options=options)
    slow = run_host(fs, ["sleep", mark], options=options)
    assert (told(quick), quick.isolation, quick.missing) == (("a\n", warning, 0), "none", ("everything",))
    assert fs.read_file("/b") == "new\n"
    assert told(slow) == ("", f"{warning}host: stopped after 0.5 s\n", 124)
    assert (processes(mark), list(temporary.iterdir())) == ([], [])


def test_the_result_says_what_an_old_wall_lacks(wall, fs):
    old = replace(wall, lacks=frozenset({"--disable-userns"}))

    result = run_host(fs, ["true"], options=HostOptions(find=lambda: old))
    assert (result.isolation, result.missing[-1]) == ("bubblewrap", "user namespaces of its own are not prevented")
