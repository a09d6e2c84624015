"""The pure modules of the page, run by node."""

import pytest

NOW = "1795262400000"  # 2026-11-21T12:00:00Z


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        (
            "[0, 64, 1023, 1024, 48230, 1048575, 2 ** 30].map(m.sizeText)",
            ["0 B", "64 B", "1023 B", "1 KB", "47.1 KB", "1.0 MB", "1 GB"],
        ),
        (
            "[[0, 2 ** 28], [19293798, 2 ** 28], [1024, 2 ** 32]].map((a) => m.usageText(...a))",
            ["0 of 256 MB", "18.4 of 256 MB", "1 KB of 4 GB"],
        ),
        (
            f'["21T11:59:30", "21T11:58", "21T11:00", "19T11:00"].map((t) => m.whenText(`2026-11-${{t}}Z`, {NOW}))',
            ["just now", "2 min ago", "1 h ago", "2 d ago"],
        ),
        (
            f'["2023-09-21T11:00:00Z", "2026-03-05T11:00:00Z", "?"].map((when) => m.whenText(when, {NOW}))',
            ["Sep 2023", "Mar 5", ""],
        ),
        ('[m.countText(1461, "row"), m.countText(1, "row")]', ["1,461 rows", "1 row"]),
        ('["/", "/a", "/a/b"].map(m.folderOf)', ["/", "/", "/a"]),
        ('[m.joinPath("/", "a"), m.joinPath("/a", "b"), m.nameOf("/a/b.c")]', ["/a", "/a/b", "b.c"]),
        ('["/", "/a", "/a/b/c"].map(m.foldersAbove)', [[], [], ["/a", "/a/b"]]),
        (
            '[m.isWithin("/ab", "/a"), m.isWithin("/a/b", "/a"), m.isWithin("/a", "/a"), m.isWithin("/a", "/")]',
            [False, True, True, True],
        ),
    ],
)
def test_figures_and_paths(evaluate, expression, expected):
    assert evaluate("format.js", expression) == expected


def test_a_second_file_of_a_name_gets_a_number_before_its_extension(evaluate):
    paths = evaluate("upload.js", '["/a.csv", "/d/a", "/.env", "/x.tar.gz"].map((path) => m.numberedPath(path, 2))')

    assert paths == ["/a (2).csv", "/d/a (2)", "/.env (2)", "/x.tar (2).gz"]


ROWS = """(() => {
  const base = { entryType: "file", size: 1, modified: "", version: 1, etag: "" };
  const file = (path, facts = {}) => ({ ...base, name: path.split("/").pop(), path, ...facts });
  const dir = (path) => ({ ...file(path), entryType: "directory" });
  const rows = new m.Rows();
  const list = (path, entries, total = entries.length) => {
    const folder = new Folder(total);
    folder.put(0, entries);
    rows.setFolder(path, folder);
    return folder;
  };
  list("/", [file("/a10.txt"), file("/a9.txt", { size: 5 }), dir("/z")]);
  list("/z", [file("/z/deep.csv"), file("/z/other.csv")]);
  const columns = (row) => [row.key, row.level, row.position, row.siblings, row.open];
  const all = () => { rows.flatten(); return Array.from({ length: rows.length }, (_, index) => rows.at(index)); };
  const show = () => all().map(columns);
  %s
})()"""


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ("return show();", [["/z", 1, 1, 3, False], ["/a9.txt", 1, 2, 3, False], ["/a10.txt", 1, 3, 3, False]]),
        (
            'rows.expanded.add("/z"); return show().slice(0, 3);',
            [["/z", 1, 1, 3, True], ["/z/deep.csv", 2, 1, 2, False], ["/z/other.csv", 2, 2, 2, False]],
        ),
        ('rows.sortBy("size", false); return show().map((r) => r[0]);', ["/z", "/a10.txt", "/a9.txt"]),
        ('rows.sortBy("name", true); return show().map((r) => r[0]);', ["/z", "/a10.txt", "/a9.txt"]),
        (
            'rows.setFound([dir("/z"), file("/z/deep.csv")]); return show();',
            [["/z", 1, 1, 1, True], ["/z/deep.csv", 2, 1, 1, False]],
        ),
        ("rows.setFound([]); return show();", []),
        ("rows.setFound([]); rows.setFound(null); return show().map((r) => r[0]);", ["/z", "/a9.txt", "/a10.txt"]),
        (
            'rows.setExtra(["/a9.txt", "/new.bin"].map(m.entryToCome)); return show().map((r) => r[0]);',
            ["/z", "/a9.txt", "/a10.txt", "/new.bin"],
        ),
        ('rows.forget("/z"); return rows.listedFolders();', ["/"]),
        (
            'list("/z", []); rows.expanded.add("/z"); return all().map((r) => [r.kind, r.text]).slice(0, 2);',
            [["entry", None], ["note", "Folder is empty. Drop files here."]],
        ),
        (
            'list("/", [file("/b"), dir("/c")], 5000); return [all().length, ...show().slice(1, 3)];',
            [5000, ["/c", 1, 2, 5000, False], ["/\0" + "2", 1, 3, 5000, None]],
        ),
        (
            """list("/", [dir("/z")], 3000).put(2500, [file("/y")]); rows.expanded.add("/z"); all();
              return ["/z", "/z/deep.csv", "/y", "/x"].map((path) => rows.indexOf(path));""",
            [0, 1, 2502, -1],
        ),
        (
            """list("/", [file("/b"), file("/c")], 3000).put(1, [file("/b")]); show();
              return ["/b", "/c"].map((path) => rows.indexOf(path));""",
            [1, -1],
        ),
        (
            """const many = Array.from({ length: 25000 }, (_, n) => file(`/f${n}`));
              list("/", many.slice(0, 1000), 25000).put(24000, many.slice(24000)); show();
              for (let at = 1000; at < 24000; at += 1000) rows.folder("/").put(at, many.slice(at, at + 1000));
              show(); return [rows.folder("/").size <= 21000, rows.indexOf("/f0"), rows.indexOf("/f23999")];""",
            [True, -1, 23999],
        ),
        (
            """list("/", [dir("/z")], 700000); all; rows.flatten();
              return [rows.length, rows.at(rows.length - 1).text, rows.indexOf(rows.at(rows.length - 1).key)];""",
            [500_001, "200,000 more: filter to find them", 500_000],
        ),
        (
            """list("/", [file("/b")], 3000); rows.setExtra([m.entryToCome("/up.bin")]);
              return [all().length, ...show().slice(0, 2).map((r) => r[0])];""",
            [3001, "/up.bin", "/b"],
        ),
        (
            'all(); return [1, 2, 0].map((from) => rows.find(from, (entry) => entry.name.startsWith("a")));',
            [1, 2, 1],
        ),
        ("show(); return rows.find(0, () => false);", -1),
    ],
)
def test_rows_on_view(evaluate, steps, expected):
    assert evaluate("rows.js", ROWS % steps, others='import { Folder } from "./static/folder.js";') == expected


def test_fresh_are_new_nodes_and_files_of_another_etag(evaluate):
    nodes = """[["/a", "file"], ["/same", "file"], ["/d", "directory"]]"""
    before = f"{nodes}.map(([path, entryType]) => ({{ path, entryType, etag: path }}))"
    after = """[["/a", "file", "2"], ["/same", "file", "/same"], ["/d", "directory", "2"], ["/n", "file", "1"]]
      .map(([path, entryType, etag]) => ({ path, entryType, etag }))"""

    assert evaluate("rows.js", f"m.freshPaths({before}, {after})") == ["/a", "/n"]
