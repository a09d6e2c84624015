"""The two messages of the kernel link, and their JSON form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from jupyter_sandfs.errors import InvalidRequest, SandfsError, revive

PROTOCOL = 1


@dataclass(frozen=True, slots=True)
class Request:
    """One question to a kernel.

    Attributes:
        op: name of an operation of the dispatcher.
        arguments: the operation's keyword arguments, plain JSON values.
        body: raw bytes that go with it.
        sandbox: name of the sandbox in that kernel.
        view: name of a view registered there; none means the owner's eyes.
    """

    op: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    body: bytes | memoryview = b""
    sandbox: str = "default"
    view: str | None = None

    def header(self) -> dict[str, Any]:
        """Everything but the body, as plain JSON."""
        return {"op": self.op, "arguments": dict(self.arguments), "sandbox": self.sandbox, "view": self.view}

    @classmethod
    def from_header(cls, header: Mapping[str, Any], body: bytes | memoryview = b"") -> Request:
        """Read the JSON form; raises InvalidRequest for what is none."""
        match header:
            case {"op": str(op), "arguments": dict(arguments)}:
                sandbox, view = header.get("sandbox", "default"), header.get("view")
                if isinstance(sandbox, str) and (view is None or isinstance(view, str)):
                    return cls(op, arguments, body, sandbox, view)
        raise InvalidRequest("a request has op, arguments, and optionally sandbox and view")


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer: a JSON value and raw bytes, or an error."""

    value: Any = None
    body: bytes | memoryview = b""
    error: SandfsError | None = None

    def header(self) -> dict[str, Any]:
        """Everything but the body, as plain JSON."""
        if self.error is None:
            return {"value": self.value}
        return {"error": {"code": self.error.code, "facts": self.error.facts, "text": str(self.error)}}

    @classmethod
    def from_header(cls, header: Mapping[str, Any], body: bytes | memoryview = b"") -> Reply:
        """Read the JSON form; raises InvalidRequest for what is none."""
        match header:
            case {"error": {"code": str(code), "facts": dict(facts)}}:
                return cls(error=revive(code, facts))
            case {"value": value}:
                return cls(value, body)
        raise InvalidRequest("a reply has a value or an error")

    def unwrap(self) -> Any:
        """Give the value, or raise the error."""
        if self.error is not None:
            raise self.error
        return self.value
