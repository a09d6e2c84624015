"""Snippets that work with files, compared with this machine's Python on a directory of the host."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from jupyter_sandfs.execution.python import run_python

FILES = {"a.txt": "one\ntwo\nthree\n", "d/b.csv": "x,y\n1,2\n3,4\n", "d/e/c.json": '{"k": [1, 2.5, null]}', "empty": ""}

SNIPPETS = [
    "print(open('a.txt').read())",
    "print(open('a.txt').readline(), open('a.txt').readlines())",
    "with open('a.txt') as f:\n    for line in f:\n        print(line.strip())\nprint(next(open('a.txt')))",
    "with open('a.txt', 'rb') as f:\n    print(f.read(4), f.read())",
    "with open('a.txt') as f:\n    f.seek(4)\n    print(f.tell(), f.read(3))",
    "with open('new', 'w') as f:\n    print(f.write('äöü\\n'))\nprint(open('new', 'rb').read())",
    "with open('a.txt', 'a') as f:\n    f.write('four\\n')\nprint(open('a.txt').read())",
    "with open('a.txt', 'w'):\n    pass\nprint(repr(open('a.txt').read()))",
    "with open('new', 'wb') as f:\n    f.write(b'\\x00\\xff')\nprint(open('new', 'rb').read())",
    "import csv\nwith open('d/b.csv') as f:\n    print([row for row in csv.DictReader(f)])",
    "import json\nprint(json.loads(open('d/e/c.json').read()))",
    "import json\nwith open('new', 'w') as f:\n    f.write(json.dumps({'a': [1, None]}))\nprint(open('new').read())",
    "import hashlib\nprint(hashlib.sha256(open('a.txt', 'rb').read()).hexdigest())",
    "import os\nprint(sorted(os.listdir('.')), sorted(os.listdir('d')))",
    "import os\nprint(sorted((at, sorted(below), sorted(names)) for at, below, names in os.walk('.')))",
    "import os\nprint(os.path.exists('a.txt'), os.path.isdir('d'), os.path.isfile('d'), os.path.getsize('a.txt'))",
    "import os\nprint(os.path.join('a', 'b'), os.path.basename('/x/y.z'), os.path.splitext('q.tar.gz'))",
    "import os\nos.makedirs('n/m', exist_ok=True)\nos.makedirs('n/m', exist_ok=True)\nprint(os.path.isdir('n/m'))",
    "import os\nos.rename('a.txt', 'd/moved')\nprint(os.path.exists('a.txt'), open('d/moved').read())",
    "import os\nos.replace('a.txt', 'empty')\nprint(os.path.exists('a.txt'), open('empty').read())",
    "import os\nos.remove('d/e/c.json')\nos.rmdir('d/e')\nprint(sorted(os.listdir('d')))",
    "import os\nos.mkdir('e2')\nos.rename('d', 'e2')\nprint(sorted(os.listdir('e2')))",
    "from pathlib import Path\nprint(Path('a.txt').read_text(), Path('a.txt').name, Path('d/b.csv').suffix)",
    "from pathlib import Path\nprint(Path('new').write_text('x'), Path('new').exists(), Path('new').is_file())",
    "from pathlib import Path\nprint(sorted(str(p) for p in Path('.').glob('*')))",
    "from pathlib import Path\nprint(sorted(str(p) for p in Path('.').rglob('*.json')))",
    "from pathlib import Path\nprint(sorted(p.name for p in Path('d').iterdir()), Path('d').parent, Path('d') / 'e')",
    "from pathlib import Path\nPath('a.txt').unlink()\nprint(Path('a.txt').exists())",
    "from pathlib import Path\nPath('nope').unlink(missing_ok=True)",
    "from pathlib import Path\nPath('p/q').mkdir(parents=True)\nprint(Path('p/q').is_dir())",
    "open('nope')",
    "open('nope/x', 'w')",
    "open('a.txt/x')",
    "open('d')",
    "open('d', 'w')",
    "import os\nos.listdir('nope')",
    "import os\nos.listdir('a.txt')",
    "import os\nos.mkdir('d')",
    "import os\nos.mkdir('x/y')",
    "import os\nos.rmdir('d')",
    "import os\nos.rmdir('a.txt')",
    "import os\nos.remove('nope')",
    "from pathlib import Path\nPath('nope').read_text()",
    "from pathlib import Path\nPath('d').mkdir()",
]

REFERENCE = """
import contextlib, io, json, os, pathlib, sys, tempfile
done = []
files, snippets = json.load(sys.stdin)
for code in snippets:
    with tempfile.TemporaryDirectory() as top:
        for name, content in files.items():
            path = pathlib.Path(top, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content)
        os.chdir(top)
        out, error = io.StringIO(), ""
        try:
            with contextlib.redirect_stdout(out):
                exec(code, {"__name__": "__main__"})
        except Exception as problem:
            error = type(problem).__name__
        tree = {str(p.relative_to(top)): p.read_bytes().hex() for p in pathlib.Path(top).rglob("*") if p.is_file()}
        done.append([out.getvalue(), error, tree])
        os.chdir("/")
print(json.dumps(done))
"""


@pytest.fixture(scope="module")
def reference():
    """What Python says: printed text, class of the error, and the files afterwards; by snippet."""
    ran = subprocess.run(
        [sys.executable, "-c", REFERENCE],
        input=json.dumps([FILES, SNIPPETS]),
        capture_output=True,
        text=True,
        check=True,
    )
    return dict(zip(SNIPPETS, json.loads(ran.stdout), strict=True))


@pytest.mark.parametrize("code", SNIPPETS)
def test_a_snippet_does_what_python_does(fs, reference, code):
    for name, content in FILES.items():
        fs.write_file(f"/w/{name}", content)

    result = run_python(fs, code, cwd="/w")
    error = result.stderr.splitlines()[-1].partition(":")[0] if result.stderr else ""
    files = [f"{at}/{name}" for at, _, names in fs.walk("/w") for name in names]
    tree = {path.removeprefix("/w/"): fs.read_bytes(path).hex() for path in files}
    assert [result.stdout, error, tree] == reference[code]
