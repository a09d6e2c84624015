"""Prompts for common tasks, which a client offers to people."""

from __future__ import annotations

from collections.abc import Mapping

from mcp import types

PROMPTS = {
    "explore": "Look around in the sandbox: list its directories, read what explains them, and say in a few sentences "
    "what is there and what it is for.",
    "summarize_changes": "Say what changed in the sandbox since the snapshot {since}, with sandbox_diff, grouped by "
    "what the changes are for.",
    "analyze": "Analyze the file {path} in the sandbox: its structure, its main figures and what is remarkable. Write "
    "the result to {path}.md and publish that file.",
}
_ARGUMENTS = {"summarize_changes": ("since",), "analyze": ("path",)}


def listed() -> list[types.Prompt]:
    """What a client is told of the prompts."""
    return [_described(name) for name in PROMPTS]


def filled(name: str, given: Mapping[str, str]) -> str | None:
    """A prompt with its arguments; None if there is no such prompt, or one of its arguments is missing."""
    needed = _ARGUMENTS.get(name, ())
    if name not in PROMPTS or not set(needed) <= set(given):
        return None
    return PROMPTS[name].format(**{each: given[each] for each in needed})


def _described(name: str) -> types.Prompt:
    arguments = [types.PromptArgument(name=each, required=True) for each in _ARGUMENTS.get(name, ())]
    return types.Prompt(name=name, title=name.replace("_", " "), arguments=arguments)
