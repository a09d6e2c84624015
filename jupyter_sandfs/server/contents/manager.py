"""Jupyter's contents manager over the sandboxes of all running kernels."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from jupyter_server import CallContext
from jupyter_server.services.contents.manager import AsyncContentsManager, copy_pat
from tornado.web import HTTPError
from traitlets import Unicode, default

from jupyter_sandfs.errors import NotADirectory, NotFound, PreconditionFailed, SandfsError
from jupyter_sandfs.server import events
from jupyter_sandfs.server.addressing import Spot
from jupyter_sandfs.server.conditions import Part
from jupyter_sandfs.server.contents import carriage, models, notebooks
from jupyter_sandfs.server.contents.checkpoints import SandboxCheckpoints
from jupyter_sandfs.server.contents.chunks import LAST, ChunkedUploads, Sender
from jupyter_sandfs.server.contents.folders import Folders
from jupyter_sandfs.server.contents.models import Model
from jupyter_sandfs.server.fs import begin_write, list_entries, read_file, read_start

MOST_CONTENT = 256 << 20  # bytes that are put into one JSON answer
_HASH = "sha256"
_ATTEMPTS = 3


class SandboxContents(AsyncContentsManager):
    """The contents API, with one top folder for each sandbox; those folders themselves cannot be changed.

    Hooks after a save are not run: they are given a path of the disk, and there is none.

    Args:
        folders: says which sandboxes there are.
    """

    # Not to be configured: a value for the server's own contents manager would be inherited, and mean the disk.
    root_dir = Unicode("/")
    preferred_dir = Unicode("")

    def __init__(self, folders: Folders, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._folders = folders
        self._chunked = ChunkedUploads()

    @default("checkpoints")
    def _own_checkpoints(self) -> SandboxCheckpoints:
        return SandboxCheckpoints(self, parent=self, log=self.log)

    # ------------------------------------------------------------ where things are

    async def locate(self, path: str) -> Spot:
        """Find the sandbox that a path is in. Raises HTTPError 404, also for what is hidden."""
        label, _, inner = path.strip("/").partition("/")
        if models.is_hidden(inner) and not self.allow_hidden:
            raise HTTPError(404, f"No such file or directory: {path}")
        with http_errors():
            return Spot(await self._folders.find(label), f"/{inner}")

    async def ask(self, path: str, op: str, **arguments: Any) -> Any:
        """Carry out an operation on what is at a path; gives its value. Raises HTTPError."""
        spot = await self.locate(path)
        with http_errors():
            return (await spot.target.ask(op, {_argument(op): spot.path, **arguments})).value

    async def _find(self, path: str) -> dict[str, Any] | None:
        """The entry at a path; None if there is none."""
        try:
            return dict(await self.ask(path, "stat"))
        except HTTPError as error:
            if error.status_code in {400, 404}:
                return None
            raise

    async def dir_exists(self, path: str) -> bool:
        found = {"entryType": "directory"} if _is_top(path) else await self._find(path)
        return found is not None and found["entryType"] == "directory"

    async def file_exists(self, path: str = "") -> bool:
        found = None if _is_top(path) else await self._find(path)
        return found is not None and found["entryType"] == "file"

    async def is_hidden(self, path: str) -> bool:
        return models.is_hidden(path.strip("/").partition("/")[2])

    # ------------------------------------------------------------ reading

    async def get(
        self,
        path: str,
        content: bool = True,  # noqa: FBT001, FBT002  Jupyter's signature
        type: str | None = None,  # noqa: A002  Jupyter's signature
        format: str | None = None,  # noqa: A002  Jupyter's signature
        require_hash: bool = False,  # noqa: FBT001, FBT002  Jupyter's signature
    ) -> Model:
        path = path.strip("/")
        if _is_top(path):
            _refuse_type(type, "directory", path)
            return await self._all_folders(with_content=bool(content))
        entry = await self.ask(path, "stat")
        if entry["entryType"] == "directory":
            _refuse_type(type, "directory", path)
            return await self._directory(path, entry, with_content=bool(content))
        return await self._file(path, entry, type, format, content=bool(content), hashed=bool(require_hash))

    async def _all_folders(self, *, with_content: bool) -> Model:
        folders = await self._folders.list()
        latest = max((each.modified for each in folders if each.modified), default=None)
        children = [models.top_model(each.label, each.modified) for each in folders]
        model = models.top_model("", latest)
        return models.with_content(model, children, "json") if with_content else model

    async def _directory(self, path: str, entry: dict[str, Any], *, with_content: bool) -> Model:
        model = models.entry_model(path, entry)
        if not with_content:
            return model
        spot = await self.locate(path)
        with http_errors():
            entries = await list_entries(spot.target, spot.path)
        shown = [each for each in entries if self._is_listed(each["name"])]
        children = [models.entry_model(f"{path}/{each['name']}", each) for each in shown]
        return models.with_content(model, children, "json")

    def _is_listed(self, name: str) -> bool:
        return bool(self.should_list(name)) and (self.allow_hidden or not models.is_hidden(name))

    async def _file(
        self, path: str, entry: dict[str, Any], kind: str | None, form: str | None, *, content: bool, hashed: bool
    ) -> Model:
        if kind == "directory":
            raise HTTPError(400, f"{path} is not a directory", reason="bad type")
        kind = kind or models.entry_type(path, entry)
        data = b""
        if content:
            data, entry = await self._read(path)
        model = models.entry_model(path, entry) | {"type": kind}
        if content and kind == "notebook":
            model = self._with_notebook(model, data)
        elif content:
            model = models.with_content(model, *models.encode(data, form, path))
        return model | (await self._hash(path, data if content else None) if hashed else {})

    def _with_notebook(self, model: Model, data: bytes) -> Model:
        flaws: dict[str, Any] = {}
        notebook = notebooks.parse(data, model["path"], flaws)
        self.mark_trusted_cells(notebook, model["path"])
        full = models.with_content(model | {"mimetype": None}, notebook, "json")
        self.validate_notebook_model(full, validation_error=flaws)
        return full

    async def _read(self, path: str) -> tuple[bytes, dict[str, Any]]:
        """A content, and the entry that describes exactly it."""
        spot = await self.locate(path)
        for _ in range(_ATTEMPTS):
            entry = await self.ask(path, "stat")
            with http_errors():
                try:
                    data, etag = await _read_whole(spot)
                except PreconditionFailed:
                    continue
            if etag.startswith(entry["etag"]):  # that of a dynamic file tells the computed content besides
                return data, entry | {"size": len(data)}
        raise HTTPError(409, f"{path} changes faster than it can be read")

    async def _hash(self, path: str, data: bytes | None) -> Model:
        digest = hashlib.new(_HASH)
        if data is not None:
            digest.update(data)
        else:
            spot = await self.locate(path)
            with http_errors():
                first = await read_start(spot.target, spot.path)
                size = first.value["size"]
                async for chunk in read_file(spot.target, spot.path, Part(0, size, size), first):
                    digest.update(chunk)
        return {"hash": digest.hexdigest(), "hash_algorithm": _HASH}

    # ------------------------------------------------------------ writing

    async def save(self, model: Model, path: str = "") -> Model:
        path = path.strip("/")
        _refuse_top(path)
        number = model.get("chunk")
        if number in {None, 1}:
            self.run_pre_save_hooks(model=model, path=path)
        kind = model.get("type")
        if kind is None:
            raise HTTPError(400, "No file type provided")
        if "content" not in model and kind != "directory":
            raise HTTPError(400, "No file content provided")
        if number is not None:
            return await self._save_chunk(model, path, number)
        saving = {"directory": self._save_directory, "file": self._save_file, "notebook": self._save_notebook}.get(kind)
        if saving is None:
            raise HTTPError(400, f"Unhandled contents type: {kind}")
        return await saving(model, path)

    async def _save_directory(self, model: Model, path: str) -> Model:
        del model
        await self._require_parent(path)
        await self.ask(path, "mkdir")
        await self._tell("mkdir", path)
        return await self.get(path, content=False)

    async def _save_file(self, model: Model, path: str) -> Model:
        await self._write(path, models.decode(model["content"], model.get("format"), path))
        return await self.get(path, content=False, type="file")

    async def _save_notebook(self, model: Model, path: str) -> Model:
        notebook = notebooks.document(model["content"], path)
        self.check_and_sign(notebook, path)
        flaws: dict[str, Any] = {}
        await self._write(path, notebooks.render(notebook, path, flaws))
        if not await self.checkpoints.list_checkpoints(path):
            await self.create_checkpoint(path)  # as Jupyter: a notebook has one from the beginning
        self.validate_notebook_model(model, validation_error=flaws)
        message = {"message": model["message"]} if model.get("message") else {}
        return await self.get(path, content=False, type="notebook") | message

    async def _save_chunk(self, model: Model, path: str, number: int) -> Model:
        if model["type"] != "file":
            raise HTTPError(400, f'File type "{model["type"]}" is not supported for large file transfer')
        data, sender = models.decode(model["content"], model.get("format"), path), _sender(model)
        with http_errors():
            if number == 1:
                await self._require_parent(path)
                spot = await self.locate(path)
                await self._chunked.begin(sender, path, await begin_write(spot.target, spot.path, None))
            size = await self._chunked.append(sender, path, number, data)
        if number != LAST:
            return models.arriving_model(path, size, datetime.now(UTC))
        await self._tell("write", path, bytes=size)
        return await self.get(path, content=False, type="file")

    async def _write(self, path: str, data: bytes) -> None:
        await self._require_parent(path)
        spot = await self.locate(path)
        with http_errors():
            await _write_whole(spot, data)
        await self._tell("write", path, bytes=len(data))

    async def _require_parent(self, path: str) -> None:
        """Refuse a path below what is no directory: a document in a removed directory must not bring that back."""
        parent = path.rpartition("/")[0]
        if not await self.dir_exists(parent):
            raise HTTPError(404, f"No such directory: {parent}")

    # ------------------------------------------------------------ removing, moving, copying

    async def delete_file(self, path: str) -> None:
        path = path.strip("/")
        _refuse_top(path)
        await self.ask(path, "remove", recursive=True)
        await self._tell("delete", path)

    async def rename_file(self, old_path: str, new_path: str) -> None:
        old_path, new_path = old_path.strip("/"), new_path.strip("/")
        if old_path == new_path:
            return
        for each in (old_path, new_path):
            _refuse_top(each)
        await self._require_parent(new_path)
        old, new = await self.locate(old_path), await self.locate(new_path)
        if old.target == new.target:
            await self.ask(old_path, "move", to=new.path)
        else:
            await _carry(old, new, remove=True)
        await self._tell("move", new_path, source=old.path)

    async def copy(self, from_path: str, to_path: str | None = None) -> Model:
        """Copy a file or a directory; into a directory under a name that is free there."""
        from_path = from_path.strip("/")
        to_path = from_path.rpartition("/")[0] if to_path is None else to_path.strip("/")
        if await self.dir_exists(to_path):
            name = copy_pat.sub(".", from_path.rpartition("/")[2])
            to_path = f"{to_path}/{await self.increment_filename(name, to_path, insert='-Copy')}"
        for each in (from_path, to_path):
            _refuse_top(each)
        await self._require_parent(to_path)
        old, new = await self.locate(from_path), await self.locate(to_path)
        if old.target == new.target:
            await self.ask(from_path, "copy", to=new.path)
        else:
            await _carry(old, new, remove=False)
        await self._tell("copy", to_path, source=old.path)
        return await self.get(to_path, content=False)

    async def restore_checkpoint(self, checkpoint_id: str, path: str) -> None:
        await self.checkpoints.restore_checkpoint(self, checkpoint_id, path)
        await self._tell("write", path)

    # ------------------------------------------------------------ records

    def emit(self, data: Any) -> None:
        """Nothing of Jupyter's own events: who listens to those takes the paths for such of the disk."""

    async def _tell(self, action: str, path: str, **facts: Any) -> None:
        spot = await self.locate(path)
        told = events.told(action, "sandbox", spot.path, _user(), kernel_id=spot.target.kernel_id, **facts)
        self.event_logger.emit(schema_id=events.SCHEMA_ID, data=told)


