"""A backend for deepagents: its file tools and its shell, over a sandbox or a view of one."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, TypeVar

from jupyter_sandfs import paths
from jupyter_sandfs.agents.answers import refusal
from jupyter_sandfs.agents.desk import Desk
from jupyter_sandfs.agents.reading import is_binary
from jupyter_sandfs.errors import IsADirectory, NotADirectory, NotFound, PermissionDenied, SandfsError, Unsupported

try:
    from deepagents.backends import protocol, utils
except ImportError:
    raise Unsupported("this needs deepagents: pip install 'jupyter-sandfs[deepagents]'") from None

if TYPE_CHECKING:
    from jupyter_sandfs.vfs.entries import DirEntry
    from jupyter_sandfs.workplace import Workplace

Result = TypeVar("Result")

_MOST_MATCHES = 10_000
_TOKENS = 25_000
# Classes of ours and what the protocol calls them; the first that fits.
_CODES: tuple[tuple[type[SandfsError], str], ...] = (
    (NotFound, protocol.FILE_NOT_FOUND),
    (NotADirectory, protocol.INVALID_PATH),
    (IsADirectory, protocol.IS_DIRECTORY),
    (PermissionDenied, protocol.PERMISSION_DENIED),
)


class SandboxBackend(protocol.SandboxBackendProtocol):
    """Give it to `create_deep_agent(backend=…)`.

    Args:
        whole: the sandbox, or the view of it, that the agent works on.
        agent: who acts, in the journal.
        allowed_commands: the only commands of `execute`, beside bash itself.

    Attributes:
        desk: where it works.

    Raises:
        Unsupported: deepagents is not installed (when this module is imported).
    """

    def __init__(
        self, whole: Workplace, agent: str = "agent", *, allowed_commands: Iterable[str] | None = None
    ) -> None:
        self.desk = Desk(whole, agent, tokens=_TOKENS, allowed_commands=allowed_commands)

    @property
    def id(self) -> str:
        """The sandbox's name."""
        return self.desk.name

    def ls(self, path: str) -> protocol.LsResult:
        fs = self.desk.fs
        if not fs.exists(path):
            return protocol.LsResult(error=f"Path '{path}': path_not_found")
        if not fs.is_dir(path):
            return protocol.LsResult(error=f"Path '{path}': not_a_directory")
        return protocol.LsResult(entries=[_info(entry) for entry in fs.ls(path)])

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

    def write(self, file_path: str, content: str) -> protocol.WriteResult:
        def run() -> protocol.WriteResult:
            expected = self.desk.knowledge.check(self.desk.fs, file_path)
            self._save(file_path, content.encode(), expected)
            return protocol.WriteResult(path=file_path)

        return self._acting(f"write {file_path}", run, lambda told: protocol.WriteResult(error=told))

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

        return self._acting(f"edit {file_path}", run, lambda told: protocol.EditResult(error=told))

    def delete(self, file_path: str) -> protocol.DeleteResult:
        def run() -> protocol.DeleteResult:
            if self.desk.fs.get_entry(file_path) is None:
                return protocol.DeleteResult(error=f"Error: '{file_path}' not found")
            self.desk.fs.remove(file_path, recursive=True)
            self.desk.knowledge.forget(file_path)
            return protocol.DeleteResult(path=file_path)

        return self._acting(f"delete {file_path}", run, lambda told: protocol.DeleteResult(error=told))

    def glob(self, pattern: str, path: str | None = None) -> protocol.GlobResult:
        try:
            matches = utils.compile_grep_include_glob(pattern)
            top = path or paths.ROOT
            files = self._files(top) if self.desk.fs.is_dir(top) else ()
            found = [_info(entry) for name, entry in files if matches(name)]
        except (SandfsError, ValueError) as problem:
            return protocol.GlobResult(error=str(problem))
        return protocol.GlobResult(matches=found)

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

    def execute(self, command: str, *, timeout: int | None = None) -> protocol.ExecuteResponse:
        del timeout  # the shell has its own
        result = self.desk.run(command)
        output = result.stdout + result.stderr
        return protocol.ExecuteResponse(output=output, exit_code=result.exit_code, truncated=result.truncated)

    def upload_files(self, files: list[tuple[str, bytes]]) -> list[protocol.FileUploadResponse]:
        return [protocol.FileUploadResponse(path=path, error=self._uploaded(path, content)) for path, content in files]

    def download_files(self, paths: list[str]) -> list[protocol.FileDownloadResponse]:
        return [self._downloaded(path) for path in paths]

    def _uploaded(self, path: str, content: bytes) -> str | None:
        try:
            with self.desk.fs.action(f"upload {path}", self.desk.actor):
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

    def _acting(self, label: str, run: Callable[[], Result], failed: Callable[[str], Result]) -> Result:
        try:
            with self.desk.fs.action(label, self.desk.actor):
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
