"""Patterns: what POSIX and git mean by them, against GNU grep on generated ones; and what cannot be had."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from jupyter_sandfs.errors import InvalidRequest, Unsupported
from jupyter_sandfs.shell.search.globs import rule, rules_of
from jupyter_sandfs.shell.search.matcher import Flavor, Line, Matcher, inverted
from jupyter_sandfs.shell.shell import SandboxShell
from jupyter_sandfs.vfs.filesystem import VirtualFileSystem

FEW = settings(max_examples=80, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck), database=None)

ATOMS = st.sampled_from(
    [
        *("a", "b", "c", "_", " ", ".", "[ab]", "[^a]", "[a-c]", "[[:alpha:]]", "[^[:space:]b]", "[]a]", "[a-]", "\\w"),
        *("\\W", "\\.", "\\*", "\\b", "\\B", "x", "-", "/", "é", "[é]", "\\s", "\\S", "1", "[[:digit:]]"),
    ]
)
BASIC = st.one_of(
    ATOMS, st.sampled_from(["*", "\\(", "\\)", "\\|", "\\+", "\\?", "\\{1,2\\}", "\\{2\\}", "+", "?", "|", "("])
)
EXTENDED = st.one_of(ATOMS, st.sampled_from(["*", "(", ")", "|", "+", "?", "{1,2}", "{2}", "{,2}", "\\(", "\\|", "{a"]))
LITERALS = st.sampled_from(["", "a", "[ab]", "."])  # what is repeated at the start means nothing to anyone
TEXTS = st.lists(st.text("abc_ .*-x1é(|", max_size=7), max_size=5).map("\n".join)
OPTIONS = st.lists(st.sampled_from(["-o", "-i", "-w", "-x", "-v", "-c", "-n", "-A1", "-m1"]), max_size=2, unique=True)


def compare(options: list[str], pattern: str, text: str) -> None:
    with tempfile.TemporaryDirectory() as name:
        Path(name, "f").write_text(text)
        real = subprocess.run(
            ["grep", *options, "-e", pattern, "f"],
            cwd=name,
            env={"LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin"},
            capture_output=True,
            check=False,
        )
    fs = VirtualFileSystem()
    fs.write_file("/f", text)
    ours = SandboxShell(fs).exec(_line(options, pattern))

    assert (ours.stdout, ours.exit_code) == (real.stdout.decode(), real.returncode), (ours.stderr, real.stderr)


def _line(options: list[str], pattern: str) -> str:
    quoted = "'" + pattern.replace("'", "'\\''") + "'"
    return f"grep {' '.join(options)} -e {quoted} f"


def joined(start: str, first: str, parts: list[str], end: str) -> str:
    return start + first + "".join(parts if first else ()) + end


def patterns(parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    edges = st.sampled_from(["", "^"]), st.sampled_from(["", "$"])
    return st.builds(joined, edges[0], LITERALS, st.lists(parts, max_size=5), edges[1])


@FEW
@given(OPTIONS, patterns(BASIC), TEXTS)
@example([], "a**", "aaa")
@example(["-o"], "\\(a\\|ab\\)\\(c\\|bc\\)", "abc")
def test_basic_expressions_match_as_in_gnu_grep(part, options, pattern, text):
    part("bash")

    compare(options, pattern, text)


@FEW
@given(OPTIONS, patterns(EXTENDED), TEXTS)
@example(["-o"], "(a|ab)(c|bc)?", "abc")
@example([], "a{1", "a{1")
def test_extended_expressions_match_as_in_gnu_grep(part, options, pattern, text):
    part("bash")

    compare(["-E", *options], pattern, text)


@pytest.mark.parametrize(
    ("flavor", "pattern", "complaint"),
    [
        (Flavor.RUST, "a(?=b)", "look-around is not supported: matching takes time linear in the text"),
        (Flavor.PERL, "(?<!a)b", "look-around is not supported: matching takes time linear in the text"),
        (Flavor.PERL, "(a)\\1", "backreferences are not supported: matching takes time linear in the text"),
        (Flavor.BASIC, "\\(a\\)\\1", "backreferences are not supported: matching takes time linear in the text"),
        (Flavor.EXTENDED, "(a", "Unmatched ( or \\("),
        (Flavor.BASIC, "a\\)", "Unmatched ) or \\)"),
        (Flavor.BASIC, "[a", "Unmatched [, [^, [:, [., or [="),
        (Flavor.BASIC, "[z-a]", "Invalid range end"),
        (Flavor.BASIC, "a\\", "Trailing backslash"),
        (Flavor.BASIC, "a\\{1", "Unmatched { or \\{"),
        (Flavor.BASIC, "[[:nope:]]", "Invalid character class name"),
        (Flavor.EXTENDED, "a{5000}", "invalid pattern: "),
        (Flavor.RUST, "(", "invalid pattern: "),
    ],
)
def test_what_cannot_be_had_is_told(flavor, pattern, complaint):
    with pytest.raises(InvalidRequest) as caught:
        Matcher([pattern], flavor)

    assert str(caught.value).startswith(complaint)


def test_no_expression_takes_more_than_linear_time():
    text = b"a" * 200_000 + b"!"
    start = time.process_time()

    found = [
        list(Matcher([pattern], flavor, **options).lines(text))
        for pattern, flavor in (("(a+)+$", Flavor.RUST), ("\\(a*\\)*b", Flavor.BASIC), ("(a|aa)+c", Flavor.EXTENDED))
        for options in ({}, {"words": True}, {"whole_lines": True}, {"ignore_case": True})
    ]

    assert not any(found)
    assert time.process_time() - start < 20  # a backtracking matcher would take longer than the universe has


def test_an_ignore_file_of_stars_takes_no_more_either():
    rules = rules_of("\n".join("*a" * 60 + str(number) for number in range(20)))
    start = time.process_time()

    decisions = [rules.decide(b"a" * 250, is_dir=False) for _ in range(50)]

    assert set(decisions) == {None}
    assert time.process_time() - start < 20


def test_lines_that_match_and_the_others_make_the_whole_text():
    text = b"one\n\ntwo\nthree"
    matcher = Matcher(["t"], Flavor.BASIC)

    assert list(matcher.lines(text)) == [Line(3, 5, 8), Line(4, 9, 14)]
    assert list(inverted(text, matcher.lines(text))) == [Line(1, 0, 3), Line(2, 4, 4)]


def test_an_expression_never_matches_across_lines():
    assert [line.number for line in Matcher(["a[^x]*b"], Flavor.RUST).lines(b"a\nb\na b\n")] == [3]


@pytest.mark.parametrize(
    ("line", "path", "is_dir", "expected"),
    [
        ("*.log", b"a.log", False, True),
        ("*.log", b"d/a.log", False, True),
        ("/*.log", b"d/a.log", False, None),
        ("build/", b"build", True, True),
        ("build/", b"build", False, None),
        ("!keep", b"keep", False, False),
        ("a/**/z", b"a/z", False, True),
        ("a/**/z", b"a/b/c/z", False, True),
        ("a/**", b"a/b/c", False, True),
        ("a/*", b"a/b/c", False, None),
        ("**/x", b"d/e/x", False, True),
        ("[ab].txt", b"b.txt", False, True),
        ("[!ab].txt", b"b.txt", False, None),
        ("a?c", b"a/c", False, None),
        ("\\#x", b"#x", False, True),
        ("\\!x", b"!x", False, True),
        ("a\\*", b"a*", False, True),
        ("sp ace ", b"sp ace", False, True),
    ],
)
def test_rules_of_git_match_as_gitignore_says(line, path, is_dir, expected):
    assert rules_of(line).decide(path, is_dir=is_dir) is expected


@pytest.mark.parametrize("line", ["", "# comment", "   ", "[", "{"])
def test_a_line_that_says_nothing_is_no_rule_or_matches_nothing_else(line):
    found = rule(line)

    assert found is None or not found.regex.search(b"a")


def test_a_missing_re2_is_told_when_something_is_searched(monkeypatch):
    monkeypatch.setitem(sys.modules, "re2", None)

    with pytest.raises(Unsupported, match="needs the package google-re2"):
        Matcher(["a"], Flavor.BASIC)


def test_without_re2_the_commands_of_the_engine_answer():
    program = (
        "import importlib.util as u; real = u.find_spec\n"
        "u.find_spec = lambda name, *rest: None if name == 're2' else real(name, *rest)\n"
        "from jupyter_sandfs.shell.shell import SandboxShell\n"
        "from jupyter_sandfs.vfs.filesystem import VirtualFileSystem\n"
        "shell = SandboxShell(VirtualFileSystem())\n"
        "print('grep' in shell.commands, shell.exec('printf \"a\\\\nb\\\\n\" | grep b').stdout)\n"
    )

    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=60)

    assert (ran.stdout, ran.stderr) == ("False b\n\n", "")


@pytest.mark.parametrize("flavor", Flavor)
def test_a_plain_pattern_is_found_as_its_expression_finds_it(flavor):
    texts = [b"", b"a b\n", b"x a b", b"a b a b\nno\n\na b\n", b"\xff a b\r\n", b"a\nb", "é a b\n".encode() * 3]
    plain, expression = Matcher(["a b"], flavor), Matcher(["a b"], flavor)
    assert plain._plain
    expression._plain = b""

    for text in texts:
        assert list(plain.lines(text)) == list(expression.lines(text))


@pytest.mark.parametrize(
    "pattern", ["a.b", "a*", "(a", "a\\b", "a|b", "^a", "a$", "[a]", "a\n", "", "é", "a+", "a?", "{"]
)
def test_a_pattern_that_may_mean_something_else_is_not_plain(pattern):
    assert not Matcher([pattern], Flavor.FIXED)._plain
