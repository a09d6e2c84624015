"""What an agent may add, whichever way it goes: the count is exact, and a refused call changed nothing."""

from __future__ import annotations

import pytest

from jupyter_sandfs.agents.rules import Rule, Rules
from jupyter_sandfs.agents.toolset import Toolset
from jupyter_sandfs.errors import HookError, InvalidRequest, QuotaReached
from jupyter_sandfs.sandbox import Sandbox
from jupyter_sandfs.vfs import actions
from jupyter_sandfs.vfs.quotas import Quota
from jupyter_sandfs.vfs.views.view import VisibilityView

BYTES = Quota(bytes=100)
BIG = "x" * 101


@pytest.fixture
def full(sandbox):
    sandbox.fs.write_file("/big", BIG)
    sandbox.files.put("files/big", BIG.encode())
    return sandbox


def everything(sandbox):
    return [
        (top, names, [sandbox.fs.read_bytes(f"{top}/{name}") for name in names]) for top, _, names in sandbox.fs.walk()
    ]


WAYS = [
    ("sandbox_fs_write", {"path": "/a", "content": BIG}),
    ("sandbox_fs_edit", {"path": "/big", "old_text": "x", "new_text": "xx", "replace_all": True}),
    ("sandbox_exec", {"command": "cp /big /a"}),
    ("sandbox_exec", {"command": f"echo {BIG} > /a"}),
    ("sandbox_exec", {"command": "cat /big >> /big"}),
    ("sandbox_exec", {"command": "tar cf /a.tar /big"}),
    ("sandbox_exec", {"command": "stage files/big /a"}),
    ("sandbox_exec", {"command": "echo hi | tee /a /b /c; cat /big | sort > /d"}),
    ("sandbox_python", {"code": f"open('/a', 'w').write('{BIG}')"}),
    ("sandbox_stage_file", {"file_key": "files/big", "destination": "/a"}),
    ("str_replace_based_edit_tool", {"command": "create", "path": "/a", "file_text": BIG}),
    ("memory", {"command": "create", "path": "/memories/a", "file_text": BIG}),
    ("bash", {"command": "cp /big /a"}),
]


@pytest.mark.parametrize("viewed", [False, True])
@pytest.mark.parametrize(("tool", "arguments"), WAYS)
def test_no_way_leads_around_a_quota(full, tool, arguments, viewed):
    whole = full.view(VisibilityView({"public"}), keys=["files/big"]) if viewed else full
    tools = [Toolset(whole, "bob", dialect="anthropic", native=native, quota=BYTES) for native in (False, True)]
    size = full.fs.stats().total_size

    answer = tools[tool not in tools[0].names].call(tool, arguments)

    assert answer.is_error or answer.data["exit_code"] != 0
    assert "quota" in answer.text
    assert full.fs.stats().total_size - size == tools[0].desk.allowance.bytes_used <= 100


def test_a_refused_call_of_a_tool_for_files_changes_nothing(full):
    tools, before = Toolset(full, "bob", quota=BYTES), everything(full)

    answer = tools.call("sandbox_fs_write", {"path": "/d/e/a", "content": BIG})

    assert answer.text == "/d/e/a: Disk quota exceeded (101 more bytes, with 0 of a quota of 100 used)"
    assert everything(full) == before


def test_files_and_directories_count(sandbox):
    tools = Toolset(sandbox, "bob", quota=Quota(files=3))

    assert not tools.call("sandbox_fs_write", {"path": "/d/e/a", "content": "1"}).is_error
    assert (
        "(1 more files, with 3 of a quota of 3 used)"
        in tools.call("sandbox_fs_write", {"path": "/b", "content": ""}).text
    )
    assert "quota" in tools.call("sandbox_exec", {"command": "mkdir /c"}).text
    assert "quota" in tools.call("sandbox_exec", {"command": "ln -s /d /l"}).text
    assert not tools.call("sandbox_fs_write", {"path": "/d/e/a", "content": "2"}).is_error
    assert sandbox.fs.stats().node_count == 4


def test_what_is_removed_makes_room_and_what_is_taken_back_counts_again(sandbox):
    tools = Toolset(sandbox, "bob", quota=BYTES)
    tools.call("sandbox_fs_write", {"path": "/a", "content": "x" * 100})
    tools.call("sandbox_fs_delete", {"path": "/a"})
    tools.call("sandbox_fs_write", {"path": "/b", "content": "x" * 60})

    told = tools.call("sandbox_exec", {"command": "undo; undo; undo"})

    assert (tools.desk.allowance.bytes_used, sandbox.fs.stats().total_size, told.is_error) == (0, 0, False)
    assert "quota" in tools.call("sandbox_fs_write", {"path": "/c", "content": BIG}).text


