"""Tools for agents outside of this process: a set for each, and calls that run on threads of their own.

Whoever asks never waits long here: a call that takes a while is asked for again until it is done, and can be stopped
meanwhile. So the few threads that answer the server stay free.
"""

from __future__ import annotations

import json
import logging
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

from jupyter_sandfs.agents.answers import ToolResult
from jupyter_sandfs.errors import InvalidRequest, RateLimited
from jupyter_sandfs.execution.job import Job, Stop, started
from jupyter_sandfs.workplace import Workplace

if TYPE_CHECKING:
    from jupyter_sandfs.agents.toolset import Toolset
    from jupyter_sandfs.vfs.interface import FileSystem

MOST_RUNNING = 16  # calls at a time
_MOST_SETS = 32  # of one sandbox, or of a view of it; the one that was not used for longest goes
_KEPT_SECONDS = 120.0  # an answer that nobody comes for
_MOST_KEPT = 64  # of those, the latest; whoever waits for one comes soon
_AT_ONCE_SECONDS = 0.05  # what most calls take at most
_MOST_PATHS = 1_000  # of changes
_MOST_DATA = 4 << 20  # characters of an answer for programs
_ATTACHED = "agents outside"
_OFFER = "offer to agents outside"
_NOTHING: Mapping[str, Any] = {}
Workplace.inherited.add(_OFFER)  # or rules would end where somebody forks
_log = logging.getLogger(__name__)

Body = bytes | memoryview


def offer(whole: Workplace, **options: Any) -> None:
    """Say which tools agents get that come through the Jupyter server; calls that run go on as they began.

    Args:
        whole: a sandbox, or the view of it that is shared.
        options: as `Toolset`, such as `rules`, `only`, `allowed_commands` and `tokens`.

    Raises:
        InvalidRequest: they are not options of a `Toolset`.
    """
    try:
        _tools(whole, "", options)
    except TypeError as problem:
        raise InvalidRequest(str(problem)) from None
    whole.attached[_OFFER] = options


def _offered(whole: Workplace) -> Mapping[str, Any]:
    """What was said of the view that is shared, else of the whole sandbox."""
    offered: Mapping[str, Any] = whole.attached.get(_OFFER) or whole.owner.attached.get(_OFFER) or _NOTHING
    return offered


def _tools(whole: Workplace, agent: str, offered: Mapping[str, Any], seat: str = "") -> Toolset:
    from jupyter_sandfs.agents.toolset import Toolset  # noqa: PLC0415  heavy, and most kernels never serve an agent

    # Who comes chooses the name of an agent, and would have a new quota with each.
    account = f"outside {seat.partition(':')[0]}"
    return Toolset(whole, agent, **{"dialect": "mcp", "account": account, **offered})


class Seat:
    """The tools of one agent. What it runs in its shell takes turns, so that it is known what is to be stopped.

    Args:
        offered: options of the tools.
        name: who comes, and behind a colon which of their sets of tools this is.
    """

    def __init__(self, whole: Workplace, agent: str, offered: Mapping[str, Any], name: str) -> None:
        self.offered = offered
        self.tools = _tools(whole, agent, offered, name)
        self.turn = threading.Lock()


class Running:
    """One call on a thread of its own.

    Attributes:
        whole: what it was made on.
        answer: None until it is done.
        ended: when, by the clock of the service.
    """

    def __init__(self, whole: Workplace, seat: Seat, name: str, arguments: str) -> None:
        self.whole = whole
        self.answer: ToolResult | None = None
        self.ended: float | None = None
        self._seat, self._name, self._arguments = seat, name, arguments
        self._runs = seat.tools.runs(name)
        self._begun, self._stopped = False, False
        self._job: Job[Any] | None = None  # the snippet of Python that it runs
        self._done = threading.Event()

    def start(self, clock: Callable[[], float]) -> None:
        threading.Thread(target=self._work, args=(clock,), name="sandfs-agent", daemon=True).start()

    def wait(self, seconds: float) -> ToolResult | None:
        """The answer, if it comes in time."""
        self._done.wait(seconds)
        return self.answer

    def stop(self) -> None:
        """Let it end soon, if it runs commands or a snippet; otherwise it ends by itself."""
        self._stopped = True
        if self._job is not None:
            self._job.stop(Stop.CANCELLED)
        elif self._runs and self._begun and not self._done.is_set():
            self._seat.tools.desk.shell.cancel()

    def look(self) -> ToolResult | None:
        """The answer, if it is there. What was to be stopped before it had begun to run is stopped now."""
        if self._stopped:
            self.stop()
        return self.answer

    def _work(self, clock: Callable[[], float]) -> None:
        try:
            with self._seat.turn if self._runs else nullcontext():
                self.answer = self._called()
        except Exception as problem:  # noqa: BLE001  an edge: whoever asks for the answer is told
            _log.exception("tool %s failed", self._name)
            self.answer = _failed(f"the tool failed: {type(problem).__name__}")
        finally:
            self.ended = clock()
            self._done.set()

    def _called(self) -> ToolResult:
        if self._stopped:
            return _failed("stopped before it began")
        self._begun = True
        started.set(self._note)  # the thread is this call's own
        return self._seat.tools.call(self._name, self._arguments)

    def _note(self, job: Job[Any]) -> None:
        self._job = job
        if self._stopped:
            self.stop()


