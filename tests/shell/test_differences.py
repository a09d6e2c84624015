"""What is known to differ from bash and the GNU tools, pinned: docs/shell-differences.md lists the same.

A pin that fails because ours has become right is good news: move its script to `scripts/`, and its line out of the list.
"""
# ruff: noqa: E501 - a script is one line, as it is typed

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

PAGE = (Path(__file__).parents[2] / "docs" / "shell-differences.md").read_text()

FILES = {"f": "one\ntwo\n", "d/x": "1\n", "e/x": "2\n"}

PINS = {
    "awk-octal": ("awk 'BEGIN { print 017 }'", "17\n", "15\n"),
    "awk-exit-code": ("awk '{print' f; echo $?", "2\n", "1\n"),
    "base64-partial": ("echo 'b25l!' | base64 -d; echo $?", "one1\n", "1\n"),
    "bash-options": ("echo 'echo $1' | bash -s arg", "arg\n", ""),
    "bash-directory": ("bash d; echo $?", "126\n", "127\n"),
    "bc-range": ("echo '2^64' | bc; echo '3.5*2' | bc", "18446744073709551616\n7.0\n", "9223372036854775807\n7\n"),
    "cat-exit-code": ("cat --nope f; echo $?", "1\n", "2\n"),
    "cmp-words": ("cmp d/x e/x", "d/x e/x differ: byte 1, line 1\n", "d/x e/x differ: char 1, line 1\n"),
    "diff-options": ("diff -y f f > y; echo $?; diff -c f f; echo $?", "0\n0\n", "2\n2\n"),
    "expr-groups": (
        "expr hello : 'h\\(.*\\)o'; expr substr hello 2 3; expr 1 + ; echo $?",
        "ell\nell\n2\n",
        "ello\nell\n1\n0\n",
    ),
    "find-slash": ("find f/; echo $?", "1\n", "f/\n0\n"),
    "glob-quotes": ("echo [ab]\\? x\\[*", "[ab]? x[*\n", "[ab]\\? x[*\n"),
    "grep-binary": ("printf 'a\\377b\\n' > b; grep -a a b | od -An -tx1", " 61 ff 62 0a\n", " 61 ef bf bd 62 0a\n"),
    "grep-lookaround": ("grep -cP '^(?!t)' f; echo $?", "1\n0\n", "2\n"),
    "grep-backreferences": ("grep '\\(o\\).*\\1' f; echo $?", "1\n", "2\n"),
    "grep-word-edges": ("echo 'ab c' | grep -o '\\<.' | wc -l", "2\n", "3\n"),
    "gzip-test": ("gzip f; gzip -t f.gz; echo $?", "0\n", "1\n"),
    "hard-links": ("ln f g; echo $?", "0\n", "1\n"),
    "patch-kinds": (
        "seq 3 > a; seq 4 > b; diff a b | patch a; echo $?",
        "patching file a\n0\n",
        "2\n",
    ),
    "redirect-own-input": ("cat f > f; wc -c < f", "0\n", "8\n"),
    "redirect-then-missing": ("echo 1 > g; cat > g < nope; wc -c < g", "0\n", "2\n"),
    "redirect-twice": ("echo out > g > h; cat g; echo -; cat h", "-\nout\n", "out\n-\n"),
    "regex-newline": ("[[ $'a\\nb' =~ a.b ]]; echo $?", "0\n", "1\n"),
    "sed-unknown-command": ("sed -n 'zz' f; echo $?", "1\n", "0\n"),
    "sed-inserted-escapes": ("echo x | sed '1i a\\nb'", "a\nb\nx\n", "anb\nx\n"),
    "shebang-python": (
        "printf '#!/usr/bin/env python3\\nprint(\"x\")\\n' > p; chmod +x p; ./p; python3 p",
        "x\nx\n",
        "x\n",
    ),
    "split-number": ("seq 4 > n; split -n l/2 n s; cat sab", "3\n4\n", ""),
    "tar-append": ("tar cf t.tar f; tar rf t.tar d; echo $?", "0\n", "2\n"),
    "tar-links": ("ln -s f l; tar cf t.tar l; rm l; tar xf t.tar; readlink l; echo $?", "f\n0\n", "1\n"),
    "tool-complaints": (
        "cut -c1 no 2>&1; head no 2>&1",
        "cut: no: No such file or directory\nhead: cannot open 'no' for reading: No such file or directory\n",
        "cut: /no: No such file or directory\nhead: no: No such file or directory\n",
    ),
    "tee-ends-the-script": ("echo x | tee no/such; echo $?", "x\n1\n", ""),
    "type-of-grep": ("type -t cut grep", "file\nfile\n", "file\nalias\n"),
    "xargs-exit-code": ("echo x | xargs false; echo $?", "123\n", "1\n"),
    "zip-words": ("zip z.zip f", "  adding: f (stored 0%)\n", "  adding: f\n"),
}
"""For each difference: a script, what bash prints, what we print."""


@pytest.mark.parametrize("name", PINS)
def test_a_difference_is_what_it_is_said_to_be(part, fs, shell, tmp_path, name):
    script, theirs, ours = PINS[name]
    for program in ("bc", "zip"):
        part(program)
    for path, text in FILES.items():
        fs.write_file(path, text)
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(text)

    env = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "TZ": "UTC", "HOME": "/"}
    command = [part("bash"), "-c", script]
    real = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, check=False, timeout=20)

    assert (real.stdout.decode(), shell.exec(script).stdout) == (theirs, ours)


def test_the_list_names_each_pinned_difference_and_no_other():
    assert sorted(re.findall(r"^\| `([a-z0-9-]+)` ", PAGE.partition("## Orders")[0], re.MULTILINE)) == sorted(PINS)
