"""Bounds of the engine: each is told in the result, and stands in docs/shell-differences.md."""

from __future__ import annotations

import pytest

from jupyter_sandfs.shell import caps
from jupyter_sandfs.shell.shell import SandboxShell
from jupyter_sandfs.vfs.filesystem import VirtualFileSystem

MANY = 10_050


@pytest.fixture(scope="module")
def full():
    """A directory with more names than a pattern gives, and one deeper than a pattern goes."""
    fs = VirtualFileSystem()
    with fs.action("fill", ""):
        for number in range(MANY):
            fs.write_bytes(f"/full/f{number}", b"")
        for number in range(3):
            for name in range(4_000):
                fs.write_bytes(f"/three/{number}/{name}", b"")
    fs.write_bytes(f"/deep{'/x' * 110}/f", b"")
    return fs


@pytest.mark.parametrize(
    ("line", "stdout"),
    [
        ("echo {1..10001}", "{1..10001}\n"),
        ("for i in {20000..1}; do echo $i; done", "{20000..1}\n"),
        ("echo " + "{a,b}" * 14 + " | wc -w", "8192\n"),
        ("echo {1..100}{1..100}{1..100} | wc -w", "35000\n"),
        ("echo x | sed ':a;s/x*/&x/;/x\\{900\\}/!ba' | wc -c", "335\n"),
        ("yes | wc -l", "10000\n"),
        ("awk 'BEGIN { for (i = 0; i < 200000; i++) print i }' | wc -l", "100000\n"),
        ("printf '%20000s' x | wc -c", "0\n"),
        ("seq 300000 | expand | wc -l", "0\n"),
        ("for i in {1..80}; do sleep 0 & done; wait; echo on", "on\n"),
    ],
)
def test_what_is_cut_is_told(shell, line, stdout):
    result = shell.exec(line)

    assert (result.stdout, result.truncated, result.stderr != "") == (stdout, True, True)


@pytest.mark.parametrize(
    "line",
    [
        "echo full/* | wc -w",
        "cd full; for f in *; do :; done",
        "cd full && cat f1 && echo * > /dev/null",
        "shopt -s globstar; echo three/** > /dev/null",
        "echo three/*/* > /dev/null",
        "shopt -s globstar; echo deep/** > /dev/null",
    ],
)
def test_a_pattern_that_may_miss_names_is_told(full, line):
    result = SandboxShell(full.fork()).exec(line)

    assert (result.truncated, "some may be missing (use find)" in result.stderr) == (True, True)


@pytest.mark.parametrize(
    ("line", "stdout"),
    [
        ("find full -type f | wc -l; find /full /three -name 'f1*' | wc -l", "10050\n1161\n"),
        ("rm -r deep; find / -name 'f1*' | wc -l; cd three; find / -type f | wc -l", "1161\n22050\n"),
        ("cd full; find . -name 'f*' | wc -l; ls | wc -l", "10050\n10050\n"),
        ("tar cf - full three | tar tf - | wc -l", "22055\n"),
        ("grep -rc x full | wc -l; du -s full; echo three/1/* | wc -w", "10050\n4\tfull\n4000\n"),
        ("echo {1..10000} | wc -w; echo " + "{a,b}" * 13 + " | wc -w", "10000\n8192\n"),
        ("seq 3000 | sed ':a;N;$!ba;s/\\n/,/g' | wc -c", "13893\n"),
    ],
)
def test_what_is_whole_is_not_called_cut(full, line, stdout):
    result = SandboxShell(full.fork()).exec(line)

    assert (result.stdout, result.stderr, result.truncated) == (stdout, "", False)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("f() { local n=$1; f $((n + 1)); }; f 1", "maximum function depth exceeded (16)"),
        ("echo 'source s' > s; source s", "maximum source depth exceeded"),
        ("a=($(seq 150000))", "word split field limit"),
        ("seq 150000 > f; mapfile a < f", "array entry limit (100000) exceeded"),
        ("for i in {1..10000}; do declare v$i=1; done; declare w1=1 w2=1", "variable count limit (10000) exceeded"),
        ("x=aaaaaaaaaa; for i in {1..21}; do x=$x$x; done", "variable byte limit (10000000) exceeded"),
        ("echo x" + " | cat" * 100, "maximum concurrent jobs exceeded (64)"),
        ("while :; do :; done", "maximum command count exceeded (100000)"),
        ("cat big big big big > /dev/null; cat big big | cat | cat > /dev/null", "execution budget exhausted"),
        ("truncate -s 300M t", "exceeds VFS limit (10000000 bytes)"),
        ("jq -n 'def f(n): if n == 0 then 0 else f(n - 1) end; f(500)'", "recursion limit (64) exceeded"),
        ("awk 'function f(n) { return n ? f(n - 1) + 1 : 0 } BEGIN { print f(100) }'", "limit (64) exceeded"),
    ],
)
def test_what_cannot_be_done_fails_and_says_why(fs, shell, line, words):
    fs.write_bytes("/big", b"x" * 12_000_000)

    result = shell.exec(line)

    assert (result.exit_code != 0, words in result.stderr) == (True, True)


@pytest.mark.parametrize(
    "line",
    [
        "echo ${a,,}" * 20,
        "cat <<'E'\n" + '{"a":1,"b":[{"c":1,"d":2}]},' * 20 + "\nE",
        "f() { :; }; if { true; }; then :; fi",
        "echo {1..10000} {a..z}{1..300} {1..100000..10}",
        "find . -exec ls {} +",
    ],
)
def test_other_braces_are_left_alone(line):
    assert list(caps.of_braces(line)) == []


def test_words_of_others_are_not_taken_for_complaints():
    assert not caps.complained("the output truncated\nfoo\nmy limit (3) was fine\n")
