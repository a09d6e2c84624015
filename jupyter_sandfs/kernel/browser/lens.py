"""Operations that show the owner what others see: the views there are, what one hides, and which rule decides."""

from __future__ import annotations

from typing import Any, NamedTuple

from jupyter_sandfs import paths
from jupyter_sandfs.errors import NotFound, PathError
from jupyter_sandfs.rpc.operations import Handler
from jupyter_sandfs.sandbox import Sandbox
from jupyter_sandfs.vfs.interface import FileSystem
from jupyter_sandfs.vfs.policy import OPEN, NodePolicy

MAX_FOLDERS = 500  # of one folder, that are compared
MAX_HIDDEN = 200

Document = dict[str, Any]


class Grant(NamedTuple):
    """One thing that somebody may do or not, and why."""

    what: str
    allowed: bool
    why: str


class Lens:
    """The operations for the owner's browser of one sandbox."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox

    def operations(self) -> dict[str, Handler]:
        """The table for a dispatcher."""
        return {"lens": self.summary, "lens_hidden": self.hidden, "lens_rules": self.rules}

    def summary(self, _fs: FileSystem, _body: object, view: str) -> Document:
        """What the view of that name hides: {shown, hidden, readOnly}: files, and top folders it can't change."""
        seen, whole = self._sandbox.seen_by(view), self._sandbox.fs
        shown, all_ = seen.stats().file_count, whole.stats().file_count
        closed = [
            entry.path for entry in seen.ls("/")[:MAX_FOLDERS] if entry.is_dir and not _writable(seen, entry.path)
        ]
        return {"shown": shown, "hidden": all_ - shown, "readOnly": closed}

    def hidden(self, _fs: FileSystem, _body: object, view: str, path: str) -> dict[str, int]:
        """How many names are hidden right in a folder, and in each below it: {path: count}, without zeros."""
        seen = self._sandbox.seen_by(view)
        below = [entry.path for entry in seen.ls(path)[:MAX_FOLDERS] if entry.is_dir and not entry.stat.dynamic]
        counts = {each: len(self._hidden_in(seen, each)) for each in [paths.normalize(path), *below]}
        return {each: count for each, count in counts.items() if count}

    def rules(self, _fs: FileSystem, _body: object, view: str, path: str) -> Document:
        """What the view may do with a node, and why; and what is hidden in its folder: {grants, folder, hidden}."""
        seen, whole = self._sandbox.seen_by(view), self._sandbox.fs
        folder = path if whole.is_dir(path) else paths.parent(paths.normalize(path))
        names = self._hidden_in(seen, folder)
        return {
            "grants": [grant._asdict() for grant in explain(whole, seen, path)],
            "folder": folder,
            "hidden": [
                {"name": name, "why": _shown_to(whole, paths.join(folder, name))} for name in names[:MAX_HIDDEN]
            ],
        }

    def _hidden_in(self, seen: FileSystem, folder: str) -> list[str]:
        try:
            shown = set(seen.listdir(folder))
            return sorted(set(self._sandbox.fs.listdir(folder)) - shown)
        except PathError:  # it went away, or is itself hidden
            return []


def explain(whole: FileSystem, seen: FileSystem, path: str) -> list[Grant]:
    """Say what a view may do with a node of the whole file system, and which rule decides. Raises NotFound."""
    policy, where = deciding(whole, path)
    visible = seen.get_entry(path) is not None
    set_on = f", set on {where}" if where else ""
    closed = f"read-only{set_on}"
    write = policy.writable and not policy.append_only
    see = "nothing hides it" if visible else _hidden_by(policy, set_on)
    return [
        Grant("See", visible, see),
        Grant("Read", visible and policy.readable, "default for all" if policy.readable else f"unreadable{set_on}"),
        Grant(
            "Write",
            visible and write,
            "default for all" if write else closed if not policy.writable else f"append-only{set_on}",
        ),
        Grant("Append", visible and policy.writable, "default for all" if policy.writable else closed),
    ]


def deciding(whole: FileSystem, path: str) -> tuple[NodePolicy, str]:
    """The policy in force at a path, and where it was set; empty where none was."""
    found = whole.inspect(paths.normalize(path))
    if found is None or found.stat is None:
        raise NotFound(path)
    policy = found.policy
    if policy == OPEN:
        return policy, ""
    where = paths.normalize(path)
    for above in [where, *reversed(paths.ancestors(where))]:
        known = whole.inspect(above)
        if known is None or known.policy != policy:
            break
        where = above
    return policy, where


def _hidden_by(policy: NodePolicy, set_on: str) -> str:
    if policy.principals:
        return f"only for {', '.join(sorted(policy.principals))}{set_on}"
    if policy.visibility != OPEN.visibility:
        return f"labelled {policy.visibility}{set_on}"
    return "outside of what the view shows, or a folder above is hidden"


def _shown_to(whole: FileSystem, path: str) -> str:
    policy = whole.get_policy(path)
    if policy.principals:
        return f"visible to {', '.join(sorted(policy.principals))}"
    return f"label {policy.visibility}" if policy.visibility != OPEN.visibility else "outside of the view"


def _writable(seen: FileSystem, path: str) -> bool:
    try:
        return seen.get_policy(path).writable
    except PathError:
        return False
