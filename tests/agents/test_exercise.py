"""Exercises: what the student sees, what the checks see, and the way back."""

from __future__ import annotations

import pytest

from jupyter_sandfs import Exercise
from jupyter_sandfs.errors import InvalidRequest, NotFound, PathError


def adds_up(student, hidden):
    assert student.read_file("/sum.txt").strip() == hidden("solution").decode(), "the sum is not right yet"


@pytest.fixture
def exercise():
    made = Exercise(
        {"/task.md": "Add 2 and 3. Write the sum to /sum.txt.\n"},
        {"a file is there": lambda student: student.exists("/sum.txt"), "the sum is right": adds_up},
        {"a file is there": ["%sandfs can write", "%%sandfs write /sum.txt"]},
        hidden={"solution": "5"},
    )
    yield made
    made.sandbox.close()


def test_checks_tell_what_is_missing_with_one_more_hint_each_time(exercise):
    told = [repr(exercise.check()) for _ in range(3)]

    assert told[0] == (
        "0 of 2 checks pass\n✗ a file is there (hint: %sandfs can write)\n"
        "✗ the sum is right: /sum.txt: No such file or directory"
    )
    assert [each.splitlines()[1] for each in told[1:]] == ["✗ a file is there (hint: %%sandfs write /sum.txt)"] * 2
    assert exercise.attempts == 3


def test_progress_is_made(exercise):
    exercise.student.run("echo 4 > /sum.txt")
    halfway = exercise.check()
    exercise.student.run("echo 5 > /sum.txt")
    done = exercise.check()

    assert (halfway.passed, halfway.done, repr(halfway).splitlines()[2]) == (
        1,
        False,
        "✗ the sum is right: the sum is not right yet",
    )
    assert (done.passed, done.done, repr(done)) == (
        2,
        True,
        "2 of 2 checks pass\n✓ a file is there\n✓ the sum is right",
    )
    assert '<progress max="100" value="50">' in halfway._repr_html_()


def test_the_student_sees_no_hidden_file(exercise):
    fs = exercise.student.fs

    assert (fs.listdir("/"), fs.glob("/**"), fs.glob("/.*")) == (["task.md"], ["/task.md"], [])
    with pytest.raises(NotFound):
        fs.read_file("/.exercise/solution")
    assert "5" not in exercise.student.run("cat /.exercise/* /.exercise/solution; grep -r 5 /; find /").stdout
    with pytest.raises(PathError):
        fs.write_file("/.exercise/solution", "4")
    assert exercise.hidden_file("solution") == b"5"


def test_a_check_changes_nothing(exercise):
    exercise._checks["a file is there"] = lambda student: student.write_file("/sum.txt", "5")

    exercise.check()

    assert not exercise.student.fs.exists("/sum.txt")


def test_a_reset_brings_back_the_start(exercise):
    exercise.student.run("rm /task.md; echo 5 > /sum.txt")
    exercise.check()

    exercise.reset()

    assert exercise.student.fs.listdir("/") == ["task.md"]
    assert (exercise.attempts, exercise.hidden_file("solution")) == (0, b"5")
    assert exercise.check().passed == 0


def test_messages_of_checks_are_text_in_a_page(exercise):
    def shouts(_student):
        raise ValueError("<script>alert(1)</script>")

    exercise._checks["a file is there"] = shouts

    assert "<script>" not in exercise.check()._repr_html_()


def test_a_set_up_may_be_code():
    made = Exercise(lambda sandbox: sandbox.run("mkdir /data; seq 3 > /data/n"), {"x": lambda _: True}, name="coded")

    assert made.student.fs.read_file("/data/n") == "1\n2\n3\n"
    made.sandbox.close()


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        ({"checks": {}}, "an exercise has at least one check"),
        ({"checks": {"a": bool}, "hints": {"b": "x"}}, "hints for a check that there is not: 'b'"),
        ({"checks": {"a": bool}, "hidden": {"../x": ""}}, "not the name of a file: '../x'"),
    ],
)
def test_what_makes_no_exercise_is_refused(given, complaint):
    with pytest.raises(InvalidRequest, match=complaint):
        Exercise({}, **given, name="refused")
