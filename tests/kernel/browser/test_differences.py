from jupyter_sandfs.kernel.browser.differences import MAX_LINE, side_by_side


def flat(rows):
    """Each side as number and text, with changed words in brackets."""

    def side(line):
        if line is None:
            return None
        return line.number, "".join(f"[{text}]" if changed else text for text, changed in line.parts)

    return [(row.kind, side(row.old), side(row.new)) for row in rows]


def test_words_that_changed_are_marked_in_both_lines():
    rows, places = side_by_side("Cite the file.\nend", "Cite the file and rows.\nend")

    assert flat(rows) == [
        ("changed", (1, "Cite the file."), (1, "Cite the file[ and rows].")),
        ("same", (2, "end"), (2, "end")),
    ]
    assert places == 1


def test_lines_with_little_in_common_change_as_a_whole():
    rows, _ = side_by_side("alpha", "omega one two")

    assert flat(rows) == [("changed", (1, "alpha"), (1, "omega one two"))]


def test_a_side_without_a_line_is_empty():
    rows, _ = side_by_side("a\nb", "a\nnew\nb")

    assert flat(rows) == [
        ("same", (1, "a"), (1, "a")),
        ("changed", None, (2, "new")),
        ("same", (2, "b"), (3, "b")),
    ]


def test_long_stretches_that_are_the_same_are_left_out():
    old = [f"line {number}" for number in range(100)]
    new = [*old[:50], "another", *old[51:]]

    rows, places = side_by_side("\n".join(old), "\n".join(new))

    assert [row.kind for row in rows] == ["skip", *["same"] * 3, "changed", *["same"] * 3]
    assert places == 1


def test_a_file_that_came_has_no_lines_before():
    assert flat(side_by_side("", "one")[0]) == [("changed", None, (1, "one"))]


def test_the_same_text_has_no_rows():
    assert side_by_side("a\nb", "a\nb") == ([], 0)


def test_long_lines_are_cut():
    rows, _ = side_by_side("", "x" * 10_000)

    assert len(rows[0].new.parts[0][0]) == MAX_LINE


def test_hostile_sizes_end_in_time():
    rows, _ = side_by_side("a\n" * 100_000, "b\n" * 100_000)

    assert len(rows) == 2_000
