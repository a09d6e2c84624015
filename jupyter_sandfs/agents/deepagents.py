"""A backend for deepagents: its file tools and its shell, over a sandbox or a view of one.

Each call is one action of the agent, and is kept in the sandbox's transcript.
"""

from __future__ import annotations

import base64
import inspect
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial, wraps
from typing import TYPE_CHECKING, Any, NamedTuple, ParamSpec, TypeVar

from jupyter_sandfs import paths
from jupyter_sandfs.agents.answers import refusal
from jupyter_sandfs.agents.desk import Desk
from jupyter_sandfs.agents.questions import Operation, asking_for
from jupyter_sandfs.agents.reading import is_binary
from jupyter_sandfs.agents.transcript import transcript_of
from jupyter_sandfs.errors import IsADirectory, NotADirectory, NotFound, PermissionDenied, SandfsError, Unsupported

try:
    from deepagents.backends import protocol, utils
except ImportError:
    raise Unsupported("this needs deepagents: pip install 'jupyter-sandfs[deepagents]'") from None

if TYPE_CHECKING:
    from jupyter_sandfs.agents.rules import Rules
    from jupyter_sandfs.vfs.entries import DirEntry
    from jupyter_sandfs.vfs.quotas import Quota
    from jupyter_sandfs.workplace import Workplace

Result = TypeVar("Result")
Given = ParamSpec("Given")

_MOST_MATCHES = 10_000
_TOKENS = 25_000
# Classes of ours and what the protocol calls them; the first that fits.
_CODES: tuple[tuple[type[SandfsError], str], ...] = (
    (NotFound, protocol.FILE_NOT_FOUND),
    (NotADirectory, protocol.INVALID_PATH),
    (IsADirectory, protocol.IS_DIRECTORY),
    (PermissionDenied, protocol.PERMISSION_DENIED),
)
DIALECT = "deepagents"
_REFUSED = 126  # exit code of a command that may not run
_BASE64 = "base64"
_CALLS: dict[str, Callable[..., Any]] = {}
"""The calls of the protocol, by name."""


class Outcome(NamedTuple):
    """What is kept of an answer.

    Attributes:
        size: bytes of what it says.
        changes: paths that the call changed.
    """

    size: int
    is_error: bool
    changes: tuple[str, ...]


def _recorded(method: Callable[Given, Result]) -> Callable[Given, Result]:
    """Let a call be an action of the agent's own, and keep it in the transcript."""
    signature, name = inspect.signature(method), method.__name__

    @wraps(method)
    def call(*args: Given.args, **options: Given.kwargs) -> Result:
        given = dict(signature.bind(*args, **options).arguments)
        backend: Any = given.pop("self")
        result: Result = backend.perform(name, given)[0]
        return result

    _CALLS[name] = method
    return call


