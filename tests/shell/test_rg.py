"""Our `rg` against ripgrep itself: same output, same exit code. Its order is that of `--sort path`."""
# ruff: noqa: E501 - a script is one line, as it is typed

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from jupyter_sandfs.shell.commands import COMMANDS
from jupyter_sandfs.shell.search.file_types import TYPES

START = {
    "README.md": "# Project\n\nError handling is in src.\nerror codes: E1, E22\n",
    "src/main.py": "import os\n\n\ndef main():\n    raise ValueError('error')\n\n\nclass Error(Exception):\n    pass\n",
    "src/util.py": "def util():\n    return 'no problem'\n",
    "src/lib.rs": 'fn main() { panic!("error"); }\n',
    "src/deep/er/note.txt": "one error\ntwo errors\nno\n\nerror at the end",
    "data/table.csv": "id,word\n1,naïve\n2,café\n3,ERROR\n",
    "data/raw.bin": "error\0error\n",
    "data/late.txt": "x" * 200 + "\nerror\n",
    "build/out.txt": "error in build\n",
    "logs/a.log": "error a\n",
    "logs/keep.log": "error keep\n",
    "notes.tmp": "error tmp\n",
    ".hidden": "error hidden\n",
    ".config/settings": "error settings\n",
    ".gitignore": "build/\n*.log\n!keep.log\n/notes.tmp\n# a comment\nsrc/**/note.*\n",
    "src/.ignore": "lib.rs\n",
    "crlf.txt": "error\r\nfine\r\n",
    "empty": "",
}

LINES = {
    "word": "rg error",
    "with numbers": "rg -n error",
    "one file": "rg error README.md; rg -n error README.md; rg -H error README.md; rg -I error src",
    "several paths": "rg error README.md src; rg error src/ data; rg error ./src; rg error .",
    "case": "rg -i error README.md; rg -S error README.md; rg -S Error README.md; rg -s ERROR data; rg -i café data; rg -i CAFÉ data",
    "count": "rg -c error; rg --count-matches -i error; rg -c nope; rg -c error README.md; rg --include-zero -c error src",
    "names": "rg -l error; rg --files-without-match error; rg -l nope; echo $?",
    "invert": "rg -v error README.md; rg -vn o src/util.py; rg -vc error src",
    "words and lines": "rg -w error; rg -w 'E\\d' README.md; rg -x 'error' crlf.txt; rg -x 'two errors' -uu; rg -ow 'e\\w+' README.md",
    "fixed": "rg -F 'panic!(' -u; rg -F '.' README.md; rg -F -e 'E1' -e 'E22' README.md",
    "only": "rg -o 'E\\d+' README.md; rg -on 'err\\w*' src; rg -o --column -i error README.md",
    "context": "rg -A1 main src; rg -B1 raise src; rg -C1 -n errors -u src; rg -A1 -B2 error README.md; rg -C1 error src README.md",
    "replace": "rg error -r oops README.md; rg '(\\w+) codes' -r '$1-s' README.md; rg -o 'E(\\d+)' -r '<$1>' README.md; rg '(?P<w>err)or' -r '${w}!' README.md; rg a -r '$$' README.md",
    "globs": "rg error -g '*.md'; rg error -g '!*.md'; rg error -g 'src/**'; rg error -g '*.{md,csv}' -i; rg error -g '!src'; rg -l error -g '*.py' -g '!main*'; rg -l error -g '**/note.txt'",
    "globs over rules": "rg -l error -g '*.log'; rg -l error -g '.hidden'; rg --iglob '*.MD' -l error",
    "types": "rg -t py error; rg -tpy -trust error -u; rg -T py error src; rg -t md -l error; rg --type-add 'foo:*.csv' -t foo -i error; rg -t nope x 2>/dev/null; echo $?",
    "hidden": "rg --hidden -l error -g '!.git'; rg -. -l error src; rg -uu -l error -g '!.git'; rg -l error .config; rg -l error .hidden",
    "ignored": "rg --no-ignore -l error; rg -u -l error; rg -l error build; rg -l error build/out.txt; cd src && rg -l error; cd deep && rg -l error",
    "binary": "rg error data/raw.bin; rg -c error data/raw.bin; rg -l error data/raw.bin; rg -uuu -l error data; rg -uuu error data; rg -a -c error data",
    "files": "rg --files; rg --files src; rg --files -g '*.md'; rg --files -u data; rg --files -t py",
    "depth": "rg --max-depth 1 -l error; rg -d 2 -l error; rg --max-filesize 100 -l error data",
    "limit": "rg -m1 -i error README.md; rg -m 1 error -u src; rg -m 1 -A1 -i error README.md",
    "quiet": "rg -q error; echo $?; rg -q nope; echo $?",
    "standard input": "echo 'an error' | rg error; printf 'a\\nb\\n' | rg -n b; printf 'a\\nb\\n' | rg -c .; cat README.md | rg -i ERROR; rg error - < README.md",
    "patterns": "rg -e error -e util -l; printf 'error\\nutil\\n' | rg -f - -l src; rg 'err|util' -c; rg '^def' src; rg 'src\\.$' README.md; rg '^$' -c; rg '\\bE\\d+\\b' README.md; rg '[[:upper:]]\\d' README.md; rg 'e{2}|r{2}' -o README.md; rg '(?i)ERROR' README.md; rg 'na.ve' data; rg '\\w+é' -o data; rg '\\S+,\\d' README.md; echo $?",
    "what is missing": "rg error nope; echo $?; rg error nope README.md; echo $?; rg nope; echo $?; rg '(' ; echo $?; rg 2>/dev/null; echo $?",
    "layout": "rg --heading -n error src README.md; rg --vimgrep error README.md; rg --column error README.md; rg --no-heading error README.md; rg --trim raise src; rg -b error README.md; rg -0l error src | tr '\\0' '\\n'; rg -N error README.md; rg --color never error README.md; rg -p --color=never error README.md src",
    "lines without an end": "rg -n end -u src; rg -A3 'no$' -u src; rg -v x src/deep/er/note.txt",
    "lines as dos ends them": "rg 'error' crlf.txt | od -c | head -3; rg 'fine$' crlf.txt; echo $?",
    "options at the end": "rg error README.md -n -i; rg -- -x README.md; echo $?; rg -e -x README.md; echo $?",
    "in pipes": "rg -l error | wc -l; rg --files | sort | head -3; rg -c error src | sort -t: -k2 -n; rg -l error | xargs wc -l | tail -1; if rg -q error; then echo yes; fi",
}