def test_a_quota_is_the_agents_whatever_tools_it_has_and_no_one_elses(sandbox):
    Toolset(sandbox, "bob", quota=BYTES).call("sandbox_fs_write", {"path": "/a", "content": "x" * 90})

    again = Toolset(sandbox.view(VisibilityView({"public"})), "bob", quota=BYTES)
    assert again.call("sandbox_fs_write", {"path": "/b", "content": "x" * 11}).is_error
    assert (
        not Toolset(sandbox, "ann", quota=BYTES).call("sandbox_fs_write", {"path": "/b", "content": "x" * 99}).is_error
    )
    sandbox.fs.write_file("/owner", BIG)
    assert again.desk.allowance.bytes_used == 90


def test_a_quota_goes_with_rules(sandbox):
    tools = Toolset(sandbox, "bob", quota=BYTES, rules=Rules(Rule("deny", "write", "/no")))

    assert "rule" in tools.call("sandbox_fs_write", {"path": "/no", "content": ""}).text
    assert "quota" in tools.call("sandbox_exec", {"command": f"echo {BIG} > /yes"}).text


def test_a_branch_counts_on_its_own_from_where_it_began(sandbox):
    tools = Toolset(sandbox, "bob", quota=BYTES)
    tools.call("sandbox_fs_write", {"path": "/a", "content": "x" * 60})

    told = tools.call(
        "sandbox_exec", {"command": "branch b; branch switch b; head -c 40 /a > /b; ls; head -c 1 /a > /c"}
    )

    assert "a\nb\n" in told.data["stdout"]
    assert "/c: Disk quota exceeded" in told.text
    assert tools.desk.allowance.bytes_used == 60


def test_what_an_after_hook_takes_back_does_not_count(sandbox):
    tools = Toolset(sandbox, "bob", quota=BYTES)

    def refuse(event):
        raise HookError(event.path, "no")

    sandbox.fs.register_write_hook("/no", refuse)
    assert tools.call("sandbox_fs_write", {"path": "/no/a", "content": "x" * 50}).is_error
    assert (tools.desk.allowance.bytes_used, tools.desk.allowance.files_used) == (0, 0)


def test_a_transaction_that_fails_gives_back_what_it_took(sandbox):
    tools = Toolset(sandbox, "bob", quota=BYTES)

    with pytest.raises(QuotaReached), tools.desk.fs.transaction():
        tools.desk.fs.write_file("/a", "x" * 99)
        tools.desk.fs.write_file("/b", "xx")

    assert (tools.desk.allowance.bytes_used, sandbox.fs.listdir()) == (0, [])


def test_a_transaction_does_not_take_back_what_there_is_no_room_for_any_more_and_says_so(sandbox):
    tools = Toolset(sandbox, "bob", quota=BYTES)
    tools.call("sandbox_fs_write", {"path": "/a", "content": "x" * 100})

    with pytest.raises(QuotaReached, match=r"/a: .*not rolled back") as caught, tools.desk.fs.transaction():
        tools.desk.fs.remove("/a")
        with actions.apart():  # as from another session
            tools.desk.fs.write_file("/b", "y" * 100)
        raise ZeroDivisionError

    assert isinstance(caught.value.__cause__, ZeroDivisionError)
    assert (tools.desk.allowance.bytes_used, sandbox.fs.listdir()) == (100, ["b"])


@pytest.mark.parametrize("bounds", [{"bytes": -1}, {"files": "many"}, {"bytes": True}])
def test_a_quota_is_a_number(bounds):
    with pytest.raises(InvalidRequest, match="a quota is a number of bytes or files"):
        Quota(**bounds)


def test_a_replay_has_the_quota_again(sandbox):
    tools = sandbox.tools(agent="bob", quota=Quota(files=1))
    tools.call("sandbox_fs_write", {"path": "/a", "content": "1"})
    tools.call("sandbox_fs_write", {"path": "/b", "content": "1"})
    again = Sandbox("again")

    assert sandbox.transcript.replay(again).differing == ()
    assert again.fs.listdir() == ["a"]
    again.close()


def test_what_a_command_of_the_host_leaves_counts(sandbox, part):
    part("bwrap")
    sandbox.fs.mkdir("/d")
    tools = Toolset(sandbox, "bob", quota=BYTES)

    refused = tools.call("sandbox_exec", {"command": "host --sync -p /d sh -c 'head -c 101 /dev/zero > big'"})
    assert "quota" in refused.text
    assert (sandbox.fs.listdir("/d"), tools.desk.allowance.bytes_used) == ([], 0)
    taken = tools.call("sandbox_exec", {"command": "host --sync -p /d sh -c 'head -c 99 /dev/zero > small'"})
    assert (taken.data["exit_code"], tools.desk.allowance.bytes_used) == (0, 99), taken.text
