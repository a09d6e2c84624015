"""Patches as OpenAI's models write them, beside the implementation in the vendor's own SDK."""

from __future__ import annotations

import difflib
import random

import pytest
from agents.apply_diff import apply_diff

from jupyter_sandfs.agents import patches
from jupyter_sandfs.agents.toolset import Toolset
from jupyter_sandfs.errors import InvalidRequest

LINES = ["a", "b", " a", "  b ", "def f():", "", "x=1", "class A:"]
PATCH = """*** Begin Patch
*** Add File: a.txt
+one
*** Update File: b.txt
*** Move to: c.txt
@@
-x
+y
*** Delete File: d.txt
*** End Patch
"""
OVERLAPS = "a hunk that ends the file overlaps the one before it"


def ours(content, diff):
    try:
        return patches.updated(content, diff)
    except InvalidRequest as error:
        return error


def theirs(content, diff):
    try:
        return apply_diff(content, "\n".join(diff))
    except ValueError as error:
        return error


def any_text(chance):
    return "\n".join(chance.choice(LINES) for _ in range(chance.randrange(12))) + chance.choice(["", "\n"])


def changed(chance, lines):
    for line in lines:
        fate = chance.random()
        if 0.2 < fate < 0.4:
            yield chance.choice(["new", "zz", "a"])
        if fate > 0.2:
            yield line


def any_diff(chance, content):
    """A diff of the content to something near it, with the liberties that models take."""
    old = content.split("\n")
    rows = list(difflib.unified_diff(old, list(changed(chance, old)), n=chance.randrange(3), lineterm=""))[2:]
    diff = []
    for row in rows:
        if row.startswith("@@"):
            named = [f"@@ {chance.choice([*old, 'nope'])}" for _ in range(chance.randrange(3))]
            diff += named or ["@@"]
        else:
            diff.append(row[chance.random() < 0.02 :] + " " * (chance.random() < 0.1))
    diff = diff[1:] if diff and diff[0] == "@@" and chance.random() < 0.3 else diff
    diff += ["*** End of File"] * (chance.random() < 0.2)
    while diff and not diff[-1]:
        diff.pop()
    return diff


@pytest.mark.parametrize("seed", range(4))
def test_hunks_are_applied_as_the_vendors_own_code_does(seed):
    chance, applied = random.Random(seed), 0

    for _ in range(750):
        content = any_text(chance)
        diff = any_diff(chance, content)
        expected, given = theirs(content, diff), ours(content, diff)
        if isinstance(given, InvalidRequest):
            # We refuse hunks that overlap; there they take a line twice as context.
            assert isinstance(expected, ValueError) or str(given) == OVERLAPS, (content, diff)
        else:
            assert given == expected, (content, diff)
            applied += 1

    assert applied > 250


def test_line_ends_stay_as_they_are_in_the_file():
    assert patches.updated("a\r\nb\r\n", ["@@", " a", "-b", "+c"]) == "a\r\nc\r\n"
    assert patches.updated("a\nb\n", ["@@\r", " a\r", "-b\r", "+c\r"]) == "a\nc\n"


def test_a_patch_names_its_files():
    assert [(each.kind.value, each.path, each.destination, each.lines) for each in patches.parse(PATCH)] == [
        ("Add", "a.txt", None, ["+one"]),
        ("Update", "b.txt", "c.txt", ["@@", "-x", "+y"]),
        ("Delete", "d.txt", None, []),
    ]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "a patch starts with the line '*** Begin Patch' and ends with '*** End Patch'"),
        ("*** Begin Patch\n*** End Patch", "a patch changes 1 to 1000 files, not 0"),
        ("*** Begin Patch\n+x\n*** End Patch", "line 2 of the patch names no file: '+x' (*** Update File: PATH)"),
    ],
)
def test_what_is_no_patch_is_refused(text, complaint):
    with pytest.raises(InvalidRequest) as caught:
        patches.parse(text)
    assert str(caught.value) == complaint


@pytest.fixture
def tools(sandbox):
    return Toolset(sandbox, "gpt", dialect="openai", native=True)


def test_a_patch_happens_whole(tools, sandbox):
    sandbox.fs.write_file("/b.txt", "x\nz\n")
    sandbox.fs.write_file("/d.txt", "")

    result = tools.call(
        "apply_patch",
        {"input": PATCH},
    )

    assert result.text == "Success. Updated the following files:\nA /a.txt\nM /c.txt\nD /d.txt"
    assert {name: sandbox.fs.read_file(f"/{name}") for name in sandbox.fs.listdir("/")} == {
        "a.txt": "one",
        "c.txt": "y\nz\n",
    }


@pytest.mark.parametrize(
    ("last", "complaint"),
    [
        ("*** Update File: b.txt\n@@\n-nope\n+y", "b.txt: these lines are not in the file"),
        ("*** Update File: none.txt\n@@\n-x\n+y", "file not found: /none.txt"),
        ("*** Add File: b.txt\n+x", "/b.txt: File exists (update it, or delete it first)"),
        ("*** Add File: n.txt\nx", "each line of a file that is added starts with '+'"),
        ("*** Delete File: dir", "/dir is a directory: a patch deletes files"),
    ],
)
def test_or_not_at_all(tools, sandbox, last, complaint):
    sandbox.fs.write_file("/b.txt", "x\n")
    sandbox.fs.mkdir("/dir")

    result = tools.call("apply_patch", {"input": f"*** Begin Patch\n*** Add File: a.txt\n+one\n{last}\n*** End Patch"})

    assert result.is_error
    assert complaint in result.text
    assert (sorted(sandbox.fs.listdir("/")), sandbox.fs.read_file("/b.txt")) == (["b.txt", "dir"], "x\n")
