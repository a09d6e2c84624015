"""Arguments are held to their schema, in the library's words; the short way never lets pass what it would refuse."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from jupyter_sandfs.agents import arguments
from jupyter_sandfs.agents.dialects import DIALECTS
from jupyter_sandfs.agents.tool import Tool, text, whole
from jupyter_sandfs.agents.toolset import TOOLS
from jupyter_sandfs.errors import InvalidRequest

EVERY = [*TOOLS.values(), *(each for dialect in DIALECTS.values() for each in dialect.native({}).values())]
VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-2, 2),
    st.sampled_from([10_000, 10_001, 10**9, 1.0, 0.5, "view", "create", "x" * 70_000, [1, 2], ["x"], {}]),
    st.text(max_size=3),
)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(data=st.data())
def test_what_passes_is_what_the_schema_allows(data):
    tool = data.draw(st.sampled_from(EVERY))
    names = st.sampled_from([*tool.parameters, "other"])
    chosen = data.draw(st.dictionaries(names, VALUES, max_size=len(tool.parameters)))
    allowed = Draft202012Validator(tool.schema).is_valid(chosen)

    try:
        arguments.check(tool, chosen)
    except InvalidRequest:
        passed = False
    else:
        passed = True

    assert passed is allowed
    assert not (arguments._fits_plainly(tool, chosen) and not allowed)


def test_plain_arguments_take_the_short_way(monkeypatch):
    monkeypatch.setattr(arguments, "_validator", lambda tool: pytest.fail(f"asked the library about {tool.name}"))

    arguments.check(TOOLS["sandbox_fs_read"], {"path": "/a", "offset": 2})
    arguments.check(TOOLS["sandbox_fs_edit"], {"path": "/a", "old_text": "x", "new_text": "", "replace_all": True})
    arguments.check(TOOLS["sandbox_fs_list"], {})


@pytest.mark.parametrize(
    ("given_", "said"),
    [
        ({}, "tool: 'name' is a required property"),
        ({"name": 1}, "tool: name: 1 is not of type 'string'"),
        ({"name": "abcd"}, "tool: name: 'abcd' is too long"),
        ({"name": "a", "count": True}, "tool: count: True is not of type 'integer'"),
        ({"name": "a", "count": 0}, "tool: count: 0 is less than the minimum of 1"),
        (
            {"name": "a", "more": 1},
            "tool: Additional properties are not allowed ('more' was unexpected)",
        ),
    ],
)
def test_what_does_not_fit_is_refused_in_words(given_, said):
    parameters = {"name": text("a name", maxLength=3), "count": whole("a number", default=1, minimum=1)}
    tool = Tool("tool", "for tests", parameters, lambda desk, **_: "")

    with pytest.raises(InvalidRequest) as caught:
        arguments.check(tool, given_)
    assert str(caught.value) == said
