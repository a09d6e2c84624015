"""The tools and files of a sandbox in a kernel, for an agent that comes over HTTP."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Hashable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from jupyter_sandfs.agents.answers import ToolResult
from jupyter_sandfs.agents.dialects import DIALECTS
from jupyter_sandfs.agents.mcp.source import PAGE, Batches, File, Page, Touched, check_size
from jupyter_sandfs.agents.toolset import TOOLS
from jupyter_sandfs.errors import KernelBusy, LimitExceeded, SandboxNotFound, SandfsError
from jupyter_sandfs.rpc.messages import Reply
from jupyter_sandfs.rpc.operations import MAX_CHUNK
from jupyter_sandfs.server.addressing import Target
from jupyter_sandfs.server.conditions import Part
from jupyter_sandfs.server.fs import list_entries, read_file, read_start

_FIRST_LOOK, _LAST_LOOK = 0.01, 0.25  # seconds between two looks at a call that runs
_CHANGES_SECONDS = 0.25  # between two looks at what changes
_ABSENT_SECONDS = 2.0  # the same, while the kernel does not answer
_GRACE = 3.0  # seconds that a stopped call has to say how far it came
_stopping: set[asyncio.Future[None]] = set()  # the loop itself holds tasks only weakly


@dataclass(frozen=True, slots=True)
class AgentFiles(Target):
    """The files of a sandbox within the rules of one agent, as its tools see them.

    Attributes:
        who: the agent, and which of its sets of tools.
    """

    who: Mapping[str, str] = field(default_factory=dict)

    async def ask(
        self, op: str, arguments: Mapping[str, Any], body: bytes | memoryview = b"", *, seconds: float | None = None
    ) -> Reply:
        asked = {**self.who, "op": op, "arguments": dict(arguments)}
        return await Target.ask(self, "agent_files", asked, body, seconds=seconds)


@dataclass(frozen=True, slots=True)
class KernelSource:
    """One agent's tools and files in a kernel; see `Source`.

    Attributes:
        key: what the request says of the sandbox.
        find: finds it. Raises SandboxNotFound, InvalidRequest, KernelBusy.
        agent: who acts, in the journal.
        seat: which of the agent's sets of tools.
        seconds: that a call of a tool may take.
        tell: is given the paths that a call changed, and the kernel's id.
    """

    key: Hashable
    find: Callable[[], Awaitable[Target]]
    agent: str
    seat: str
    seconds: float
    tell: Callable[[str, list[str]], None]

    # ------------------------------------------------------------ tools

    async def schemas(self) -> list[dict[str, Any]]:
        """Those of the kernel; where no sandbox is there yet, those that one has: calls say what is missing."""
        try:
            target = await self.find()
            found: list[dict[str, Any]] = (await target.ask("agent_tools", self._who)).value
        except SandboxNotFound:
            return [DIALECTS["mcp"].schema(each) for each in TOOLS.values()]
        return found

    async def call(self, name: str, arguments: Mapping[str, Any] | None) -> ToolResult:
        """Call a tool. It is stopped when its time is over, or whoever asked has left."""
        given = json.dumps(arguments or {}, ensure_ascii=False).encode("utf-8", "surrogatepass")
        if len(given) > MAX_CHUNK:
            raise LimitExceeded(f"the arguments are larger than {MAX_CHUNK} bytes: stage a file instead")
        target = await self.find()
        told = (await target.ask("agent_call", {**self._who, "name": name}, given)).value
        if "call" in told:
            told = await self._outcome(target, told["call"])
        self.tell(target.kernel_id, told["changes"])
        return ToolResult(told["text"], told["data"], told["isError"], tuple(told["changes"]))

    @property
    def _who(self) -> dict[str, str]:
        return {"agent": self.agent, "seat": self.seat}

    async def _outcome(self, target: Target, call: str) -> dict[str, Any]:
        try:
            async with asyncio.timeout(self.seconds):
                return await _answer(target, call)
        except TimeoutError:
            await _stop(target, call)
        except asyncio.CancelledError:
            _stopping.add(stop := asyncio.ensure_future(_stop(target, call)))
            stop.add_done_callback(_stopping.discard)
            raise
        try:
            async with asyncio.timeout(_GRACE):
                return await _answer(target, call)
        except TimeoutError:
            raise KernelBusy(f"the tool was told to stop after {self.seconds:g} s, and has not ended yet") from None

    # ------------------------------------------------------------ files

    async def _files(self) -> AgentFiles:
        found = await self.find()
        return AgentFiles(found.links, found.kernel_id, found.sandbox, found.view, self._who)

    async def files(self, after: str | None) -> Page:
        """Some of the files, in the order of names of each directory; a page may be empty though others follow."""
        found = (await (await self._files()).ask("search", {"name": "*", "limit": PAGE, "after": after})).value
        files = [_file(each) for each in found["matches"] if each["entryType"] == "file"]
        return Page(files, found["next"])

    async def names(self, directory: str) -> list[str]:
        """The names in a directory; those of directories end in a slash."""
        found = await list_entries(await self._files(), directory)
        return [f"{each['name']}/" if each["entryType"] == "directory" else each["name"] for each in found]

    async def read(self, path: str) -> bytes:
        target = await self._files()
        first = await read_start(target, path)
        size = first.value["size"]
        check_size(path, size)
        return b"".join([each async for each in read_file(target, path, Part(0, size, size), first)])

    @asynccontextmanager
    async def watch(self) -> AsyncIterator[Batches]:
        """What changes, from now on: it is looked for a few times a second, also in a kernel that was restarted."""
        begun = (await (await self._files()).ask("changes", {})).value
        yield self._batches(begun["at"])

    async def _batches(self, at: str) -> Batches:
        while True:
            await asyncio.sleep(_CHANGES_SECONDS)
            try:
                told = (await (await self._files()).ask("changes", {"after": at})).value
            except SandfsError:  # the kernel is busy, restarts, or is gone
                await asyncio.sleep(_ABSENT_SECONDS)
                continue
            at = told["at"]
            if told["lost"]:
                yield None
            if told["changes"]:
                yield [each for change in told["changes"] for each in _touched(change)]


async def _answer(target: Target, call: str) -> dict[str, Any]:
    """Ask for the answer of a call until it is there, less often the longer it takes."""
    pause = _FIRST_LOOK
    while True:
        await asyncio.sleep(pause)
        with suppress(KernelBusy):  # it may go on when the kernel does
            told: dict[str, Any] = (await target.ask("agent_answer", {"call": call})).value
            if "call" not in told:
                return told
        pause = min(pause * 2, _LAST_LOOK)


async def _stop(target: Target, call: str) -> None:
    with suppress(SandfsError):  # it has ended, or its kernel is gone
        await target.ask("agent_stop", {"call": call})


def _file(entry: dict[str, Any]) -> File:
    return File(entry["path"], None if entry.get("dynamic") else entry["size"])


def _touched(change: dict[str, Any]) -> list[Touched]:
    stays = change["kind"] == "changed"
    return [Touched(each, stays) for each in (change["path"], change.get("source")) if each is not None]
