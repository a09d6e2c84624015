"""Schemas and messages as the vendors' APIs take them: their own SDKs' types judge."""

from __future__ import annotations

import json

import pytest
from anthropic.types.beta import BetaMessage, BetaToolResultBlockParam, BetaToolUnionParam
from jsonschema import Draft202012Validator
from mcp.types import Tool as McpTool
from openai.types.chat import ChatCompletionMessage, ChatCompletionToolMessageParam, ChatCompletionToolUnionParam
from openai.types.responses import Response, ResponseInputItemParam, ToolParam
from pydantic import ConfigDict, TypeAdapter

from jupyter_sandfs.agents.dialects import DIALECTS
from jupyter_sandfs.agents.toolset import Toolset

STRICT = ConfigDict(extra="forbid")


def accepts(kind, value):
    """Whether a type of an SDK takes a value."""
    TypeAdapter(kind).validate_python(value, strict=False)
    return True


@pytest.mark.parametrize("native", [False, True])
@pytest.mark.parametrize(
    ("dialect", "kind"),
    [
        ("openai", ChatCompletionToolUnionParam),
        ("openai-responses", ToolParam),
        ("anthropic", BetaToolUnionParam),
    ],
)
def test_the_vendors_take_the_schemas(sandbox, dialect, kind, native):
    schemas = Toolset(sandbox, "bob", dialect=dialect, native=native).schemas

    assert [accepts(kind, schema) for schema in schemas] == [True] * len(schemas)
    assert json.loads(json.dumps(schemas)) == schemas


def test_mcp_takes_the_schemas(sandbox):
    tools = [McpTool.model_validate(each) for each in Toolset(sandbox, "bob", dialect="mcp").schemas]

    assert {tool.name: tool.annotations.read_only_hint for tool in tools if not tool.name.startswith("sandbox_fs")} == {
        "sandbox_exec": False,
        "sandbox_python": False,
        "sandbox_stage_file": False,
        "sandbox_publish_file": False,
        "sandbox_snapshot": False,
        "sandbox_diff": True,
    }


def test_plain_schemas_are_json_schemas(sandbox):
    for schema in Toolset(sandbox, "bob").schemas:
        Draft202012Validator.check_schema(schema)
        assert schema["properties"]["sandbox_id"]["type"] == "string"
        assert "sandbox_id" not in schema["required"]


def test_native_tools_stand_for_ours(sandbox):
    names = {name: Toolset(sandbox, "bob", dialect=name, native=True).names for name in DIALECTS}

    assert names["anthropic"][:3] == ["str_replace_based_edit_tool", "memory", "bash"]
    assert {"sandbox_exec", "sandbox_fs_edit", "sandbox_fs_read", "sandbox_fs_write"}.isdisjoint(names["anthropic"])
    assert names["openai"][0] == names["openai-responses"][0] == "apply_patch"
    assert "sandbox_fs_edit" not in names["openai"]
    assert names["mcp"] == names["json-schema"] == Toolset(sandbox, "bob").names


def test_a_message_of_chat_completions_is_answered(sandbox):
    sandbox.fs.write_file("/a", "1")
    message = ChatCompletionMessage.model_validate(
        {
            "role": "assistant",
            "tool_calls": [
                {"id": "1", "type": "function", "function": {"name": "sandbox_fs_read", "arguments": '{"path": "/a"}'}},
                {"id": "2", "type": "function", "function": {"name": "sandbox_fs_read", "arguments": "{"}},
            ],
        }
    )

    answers = Toolset(sandbox, "bob", dialect="openai").answer(message)

    assert answers == [
        {"role": "tool", "tool_call_id": "1", "content": "     1\t1"},
        {"role": "tool", "tool_call_id": "2", "content": "the arguments are not JSON"},
    ]
    assert all(accepts(ChatCompletionToolMessageParam, each) for each in answers)


def test_a_response_is_answered_with_its_patches(sandbox):
    sandbox.fs.write_file("/a", "1\n")
    response = Response.model_construct(
        output=[
            {"type": "message", "content": []},
            {"type": "function_call", "call_id": "1", "name": "sandbox_fs_list", "arguments": "{}"},
            {
                "type": "apply_patch_call",
                "call_id": "2",
                "operation": {"type": "update_file", "path": "a", "diff": "@@\n-1\n+2\n"},
            },
            {"type": "apply_patch_call", "call_id": "3", "operation": {"type": "delete_file", "path": "b"}},
        ]
    )

    answers = Toolset(sandbox, "bob", dialect="openai-responses", native=True).answer(response.output)

    assert answers == [
        {"type": "function_call_output", "call_id": "1", "output": "/a\t2 bytes"},
        {
            "type": "apply_patch_call_output",
            "call_id": "2",
            "output": "Success. Updated the following files:\nM /a",
            "status": "completed",
        },
        {"type": "apply_patch_call_output", "call_id": "3", "output": "file not found: /b", "status": "failed"},
    ]
    assert all(accepts(ResponseInputItemParam, each) for each in answers)
    assert sandbox.fs.read_file("/a") == "2\n"


def test_a_message_of_anthropic_is_answered(sandbox):
    message = BetaMessage.model_validate(
        {
            "id": "m",
            "type": "message",
            "role": "assistant",
            "model": "claude",
            "stop_reason": "tool_use",
            "stop_sequence": None,
            "usage": {"input_tokens": 1, "output_tokens": 1},
            "content": [
                {"type": "text", "text": "I look."},
                {"type": "tool_use", "id": "1", "name": "bash", "input": {"command": "echo hi"}},
                {"type": "tool_use", "id": "2", "name": "memory", "input": {"command": "view", "path": "/memories/a"}},
            ],
        }
    )

    answers = Toolset(sandbox, "bob", dialect="anthropic", native=True).answer(message)

    assert answers == [
        {"type": "tool_result", "tool_use_id": "1", "content": "hi"},
        {
            "type": "tool_result",
            "tool_use_id": "2",
            "content": "The path /memories/a does not exist. Please provide a valid path.",
            "is_error": True,
        },
    ]
    assert all(accepts(BetaToolResultBlockParam, each) for each in answers)


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("message", [None, "hello", [], {}, [1, None], {"content": "hello"}, {"output": [{}]}])
def test_a_message_without_calls_has_no_answers(sandbox, dialect, message):
    assert Toolset(sandbox, "bob", dialect=dialect).answer(message) == []