@pytest.fixture
def places(part, fs, tmp_path):
    """The same tree in the sandbox and on the disk, inside a repository."""
    part("rg")
    for name, content in START.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(content.encode())
        fs.write_file(f"/{name}", content)
    (tmp_path / ".git").mkdir()
    fs.mkdir("/.git")
    return tmp_path


def run_real(line: str, directory: Path, rg: str) -> subprocess.CompletedProcess[bytes]:
    env = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "HOME": "/"}
    script = f'rg() {{ "{rg}" --sort path "$@"; }}; export -f rg; {line}'
    return subprocess.run(
        ["bash", "-c", script], cwd=directory, env=env, stdin=subprocess.DEVNULL, capture_output=True, check=False
    )


@pytest.mark.parametrize("line", LINES.values(), ids=LINES.keys())
def test_a_search_finds_what_ripgrep_finds(shell, places, part, line):
    real = run_real(line, places, part("rg"))

    ours = shell.exec(line)

    assert (ours.stdout, ours.exit_code) == (real.stdout.decode(), real.returncode), (ours.stderr, real.stderr)


def test_git_rules_do_not_count_outside_of_a_repository(fs, shell, places, part):
    (places / ".git").rmdir()
    fs.remove("/.git")
    line = "rg -l error; rg --no-require-git -l error"

    assert shell.exec(line).stdout == run_real(line, places, part("rg")).stdout.decode()


def test_each_type_is_one_of_ripgreps(part):
    listed = subprocess.run([part("rg"), "--type-list"], capture_output=True, text=True, check=True).stdout
    theirs = {name: set(globs.split(", ")) for name, _, globs in (line.partition(": ") for line in listed.splitlines())}

    assert {name: set(globs) - theirs[name] for name, globs in TYPES.items() if set(globs) - theirs[name]} == {}
    assert COMMANDS["rg"].name == "rg"
