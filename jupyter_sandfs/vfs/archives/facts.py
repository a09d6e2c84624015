"""What a tarball of a file system says of a node beside its content: one object of JSON for each."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from jupyter_sandfs.errors import InvalidArchive, InvalidRequest
from jupyter_sandfs.vfs.batch import is_moment
from jupyter_sandfs.vfs.nodes import Directory, Extra, Node, describe
from jupyter_sandfs.vfs.policy import policy_to
from jupyter_sandfs.vfs.providers import DirectoryMount, FileMount, provider_name

Provider = Callable[..., Any]
Facts = Mapping[str, Any]

_KINDS = frozenset({"file", "directory", "symlink"})
_MOST_VERSIONS = 1 << 62
_TYPES: Mapping[str, tuple[type, ...]] = {
    "kind": (str,),
    "stamp": (int,),
    "created_ns": (int,),
    "modified_ns": (int,),
    "mode": (int,),
    "version": (int,),
    "metadata": (dict,),
    "ttl": (int, float),
}


# ---------------------------------------------------------------- out


def facts_of(path: str, node: Node) -> dict[str, Any]:
    """What is to be known of a node; what is usual is left out."""
    stat = describe(node, "")
    extra = node.extra or Extra()
    mount = node.mount if isinstance(node, Directory) else node.content
    said: dict[str, Any] = {
        "path": path,
        "kind": str(stat.kind),
        "version": stat.version,
        "stamp": node.stamp,
        "created_ns": stat.created_ns,
        "modified_ns": extra.modified_ns,
        "mode": extra.mode,
        "target": stat.link_target,
        "policy": policy_to(extra.policy) if extra.policy else None,
        "metadata": dict(extra.metadata) if extra.metadata else None,
    }
    if isinstance(mount, DirectoryMount | FileMount):
        said |= {"provider": provider_name(mount.provider), "ttl": mount.ttl}
    _check_plain(path, said["metadata"])
    return {name: value for name, value in said.items() if value is not None}


def _check_plain(path: str, metadata: Any) -> None:
    try:
        plain = json.loads(json.dumps(metadata, allow_nan=False))
    except (TypeError, ValueError) as error:
        raise InvalidRequest(f"{path}: its metadata can't be saved: {error}") from error
    if plain != metadata:
        raise InvalidRequest(f"{path}: its metadata can't be saved: it would not come back the same")


# ---------------------------------------------------------------- in


def parse(line: bytes) -> dict[str, Any]:
    try:
        facts = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise InvalidArchive("", "its facts are damaged") from error
    if not isinstance(facts, dict):
        raise InvalidArchive("", "its facts are damaged")
    if "path" in facts:
        _check_facts(facts)
    return facts


def _check_facts(facts: Mapping[str, Any]) -> None:
    for name, types in _TYPES.items():
        if name in facts and (not isinstance(facts[name], types) or isinstance(facts[name], bool)):
            raise InvalidArchive(str(facts["path"]), f"its {name} is of the wrong type")
    for name in ("stamp", "created_ns", "modified_ns"):
        if not is_moment(facts.get(name, 0 if name == "modified_ns" else None)):
            raise InvalidArchive(str(facts["path"]), f"its {name} is no time")
    if facts.get("kind") not in _KINDS or not 0 <= facts.get("mode", 0) <= 0o7777:
        raise InvalidArchive(str(facts["path"]), "its kind or mode is none")
    if facts["kind"] != "directory" and not 0 < facts.get("version", 0) < _MOST_VERSIONS:
        raise InvalidArchive(str(facts["path"]), "it has no version")


def text_of(facts: Mapping[str, Any], name: str) -> str:
    value = facts.get(name)
    if not isinstance(value, str):
        raise InvalidArchive("", f"a node without its {name}")
    return value
