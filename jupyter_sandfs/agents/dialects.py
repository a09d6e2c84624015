"""How vendors write tools down, ask for them and take their answers: the rest of the agents' layer knows none of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from jupyter_sandfs.agents import editor, patching
from jupyter_sandfs.agents.answers import ToolResult
from jupyter_sandfs.agents.tool import SANDBOX_ID, Tool
from jupyter_sandfs.errors import InvalidRequest

Tools = Mapping[str, Tool]

_SANDBOX = {"type": "string", "description": "the sandbox meant; leave it out: there is one"}


class Call(NamedTuple):
    """A call that a model asks for. `id` ties the answer to it, `kind` is what the vendor calls such a call."""

    id: str
    name: str
    arguments: Any
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Dialect:
    """One vendor's way.

    Attributes:
        schema: what the model is told of a tool.
        calls_in: finds the calls in a model's message.
        answered: the message, or block, that answers a call.
        native: the tools, with the vendor's own in place of ours that do the same.
    """

    name: str
    schema: Callable[[Tool], dict[str, Any]]
    calls_in: Callable[[Any], Iterable[Call]]
    answered: Callable[[Call, ToolResult], dict[str, Any]]
    native: Callable[[Tools], Tools] = dict


def named(name: str) -> Dialect:
    """Find a dialect. Raises InvalidRequest."""
    try:
        return DIALECTS[name]
    except KeyError:
        raise InvalidRequest(f"no such dialect: {name!r:.50} (there are: {', '.join(DIALECTS)})") from None


def arguments_schema(tool: Tool) -> dict[str, Any]:
    """The JSON schema of a tool's arguments, with the sandbox's id, which may always be left out."""
    schema = tool.schema
    return {**schema, "properties": {**schema["properties"], SANDBOX_ID: _SANDBOX}}


def plain(value: Any) -> Any:
    """An object of a vendor's SDK (pydantic) as plain JSON values; anything else as it is."""
    dump = getattr(value, "model_dump", None)
    return dump(mode="json", exclude_none=True) if dump is not None else value


def _items(message: Any, key: str) -> list[Any]:
    """The items of a message: what is in its `key`, or in the list that it is, or the one that it is."""
    data = plain(message)
    if isinstance(data, Mapping) and isinstance(data.get(key), list):
        data = data[key]
    return [plain(each) for each in data] if isinstance(data, list) else [data]


# ---------------------------------------------------------------- OpenAI, Chat Completions


def _chat_schema(tool: Tool) -> dict[str, Any]:
    function = {"name": tool.name, "description": tool.description, "parameters": arguments_schema(tool)}
    return {"type": "function", "function": function}


def _chat_calls(message: Any) -> list[Call]:
    found = [each for each in _items(message, "tool_calls") if isinstance(each, Mapping) and "function" in each]
    return [Call(each.get("id", ""), each["function"]["name"], each["function"].get("arguments")) for each in found]


def _chat_answer(call: Call, result: ToolResult) -> dict[str, Any]:
    return {"role": "tool", "tool_call_id": call.id, "content": result.text}


# ---------------------------------------------------------------- OpenAI, Responses


def _response_schema(tool: Tool) -> dict[str, Any]:
    if tool.vendor is not None:
        return dict(tool.vendor)
    schema = arguments_schema(tool)
    return {
        "type": "function",
        "name": tool.name,
        "description": tool.description,
        "parameters": schema,
        "strict": False,
    }


def _response_calls(message: Any) -> list[Call]:
    found = [each for each in _items(message, "output") if isinstance(each, Mapping)]
    return [_RESPONSE_CALLS[each["type"]](each) for each in found if each.get("type") in _RESPONSE_CALLS]


_RESPONSE_CALLS: dict[str, Callable[[Mapping[str, Any]], Call]] = {
    "function_call": lambda item: Call(item.get("call_id", ""), item["name"], item.get("arguments"), item["type"]),
    "apply_patch_call": lambda item: Call(
        item.get("call_id", ""), "apply_patch", {"operation": item.get("operation")}, item["type"]
    ),
}


def _response_answer(call: Call, result: ToolResult) -> dict[str, Any]:
    answer = {"type": f"{call.kind}_output", "call_id": call.id, "output": result.text}
    if call.kind == "apply_patch_call":
        answer["status"] = "failed" if result.is_error else "completed"
    return answer


# ---------------------------------------------------------------- Anthropic, Messages


def _message_schema(tool: Tool) -> dict[str, Any]:
    if tool.vendor is not None:
        return dict(tool.vendor)
    return {"name": tool.name, "description": tool.description, "input_schema": arguments_schema(tool)}


def _message_calls(message: Any) -> list[Call]:
    found = [each for each in _items(message, "content") if isinstance(each, Mapping)]
    return [
        Call(each.get("id", ""), each["name"], each.get("input")) for each in found if each.get("type") == "tool_use"
    ]


def _message_answer(call: Call, result: ToolResult) -> dict[str, Any]:
    answer = {"type": "tool_result", "tool_use_id": call.id, "content": result.text}
    return {**answer, "is_error": True} if result.is_error else answer


# ---------------------------------------------------------------- MCP, and plain


def _mcp_schema(tool: Tool) -> dict[str, Any]:
    hints = {"readOnlyHint": not tool.changes, "openWorldHint": False}
    return {
        "name": tool.name,
        "description": tool.description,
        "inputSchema": arguments_schema(tool),
        "annotations": hints,
    }


def _plain_schema(tool: Tool) -> dict[str, Any]:
    return {"title": tool.name, "description": tool.description, **arguments_schema(tool)}


def _plain_calls(message: Any) -> list[Call]:
    found = [each for each in _items(message, "calls") if isinstance(each, Mapping) and "name" in each]
    return [Call(str(each.get("id", "")), each["name"], each.get("arguments")) for each in found]


def _plain_answer(call: Call, result: ToolResult) -> dict[str, Any]:
    content = [{"type": "text", "text": result.text}]
    return {"id": call.id, "content": content, "isError": result.is_error}


def _instead(ours: tuple[str, ...], *native: Tool) -> Callable[[Tools], Tools]:
    """A function that puts a vendor's tools in the place of ours."""

    def change(tools: Tools) -> Tools:
        kept = {name: each for name, each in tools.items() if name not in ours}
        return {**{each.name: each for each in native}, **kept}

    return change


DIALECTS = {
    each.name: each
    for each in (
        Dialect("json-schema", _plain_schema, _plain_calls, _plain_answer),
        Dialect("mcp", _mcp_schema, _plain_calls, _plain_answer),
        Dialect("openai", _chat_schema, _chat_calls, _chat_answer, _instead(patching.REPLACED, patching.APPLY_PATCH)),
        Dialect(
            "openai-responses",
            _response_schema,
            _response_calls,
            _response_answer,
            _instead(patching.REPLACED, patching.APPLY_OPERATION),
        ),
        Dialect(
            "anthropic", _message_schema, _message_calls, _message_answer, _instead(editor.REPLACED, *editor.TOOLS)
        ),
    )
}
