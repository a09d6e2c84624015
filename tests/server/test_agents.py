"""What an agent over HTTP asks of a kernel: patience, deadlines, and what becomes of a call that nobody waits for."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import pytest

from jupyter_sandfs.agents.mcp.source import LARGEST
from jupyter_sandfs.errors import FileTooLarge, KernelBusy, LimitExceeded, SandboxNotFound
from jupyter_sandfs.rpc.messages import Reply
from jupyter_sandfs.server import agents
from jupyter_sandfs.server.addressing import Target
from jupyter_sandfs.server.agents import KernelSource

PATIENCE = 60.0
DONE = {"text": "done", "data": {"ok": True}, "isError": False, "changes": ["/a"]}


@dataclass
class Kernel:
    """Links to a kernel whose answers are written down; an error is raised.

    Attributes:
        answers: of each operation, in order; the last one again and again.
        asked: names of operations, in order.
        waited_for, heard: are set when the answer of a call is asked for, and when it is to be stopped.
    """

    answers: dict[str, list]
    asked: list[str] = field(default_factory=list)
    waited_for: asyncio.Event = field(default_factory=asyncio.Event)
    heard: asyncio.Event = field(default_factory=asyncio.Event)

    async def ask(self, kernel_id, request, *, seconds=None):
        del kernel_id, seconds
        op = request.arguments.get("op", request.op)
        self.asked.append(op)
        for name, event in {"agent_answer": self.waited_for, "agent_stop": self.heard}.items():
            if op == name:
                event.set()
        left = self.answers[op]
        answer = left.pop(0) if len(left) > 1 else left[0]
        return Reply(error=answer) if isinstance(answer, Exception) else Reply(answer)

    async def link(self, kernel_id):
        del kernel_id
        return self  # of which only the next is asked

    chunk_bytes = 1 << 20


@pytest.fixture
def source():
    def source(seconds=PATIENCE, **answers):
        kernel = Kernel(answers)

        async def find():
            return Target(kernel, "k1")

        told = []
        made = KernelSource("key", find, "ann", "1", seconds, lambda *each: told.append(each))
        return made, kernel, told

    return source


async def test_a_call_that_takes_a_while_is_asked_for_until_it_is_done(source):
    ann, kernel, told = source(
        agent_call=[{"call": "c"}], agent_answer=[{"call": "c"}, KernelBusy("native code"), DONE]
    )

    answer = await ann.call("sandbox_exec", {"command": "make"})

    assert (answer.text, answer.data, answer.changes) == ("done", {"ok": True}, ("/a",))
    assert kernel.asked == ["agent_call", "agent_answer", "agent_answer", "agent_answer"]
    assert told == [("k1", ["/a"])]


async def test_a_call_over_its_time_is_stopped_and_says_how_far_it_came(source):
    ann, kernel, _ = source(0.05, agent_call=[{"call": "c"}], agent_answer=[{"call": "c"}], agent_stop=[{}])

    asked = asyncio.ensure_future(ann.call("sandbox_exec", {"command": "make"}))
    await asyncio.wait_for(kernel.heard.wait(), PATIENCE)
    kernel.answers["agent_answer"] = [DONE]

    assert (await asked).text == "done"


async def test_a_call_that_does_not_end_even_then_is_given_up(source, monkeypatch):
    monkeypatch.setattr(agents, "_GRACE", 0.05)
    ann, *_ = source(0.05, agent_call=[{"call": "c"}], agent_answer=[{"call": "c"}], agent_stop=[{}])

    with pytest.raises(KernelBusy, match=r"the tool was told to stop after 0\.05 s, and has not ended yet"):
        await ann.call("sandbox_exec", {"command": "make"})


@pytest.mark.parametrize("problem", [None, SandboxNotFound("k1")])
async def test_a_call_that_nobody_waits_for_any_more_is_stopped(source, problem):
    ann, kernel, _ = source(agent_call=[{"call": "c"}], agent_answer=[{"call": "c"}], agent_stop=[problem or {}])
    asked = asyncio.ensure_future(ann.call("sandbox_exec", {"command": "make"}))
    await asyncio.wait_for(kernel.waited_for.wait(), PATIENCE)

    asked.cancel()
    await asyncio.wait_for(kernel.heard.wait(), PATIENCE)

    with pytest.raises(asyncio.CancelledError):
        await asked


async def test_arguments_that_do_not_fit_in_a_message_are_refused(source):
    ann, kernel, _ = source()

    with pytest.raises(LimitExceeded, match="stage a file instead"):
        await ann.call("sandbox_fs_write", {"path": "/a", "content": "x" * (1 << 20)})
    assert kernel.asked == []


async def test_a_file_too_large_for_a_message_is_not_read(source):
    ann, kernel, _ = source(read=[{"size": LARGEST + 1, "etag": "1", "offset": 0}])

    with pytest.raises(FileTooLarge, match="use the tools that read parts"):
        await ann.read("/a")
    assert kernel.asked == ["read"]


async def test_changes_are_told_and_so_is_that_some_are_not_known(source, monkeypatch):
    monkeypatch.setattr(agents, "_CHANGES_SECONDS", 0.0)
    monkeypatch.setattr(agents, "_ABSENT_SECONDS", 0.0)
    change = {"kind": "moved", "path": "/b", "source": "/a"}
    ann, _, _ = source(
        changes=[
            {"at": "f-0", "changes": [], "lost": False},
            {"at": "f-1", "changes": [change], "lost": False},
            SandboxNotFound("k1"),
            KernelBusy("restarts"),
            {"at": "g-0", "changes": [], "lost": True},
            {"at": "g-1", "changes": [{"kind": "changed", "path": "/c"}], "lost": False},
        ]
    )

    async with ann.watch() as batches:
        told = [await anext(batches) for _ in range(3)]

    assert told == [[("/b", False), ("/a", False)], None, [("/c", True)]]


async def test_what_is_not_there_can_not_be_watched(source):
    ann, *_ = source(changes=[SandboxNotFound("k1")])

    with pytest.raises(SandboxNotFound):
        async with ann.watch():
            pass