@contextmanager
def http_errors() -> Iterator[None]:
    """Turn errors of ours into those that Jupyter's handlers know."""
    try:
        yield
    except SandfsError as error:
        status = 404 if isinstance(error, NotFound | NotADirectory) else error.http_status
        raise HTTPError(status, str(error)) from error


async def _carry(old: Spot, new: Spot, *, remove: bool) -> None:
    with http_errors():
        try:
            await carriage.carry(old, new, remove=remove)
        except PreconditionFailed as error:  # Jupyter knows no 412
            raise HTTPError(409, str(error)) from error


async def _read_whole(spot: Spot) -> tuple[bytes, str]:
    """A content and its etag. Raises HTTPError 413 where it is more than `MOST_CONTENT`."""
    first = await read_start(spot.target, spot.path)
    size, etag = first.value["size"], first.value["etag"]
    if size > MOST_CONTENT:
        raise HTTPError(413, f"{spot.path} has {size} bytes: more than {MOST_CONTENT} are not opened, but downloaded")
    chunks = [chunk async for chunk in read_file(spot.target, spot.path, Part(0, size, size), first)]
    return b"".join(chunks), etag


async def _write_whole(spot: Spot, data: bytes) -> None:
    sink = await begin_write(spot.target, spot.path, len(data))
    try:
        chunk_bytes = await spot.target.chunk_bytes()
        for start in range(0, len(data), chunk_bytes):
            await sink.append(data[start : start + chunk_bytes])
        await sink.commit()
    except BaseException:
        await sink.abort()
        raise


def _argument(op: str) -> str:
    return "from" if op in {"move", "copy", "checkpoint_move"} else "path"


def _is_top(path: str) -> bool:
    return not path.strip("/")


def _refuse_top(path: str) -> None:
    if not path.partition("/")[2]:
        raise HTTPError(400, f"{path or '/'}: the top folders are the sandboxes, files are made inside one of them")


def _refuse_type(wanted: str | None, kind: str, path: str) -> None:
    if wanted not in {None, kind}:
        raise HTTPError(400, f"{path} is a {kind}, not a {wanted}", reason="bad type")


def _user() -> Any:
    """Who sent the request that is under way; None outside of one."""
    handler = CallContext.get(CallContext.JUPYTER_HANDLER)
    return handler.current_user if handler is not None else None


def _sender(model: Model) -> Sender:
    """Whose chunks belong together: Jupyter makes up somebody else for each request with nothing but its own token."""
    handler = CallContext.get(CallContext.JUPYTER_HANDLER)
    user = _user()
    is_made_up = user is None or (handler.token_authenticated and str(user.name).startswith("Anonymous "))
    return ("" if is_made_up else str(user.username), str(model.get("sender") or ""))