class Service:
    """The tools of all sandboxes of a process, for agents outside of it.

    Args:
        find: gives what a sandbox, and the name of a view of it, share with the server. Raises NotFound.
        clock: seconds that only grow.
    """

    def __init__(
        self, find: Callable[[str, str | None], Workplace], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._find = find
        self._clock = clock
        self._calls: dict[str, Running] = {}
        self._lock = threading.Lock()

    def operations(self) -> Mapping[str, Callable[..., Any]]:
        """The operations for `Dispatcher.register_by_name`."""
        return {
            "agent_tools": self.tools,
            "agent_call": self.call,
            "agent_answer": self.answer,
            "agent_stop": self.stop,
        }

    def tools(self, sandbox: str, view: str | None, _body: Body, agent: str, seat: str) -> list[dict[str, Any]]:
        """The schemas of an agent's tools."""
        return self._seat(self._find(sandbox, view), agent, seat).tools.schemas

    def files(self, sandbox: str, view: str | None, agent: str, seat: str) -> FileSystem:
        """The files as an agent sees them: what its rules let it read, of what is shared."""
        return self._seat(self._find(sandbox, view), agent, seat).tools.desk.fs

    def call(self, sandbox: str, view: str | None, body: Body, agent: str, seat: str, name: str) -> dict[str, Any]:
        """Begin a call; gives its answer if that comes at once, else the id to ask for it.

        Args:
            body: the tool's arguments as JSON.
            agent: who acts, in the journal.
            seat: who comes, and behind a colon which of that agent's sets of tools: each has a shell, and knowledge of
                the files, of its own. A quota is for all agents of who comes.
        """
        whole = self._find(sandbox, view)
        running = Running(whole, self._seat(whole, agent, seat), name, _text(body))
        call = self._enter(running)
        running.start(self._clock)
        running.wait(_AT_ONCE_SECONDS)
        return self._told(call, running)

    def answer(self, sandbox: str, view: str | None, _body: Body, call: str) -> dict[str, Any]:
        """The answer of a call that was begun, once, or its id again. Raises InvalidRequest."""
        return self._told(call, self._running(sandbox, view, call))

    def stop(self, sandbox: str, view: str | None, _body: Body, call: str) -> dict[str, Any]:
        """Let a call end soon; there is still an answer. Raises InvalidRequest."""
        self._running(sandbox, view, call).stop()
        return {}

    def _running(self, sandbox: str, view: str | None, call: str) -> Running:
        running = self._calls.get(call)
        if running is None or running.whole is not self._find(sandbox, view):
            raise InvalidRequest("the call is not known: the kernel was restarted, or the answer was given already")
        return running

    def _seat(self, whole: Workplace, agent: str, seat: str) -> Seat:
        with self._lock:
            seats: OrderedDict[tuple[str, str], Seat] = whole.attached.setdefault(_ATTACHED, OrderedDict())
            offered = _offered(whole)
            known = seats.get((agent, seat))
            if known is None or known.offered is not offered:
                seats[agent, seat] = Seat(whole, agent, offered, seat)
            seats.move_to_end((agent, seat))
            while len(seats) > _MOST_SETS:
                seats.popitem(last=False)
            return seats[agent, seat]

    def _enter(self, running: Running) -> str:
        with self._lock:
            known = list(self._calls.items())  # meanwhile others take their answers away
            self._forget(sorted((call.ended, each) for each, call in known if call.ended is not None))
            if len([each for each, call in known if call.ended is None]) >= MOST_RUNNING:
                raise RateLimited(f"{MOST_RUNNING} calls of tools run already: wait until one has ended")
            call = secrets.token_urlsafe(16)
            self._calls[call] = running
        return call

    def _forget(self, ended: list[tuple[float, str]]) -> None:
        """Drop answers that nobody came for: of calls that ended long ago, or too many others ago."""
        for number, (at, call) in enumerate(reversed(ended), 1):
            if number > _MOST_KEPT or at < self._clock() - _KEPT_SECONDS:
                self._calls.pop(call, None)

    def _told(self, call: str, running: Running) -> dict[str, Any]:
        answer = running.look()
        if answer is None:
            return {"call": call}
        self._calls.pop(call, None)
        return {
            "text": answer.text,
            "data": _bounded(answer),
            "isError": answer.is_error,
            "changes": answer.changes[:_MOST_PATHS],
        }


def _text(body: Body) -> str:
    """The JSON of a request; it may hold lone surrogates, as JSON itself may. Raises InvalidRequest."""
    try:
        return bytes(body).decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        raise InvalidRequest("the arguments are not UTF-8") from None


def _bounded(answer: ToolResult) -> dict[str, Any]:
    """What an answer says to programs, unless it is too large for a message."""
    if len(json.dumps(answer.data)) <= _MOST_DATA:
        return answer.data
    return {"ok": answer.data.get("ok", not answer.is_error), "text": answer.text[:_MOST_DATA], "truncated": True}


def _failed(text: str) -> ToolResult:
    return ToolResult(text, {"ok": False, "error": text, "code": "internal"}, is_error=True)
