"""Files and folders on their way into another sandbox: chunk by chunk, seen there in one step when all has arrived."""

from __future__ import annotations

from jupyter_sandfs.errors import AlreadyExists, NotFound, VersionConflict
from jupyter_sandfs.server.addressing import Spot
from jupyter_sandfs.server.archives import Arriving, Leaving
from jupyter_sandfs.server.conditions import Part
from jupyter_sandfs.server.fs import begin_write, read_file, read_start
from jupyter_sandfs.server.intake import Gathered, pour


async def carry(old: Spot, new: Spot, *, remove: bool) -> None:
    """Copy a file, or a folder with all that is in it, into another sandbox; dynamic nodes come as they are now.

    Args:
        remove: it is gone from where it was then.

    Raises:
        AlreadyExists: something is there.
        PreconditionFailed: it was changed meanwhile; with `remove`, both are there then.
        InvalidArchive: a link in a folder leads out of it.
    """
    entry = await old.ask("stat")
    take = _carry_folder if entry["entryType"] == "directory" else _carry_file
    before = await old.ask("fingerprint")
    await take(old, new)
    if remove:  # what was written meanwhile must not be lost
        await old.ask("remove_unchanged", fingerprint=before)


async def _carry_file(old: Spot, new: Spot) -> None:
    first = await read_start(old.target, old.path)
    size = first.value["size"]
    sink = await begin_write(new.target, new.path, size, 0)
    try:
        await pour(read_file(old.target, old.path, Part(0, size, size), first), sink)
    except VersionConflict:
        raise AlreadyExists(new.path) from None


async def _carry_folder(old: Spot, new: Spot) -> None:
    """As an archive, which shows one moment of the folder. One that comes into being meanwhile is filled."""
    if await _is_there(new):
        raise AlreadyExists(new.path)
    begun = await old.ask("archive_begin", format="tar", materialize=True)
    leaving = Leaving(old.target, begun["archiveId"])
    try:
        upload = (await new.ask("extract_begin"))["uploadId"]
        arriving = Arriving(new.target, upload, {"format": "tar", "overwrite": False})
        await pour(leaving.chunks(), Gathered(arriving, await new.target.chunk_bytes()))
    except BaseException:
        await leaving.abort()
        raise


async def _is_there(spot: Spot) -> bool:
    try:
        await spot.ask("stat")
    except NotFound:
        return False
    return True
