"""Whether a tree is still what it was: for who copies one elsewhere, and removes it only then."""

from __future__ import annotations

import hashlib

from jupyter_sandfs import paths
from jupyter_sandfs.errors import PreconditionFailed
from jupyter_sandfs.rpc.operations import Body, Handler
from jupyter_sandfs.rpc.search import walk
from jupyter_sandfs.vfs.interface import FileSystem


def fingerprint(fs: FileSystem, _body: Body, path: str) -> str:
    """A digest that differs once anything at or below `path` came, went or has another content. Nothing is computed."""
    top = paths.normalize(path)
    found = fs.stat(top, follow=False)
    digest = hashlib.sha256(found.etag.encode())
    for entry in walk(fs, top, None) if found.is_dir and not found.dynamic else ():
        digest.update(f"\0{entry.path}\0{entry.stat.etag}".encode())
    return digest.hexdigest()


def remove_unchanged(fs: FileSystem, body: Body, path: str, fingerprint_: str) -> dict[str, str]:
    """Remove what is at `path`, with all that is in it. Raises PreconditionFailed: it has another fingerprint."""
    where = paths.normalize(path)
    if fingerprint(fs, body, where) != fingerprint_:
        raise PreconditionFailed(f"{where} was changed meanwhile, and is still there")
    fs.remove(where, recursive=True)
    return {"path": where}


FINGERPRINT_OPERATIONS: dict[str, Handler] = {"fingerprint": fingerprint, "remove_unchanged": remove_unchanged}
