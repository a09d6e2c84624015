"""What agents did in a sandbox: every call of their tools, kept within bounds, told as text, HTML and JSON lines."""

from __future__ import annotations

import json
import threading
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, Protocol, Self, cast

from jupyter_sandfs.agents import table
from jupyter_sandfs.agents.calls import Call, Seat, record
from jupyter_sandfs.errors import InvalidRequest, NotFound
from jupyter_sandfs.workplace import Workplace

if TYPE_CHECKING:
    from jupyter_sandfs.agents.replay import Replayed
    from jupyter_sandfs.agents.rules import Rules
    from jupyter_sandfs.sandbox import Sandbox
    from jupyter_sandfs.vfs.actions import Action
    from jupyter_sandfs.vfs.filesystem import VirtualFileSystem
    from jupyter_sandfs.vfs.history import Snapshot
    from jupyter_sandfs.vfs.interface import FileSystem
    from jupyter_sandfs.vfs.journal import JournalRecord
    from jupyter_sandfs.vfs.views.view import ViewRule

_MOST_BYTES = 64 << 20
_MOST_MOMENTS = 64
_MOST_LINES = 1_000_000  # of a transcript that is read back
_LONGEST_LINE = 256 << 20
_MOST_PATHS = 1_000  # changed paths that one call lists
_SHOWN = 200  # calls in a display
_MOST_RECORDS = 10_000  # of the journal that are looked at for one


class Answered(Protocol):
    """What is kept of an answer."""

    @property
    def size(self) -> int:
        """Bytes."""

    @property
    def is_error(self) -> bool:
        """Whether the call was refused, or failed."""


@dataclass(slots=True)
class Running:
    """A call that began and has not ended.

    Attributes:
        action: what it does in the sandbox; None until it comes to that.
    """

    number: int
    seat: Seat
    tool: str
    given: str | None
    before: int
    at: float
    action: Action | None = None


@dataclass(slots=True)
class _Bounds:
    """How much is kept: bytes of calls, and moments of the sandbox from which calls can be replayed."""

    bytes: int = _MOST_BYTES
    moments: int = _MOST_MOMENTS