class SandboxBackend(protocol.SandboxBackendProtocol):
    """Give it to `create_deep_agent(backend=…)`.

    Args:
        whole: the sandbox, or the view of it, that the agent works on.
        agent: who acts, in the journal.
        allowed_commands: the only commands of `execute`, beside bash itself.
        rules: what it may do where, on top of what its view allows.
        quota: how much it may add to the sandbox, in all.
        secrets: let its shell publish what looks like a token or a key.
        clock: gives the time for the transcript: seconds since 1970.

    Attributes:
        desk: where it works.

    Raises:
        Unsupported: deepagents is not installed (when this module is imported).
    """

    def __init__(
        self,
        whole: Workplace,
        agent: str = "agent",
        *,
        allowed_commands: Iterable[str] | None = None,
        rules: Rules | None = None,
        quota: Quota | None = None,
        secrets: bool = False,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.desk = Desk(
            whole,
            agent,
            tokens=_TOKENS,
            allowed_commands=allowed_commands,
            rules=rules,
            quota=quota,
            secrets=secrets,
        )
        self._clock = clock
        self._transcript = transcript_of(whole)
        self._seat = self._transcript.seat(partial(self.desk.described, DIALECT, tuple(_CALLS)))

    def call(self, name: str, arguments: Mapping[str, Any]) -> Outcome:
        """Make a call as a transcript keeps it."""
        return self.perform(name, {key: _revived(value) for key, value in arguments.items()})[1]

    def perform(self, name: str, given: dict[str, Any]) -> tuple[Any, Outcome]:
        """Make a call of the protocol by its name; gives its answer, and what is kept of it."""
        kept = {key: _plain(value) for key, value in given.items()}
        running = self._transcript.begin(self._seat, name, kept, self._clock())
        outcome = None
        try:
            with self.desk.acting(f"deepagents {name}") as action, asking_for("" if name == "execute" else name):
                running.action = action
                result = _CALLS[name](self, **given)
            changed = tuple(dict.fromkeys(each.path for each in action.changes))
            outcome = Outcome(_size(result), _failed(result), changed)
            return result, outcome
        finally:
            self._transcript.end(running, outcome, self._clock())

    @property
    def id(self) -> str:
        """The sandbox's name."""
        return self.desk.name

    @_recorded
    def ls(self, path: str) -> protocol.LsResult:
        fs = self.desk.fs
        if not fs.exists(path):
            return protocol.LsResult(error=f"Path '{path}': path_not_found")
        if not fs.is_dir(path):
            return protocol.LsResult(error=f"Path '{path}': not_a_directory")
        return protocol.LsResult(entries=[_info(entry) for entry in fs.ls(path)])

    @_recorded
    def read(self, file_path: str, offset: int = 0, limit: int = 2000) -> protocol.ReadResult:
        try:
            if not self.desk.fs.is_file(file_path):
                return protocol.ReadResult(error=f"File '{file_path}' not found")
            version = self.desk.fs.version(file_path)
            content = self.desk.fs.read_bytes(file_path)
        except SandfsError as problem:
            return protocol.ReadResult(error=f"Error reading file '{file_path}': {problem}")
        self.desk.knowledge.learn(file_path, version, content)
        if is_binary(content):
            data = protocol.FileData(content=base64.standard_b64encode(content).decode("ascii"), encoding="base64")
            return protocol.ReadResult(file_data=data)
        text = content.decode()
        empty = utils.check_empty_content(text)
        if empty:
            return protocol.ReadResult(file_data=protocol.FileData(content=empty, encoding="utf-8"))
        return utils.slice_read_response(protocol.FileData(content=text, encoding="utf-8"), offset, limit)

    @_recorded
    def write(self, file_path: str, content: str) -> protocol.WriteResult:
        def run() -> protocol.WriteResult:
            expected = self.desk.knowledge.check(self.desk.fs, file_path)
            self._save(file_path, content.encode(), expected)
            return protocol.WriteResult(path=file_path)

        return self._guarded(run, lambda told: protocol.WriteResult(error=told))

    @_recorded
    def edit(
        self,
        file_path: str,
        old_string: str,
        new_string: str,
        replace_all: bool = False,  # noqa: FBT001, FBT002  the protocol's signature
    ) -> protocol.EditResult:
        def run() -> protocol.EditResult:
            if not self.desk.fs.is_file(file_path):
                return protocol.EditResult(error=f"Error: File '{file_path}' not found")
            self.desk.knowledge.check(self.desk.fs, file_path)
            version = self.desk.fs.version(file_path)
            text = self.desk.fs.read_text(file_path)
            replaced = utils.perform_string_replacement(text, old_string, new_string, replace_all)
            if isinstance(replaced, str):
                return protocol.EditResult(error=replaced)
            self._save(file_path, replaced[0].encode(), version)
            return protocol.EditResult(path=file_path, occurrences=int(replaced[1]))

        return self._guarded(run, lambda told: protocol.EditResult(error=told))

    @_recorded
    def delete(self, file_path: str) -> protocol.DeleteResult:
        def run() -> protocol.DeleteResult:
            if self.desk.fs.get_entry(file_path) is None:
                return protocol.DeleteResult(error=f"Error: '{file_path}' not found")
            self.desk.fs.remove(file_path, recursive=True)
            self.desk.knowledge.forget(file_path)
            return protocol.DeleteResult(path=file_path)

        return self._guarded(run, lambda told: protocol.DeleteResult(error=told))

    @_recorded
    def glob(self, pattern: str, path: str | None = None) -> protocol.GlobResult:
        try:
            matches = utils.compile_grep_include_glob(pattern)
            top = path or paths.ROOT
            files = self._files(top) if self.desk.fs.is_dir(top) else ()
            found = [_info(entry) for name, entry in files if matches(name)]
        except (SandfsError, ValueError) as problem:
            return protocol.GlobResult(error=str(problem))
        return protocol.GlobResult(matches=found)

    @_recorded
    def grep(
        self, pattern: str, path: str | None = None, glob: str | None = None, *, max_count: int | None = None
    ) -> protocol.GrepResult:
        limit = _MOST_MATCHES if max_count is None else max_count
        try:
            matches = utils.compile_grep_include_glob(glob) if glob else None
            found: list[protocol.GrepMatch] = []
            for hit in self._hits(pattern, path or paths.ROOT, matches):
                if len(found) >= limit:
                    return protocol.GrepResult(matches=found, truncated=True)
                found.append(hit)
        except (SandfsError, ValueError) as problem:
            return protocol.GrepResult(error=str(problem), matches=[])
        return protocol.GrepResult(matches=found)

    @_recorded
    def execute(self, command: str, *, timeout: int | None = None) -> protocol.ExecuteResponse:
        del timeout  # the shell has its own
        try:
            with asking_for("execute"):
                self.desk.check(Operation.EXEC, what=command)
        except PermissionDenied as problem:
            return protocol.ExecuteResponse(output=refusal(problem, self.desk.fs).text, exit_code=_REFUSED)
        result = self.desk.run(command)
        output = result.stdout + result.stderr
        return protocol.ExecuteResponse(output=output, exit_code=result.exit_code, truncated=result.truncated)

    @_recorded
    def upload_files(self, files: list[tuple[str, bytes]]) -> list[protocol.FileUploadResponse]:
        return [protocol.FileUploadResponse(path=path, error=self._uploaded(path, content)) for path, content in files]

    @_recorded
    def download_files(self, paths: list[str]) -> list[protocol.FileDownloadResponse]:
        return [self._downloaded(path) for path in paths]

    def _uploaded(self, path: str, content: bytes) -> str | None:
        try:
            self._save(path, content, None)
        except SandfsError as problem:
            return _code(problem)
        return None

    def _downloaded(self, path: str) -> protocol.FileDownloadResponse:
        try:
            return protocol.FileDownloadResponse(path=path, content=self.desk.fs.read_bytes(path))
        except SandfsError as problem:
            return protocol.FileDownloadResponse(path=path, error=_code(problem))

    def _save(self, path: str, content: bytes, expected: int | None) -> None:
        version = self.desk.fs.write_bytes(path, content, expected_version=expected)
        self.desk.knowledge.learn(path, version, content)

    def _guarded(self, run: Callable[[], Result], failed: Callable[[str], Result]) -> Result:
        """What a change gives, or what is said of the error that it raises."""
        try:
            return run()
        except (SandfsError, ValueError) as problem:
            return failed(refusal(problem, self.desk.fs).text)

    def _files(self, top: str) -> Iterator[tuple[str, DirEntry]]:
        """The files below a directory, or the one that is named, with their paths from there."""
        fs = self.desk.fs
        if not fs.exists(top):
            return
        if fs.is_file(top):
            entry = fs.get_entry(top)
            if entry is not None:
                yield entry.name, entry
            return
        start = paths.normalize(top)
        for at, _, _ in fs.walk(top):
            for entry in fs.ls(at):
                if entry.stat.is_file:
                    yield paths.relative_to(entry.path, start), entry

    def _hits(self, pattern: str, top: str, matches: Callable[[str], bool] | None) -> Iterator[protocol.GrepMatch]:
        for name, entry in self._files(top):
            # As ripgrep, with which the library searches a disk: no hidden files.
            if (matches is not None and not matches(name)) or name.startswith(".") or "/." in name:
                continue
            try:
                content = self.desk.fs.read_bytes(entry.path)
            except SandfsError:  # unreadable for this agent, or gone meanwhile: nothing to be found in it
                continue
            if is_binary(content) or pattern.encode() not in content:
                continue
            for number, line in enumerate(content.decode().splitlines(), 1):
                if pattern in line:
                    yield protocol.GrepMatch(path=entry.path, line=number, text=line)


def _info(entry: DirEntry) -> protocol.FileInfo:
    path = f"{entry.path}/" if entry.is_dir else entry.path
    return protocol.FileInfo(
        path=path, is_dir=entry.is_dir, size=entry.stat.size, modified_at=entry.stat.modified_at.isoformat()
    )


def _code(problem: SandfsError) -> str:
    return next((code for kind, code in _CODES if isinstance(problem, kind)), str(problem))


# ---------------------------------------------------------------- what a transcript keeps


def _plain(value: Any) -> Any:
    """An argument as JSON has it; contents are base64."""
    if isinstance(value, bytes):
        return {_BASE64: base64.standard_b64encode(value).decode("ascii")}
    return [_plain(each) for each in value] if isinstance(value, list | tuple) else value


def _revived(value: Any) -> Any:
    """The argument that it was."""
    if isinstance(value, dict) and set(value) == {_BASE64}:
        return base64.standard_b64decode(value[_BASE64])
    return [_revived(each) for each in value] if isinstance(value, list) else value


def _size(result: Any) -> int:
    """Bytes of the contents, outputs and errors in an answer."""
    if isinstance(result, str | bytes):
        return len(result.encode("utf-8", "surrogatepass") if isinstance(result, str) else result)
    if isinstance(result, list):
        return sum(map(_size, result))
    facts = result if isinstance(result, dict) else getattr(result, "__dict__", {})
    return sum(map(_size, facts.values()))


def _failed(result: Any) -> bool:
    answers = result if isinstance(result, list) else [result]
    return any(getattr(each, "error", None) for each in answers)