class Transcript:
    """The calls of all agents of a sandbox, oldest first; the oldest are dropped when there are too many.

    Args:
        fs: the sandbox's files; None for a transcript that was read back.
        max_bytes: of all calls that are kept, about. One whose arguments take more than an eighth of it is kept
            without them.

    Attributes:
        dropped: calls that are not kept any more.
    """

    def __init__(self, fs: VirtualFileSystem | None = None, *, max_bytes: int = _MOST_BYTES) -> None:
        self._fs = fs
        self._bounds = _Bounds(max_bytes)
        self._calls: deque[Call] = deque()
        self._seats: dict[int, Seat] = {}
        self._moments: OrderedDict[int, Snapshot] = OrderedDict()
        self._seated, self._begun, self._running = 0, 0, 0
        self._bytes, self._since_moment = 0, 0
        self._last = -1  # of the journal, when the last call ended
        self._lock = threading.Lock()
        self.dropped = 0

    # ------------------------------------------------------------ what was done

    @property
    def calls(self) -> list[Call]:
        """The calls that are kept, in the order in which they began."""
        with self._lock:
            return sorted(self._calls, key=lambda call: call.number)

    @property
    def seats(self) -> list[Seat]:
        """The sets of tools, in the order in which they were made."""
        with self._lock:
            return list(self._seats.values())

    def __len__(self) -> int:
        return len(self._calls)

    def __iter__(self) -> Iterator[Call]:
        return iter(self.calls)

    @property
    def moments(self) -> dict[int, Snapshot]:
        """The sandbox as it was before some of the calls, by number: where it began, and where others changed it."""
        with self._lock:
            return dict(self._moments)

    def call(self, number: int) -> Call:
        """The call of this number. Raises NotFound."""
        found = next((each for each in self.calls if each.number == number), None)
        if found is None:
            raise NotFound(str(number), "no call that is kept has this number")
        return found

    def before(self, number: int) -> Snapshot:
        """The sandbox as it was before a call; for `fs.at`, `fs.diff`, `fs.restore` and `fork`.

        Raises:
            NotFound: no such call is kept.
            LimitExceeded: the file system's journal no longer goes back so far.
            InvalidRequest: the transcript was read back, and knows no files.
        """
        kept = self.moments.get(number)
        return kept if kept is not None else self._at(self.call(number).before)

    def after(self, number: int) -> Snapshot:
        """The sandbox as it was when a call had ended; as `before`."""
        return self._at(self.call(number).after)

    def diff(self, number: int) -> str:
        """What changed from before a call until it ended, as `diff -u` writes it; as `before`."""
        before, after = self.before(number), self.after(number)
        return self._files.unified_diff(before, after)

    def _at(self, sequence: int) -> Snapshot:
        return self._files.moment(sequence)

    @property
    def _files(self) -> VirtualFileSystem:
        if self._fs is None:
            raise InvalidRequest("a transcript that was read back knows no files: replay it in a sandbox")
        return self._fs

    def is_elsewhere(self, fs: FileSystem) -> bool:
        """Say whether these are not the files that the calls were made on."""
        return fs is not self._fs

    def replay(
        self, sandbox: Sandbox, *, views: Mapping[str, ViewRule] | None = None, rules: Mapping[str, Rules] | None = None
    ) -> Replayed:
        """Run the calls again in another sandbox, such as a fork; see `replay.replay`."""
        from jupyter_sandfs.agents.replay import replay  # noqa: PLC0415  it makes tools, which record here

        return replay(self, sandbox, views=views or {}, rules=rules or {})

    # ------------------------------------------------------------ recording

    def seat(self, make: Callable[[int], Seat]) -> Seat:
        """Number a set of tools; it is kept once it is used, and for as long as its calls are."""
        with self._lock:
            self._seated += 1
            return make(self._seated)

    def begin(self, seat: Seat, tool: Any, arguments: Any, at: float) -> Running:
        """Note that a call begins."""
        given = _kept(arguments, self._bounds.bytes // 8)
        with self._lock:
            self._begun += 1
            self._seats[seat.number] = seat
            before = self._sequence()
            if not self._running and (before != self._last or self._since_moment > self._bounds.bytes // 16):
                self._remember(self._begun)
            self._running += 1
            return Running(self._begun, seat, str(tool)[:200], given, before, at)

    def end(self, running: Running, answer: Answered | None, at: float) -> None:
        """Note how a call ended; without an answer if it was interrupted."""
        with self._lock:
            self._running -= 1
            after = self._sequence()
            # What an interrupted call did can't be done again: the next begins with a moment of its own.
            self._last = after if answer is not None and running.given is not None else -1
            self._keep(_call(running, answer, after, at))

    def _sequence(self) -> int:
        return self._fs.sequence if self._fs is not None else 0

    def _remember(self, number: int) -> None:
        assert self._fs is not None
        self._moments[number] = self._fs.snapshot()
        self._since_moment = 0
        if len(self._moments) > self._bounds.moments:
            self._moments.popitem(last=False)

    def _keep(self, call: Call) -> None:
        self._calls.append(call)
        self._bytes += call.weight
        self._since_moment += call.weight
        while self._bytes > self._bounds.bytes and len(self._calls) > 1:
            oldest = self._calls.popleft()
            self._bytes -= oldest.weight
            self.dropped += 1
            for number in [each for each in self._moments if each <= oldest.number]:
                del self._moments[number]
            if oldest.seat != self._calls[0].seat:
                self._forget_seat(oldest.seat)

    def _forget_seat(self, number: int) -> None:
        if not any(each.seat == number for each in self._calls):
            self._seats.pop(number, None)

    # ------------------------------------------------------------ JSON lines

    def to_jsonl(self) -> Iterator[str]:
        """Give it as JSON lines, each with its line end: first the sets of tools, then the calls."""
        for seat in self.seats:
            yield json.dumps({"kind": "tools", **asdict(seat)}) + "\n"
        for call in self.calls:
            yield json.dumps({"kind": "call", **asdict(call)}) + "\n"

    @classmethod
    def from_jsonl(cls, lines: str | Iterable[str]) -> Self:
        """Read what `to_jsonl` gave: a text, or its lines.

        Raises:
            InvalidRequest: a line is something else; or there are more than a million.
        """
        made = cls()
        made._bounds = _Bounds(_LONGEST_LINE * 4)
        given = lines.splitlines() if isinstance(lines, str) else lines
        for number, line in enumerate(islice(given, _MOST_LINES + 1), 1):
            if number > _MOST_LINES:
                raise InvalidRequest(f"more than {_MOST_LINES} lines")
            if line.strip():
                made._take(number, line)
        return made

    def _take(self, number: int, line: str) -> None:
        try:
            read = json.loads(line) if len(line) <= _LONGEST_LINE else None
            taken = record(read)
        except (KeyError, TypeError, ValueError, RecursionError):
            raise InvalidRequest(f"line {number} is not of a transcript") from None
        if isinstance(taken, Seat):
            self._seats[taken.number] = taken
        elif taken.seat in self._seats:
            self._keep(taken)
        else:
            raise InvalidRequest(f"line {number} is a call of tools that no line before it names")

    # ------------------------------------------------------------ for people

    @property
    def table(self) -> list[table.Row]:
        """A row for each call; texts of agents are cut, and hold nothing that does not print."""
        return table.rows(self.calls)

    def latest(self, count: int = _SHOWN) -> tuple[list[Call], str]:
        """The last calls, and what is to be said of those before them."""
        calls = self.calls
        hidden = max(len(calls) - count, 0) + self.dropped
        return calls[-count:], f"{hidden} earlier calls are not shown" if hidden else ""

    def records(self, calls: Sequence[Call]) -> dict[int, list[JournalRecord]]:
        """What the journal still tells of what calls changed, by the numbers of their actions."""
        found: dict[int, list[JournalRecord]] = {call.action: [] for call in calls if call.action}
        if self._fs is not None and found:
            since = self._sequence() - min(call.before for call in calls)
            for record in self._fs.log(min(since, _MOST_RECORDS)):
                if record.action in found:
                    found[record.action].append(record)
        return found

    def told(self, calls: Sequence[Call], note: str = "") -> str:
        """Calls as text, a line for each."""
        return table.as_text(table.rows(calls), note)

    def __repr__(self) -> str:
        return self.told(*self.latest())

    def _repr_html_(self) -> str:
        timeline = Workplace.faces.get("timeline")
        if timeline is not None:
            return str(timeline(self))
        calls, note = self.latest()
        return table.as_html(table.rows(calls), note)


def transcript_of(whole: Workplace) -> Transcript:
    """The transcript of the sandbox that is worked on, be it through a view."""
    owner = whole.owner
    kept = owner.attached.get("transcript")
    if kept is None:
        kept = owner.attached.setdefault("transcript", Transcript(cast("VirtualFileSystem", owner.fs)))
    return cast("Transcript", kept)


def _kept(arguments: Any, limit: int) -> str | None:
    """Arguments as JSON text; None if they take more than `limit` bytes, or are no JSON."""
    if isinstance(arguments, str) and len(arguments) > limit:
        return None
    try:
        plain = dict(arguments) if isinstance(arguments, Mapping) else _object(arguments)
        text = json.dumps(plain)
    except (TypeError, ValueError, RecursionError):
        return None
    return text if len(text) <= limit else None


def _object(arguments: Any) -> Any:
    """What a JSON text of an object says; anything else as it is."""
    if isinstance(arguments, str):
        with suppress(ValueError, RecursionError):
            read = json.loads(arguments)
            return read if isinstance(read, dict) else arguments
    return arguments


def _call(running: Running, answer: Answered | None, after: int, at: float) -> Call:
    action = running.action
    changes = dict.fromkeys(each.path for each in action.changes) if action is not None else ()
    return Call(
        number=running.number,
        seat=running.seat.number,
        agent=running.seat.agent,
        tool=running.tool,
        given=running.given,
        size=answer.size if answer is not None else 0,
        is_error=answer is None or answer.is_error,
        changes=tuple(changes)[:_MOST_PATHS],
        before=running.before,
        after=after,
        at=running.at,
        duration=max(at - running.at, 0.0),
        action=action.number if action is not None else 0,
    )
