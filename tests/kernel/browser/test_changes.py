import pytest

from jupyter_sandfs.errors import AlreadyExists, InvalidPath, InvalidRequest, MergeConflict, NotFound, ReadOnly
from jupyter_sandfs.kernel.browser import changes
from jupyter_sandfs.vfs.policy import NodePolicy


def test_what_was_deleted_comes_back_with_everything(fs):
    done = changes.delete(fs, b"", paths_=["/data", "/notes.md"])
    gone = fs.listdir("/")

    back = changes.undo(fs, b"", action=done["action"])

    assert (gone, done["count"]) == ([], 2)
    assert sorted(back["paths"]) == ["/data", "/notes.md"]
    assert fs.read_file("/data/rain.csv") == "day,mm\n1,0.5\n2,3.0\n"


def test_a_deletion_is_one_action_of_the_browser(fs):
    changes.delete(fs, b"", paths_=["/data", "/data/rain.csv"])

    last = fs.log(1)[0]
    assert (last.actor, last.label, last.path) == ("browser", "delete /data", "/data")


def test_a_deletion_that_fails_leaves_everything(fs):
    fs.set_policy("/data", NodePolicy(writable=False))

    with pytest.raises(ReadOnly):
        changes.delete(fs, b"", paths_=["/notes.md", "/data/rain.csv"])

    assert fs.exists("/notes.md")


@pytest.mark.parametrize("given", [[], ["/"], [1], ["/x"] * 1001])
def test_what_can_not_be_deleted_is_refused(fs, given):
    with pytest.raises(InvalidRequest):
        changes.delete(fs, b"", paths_=given)


def test_a_path_that_is_not_there_is_told(fs):
    with pytest.raises(NotFound):
        changes.delete(fs, b"", paths_=["/notes.md", "/missing"])

    assert fs.exists("/notes.md")


def test_nodes_move_into_a_folder_together(fs):
    fs.mkdir("/to")

    done = changes.move_into(fs, b"", paths_=["/data", "/notes.md"], folder="/to")

    assert (done["count"], done["paths"]) == (2, ["/to/data", "/to/notes.md"])
    assert fs.exists("/to/data/rain.csv")


def test_a_move_to_where_it_is_does_nothing(fs):
    assert changes.move_into(fs, b"", paths_=["/notes.md"], folder="/")["count"] == 0


@pytest.mark.parametrize(("given", "error"), [(["/notes.md", "/other.md"], AlreadyExists), (["/data"], InvalidPath)])
def test_a_move_that_fails_moves_nothing(fs, given, error):
    fs.write_file("/other.md", "")
    fs.write_file("/data/other.md", "")

    with pytest.raises(error):
        changes.move_into(fs, b"", paths_=given, folder="/data")

    assert sorted(fs.listdir("/")) == ["data", "notes.md", "other.md"]


def test_undo_takes_back_the_browsers_action_though_a_cell_wrote_since(fs):
    done = changes.delete(fs, b"", paths_=["/notes.md"])
    fs.write_file("/cell.txt", "")

    changes.undo(fs, b"", action=done["action"])

    assert sorted(fs.listdir("/")) == ["cell.txt", "data", "notes.md"]


def test_undo_of_an_action_that_was_followed_by_another_is_refused(fs):
    first = changes.delete(fs, b"", paths_=["/notes.md"])
    changes.delete(fs, b"", paths_=["/data"])

    with pytest.raises(InvalidRequest, match="since"):
        changes.undo(fs, b"", action=first["action"])

    assert fs.listdir("/") == []


def test_undo_refuses_where_later_changes_stand_on_it(fs):
    done = changes.delete(fs, b"", paths_=["/notes.md"])
    fs.write_file("/notes.md", "written anew")

    with pytest.raises(MergeConflict):
        changes.undo(fs, b"", action=done["action"])

    assert fs.read_file("/notes.md") == "written anew"


def test_nothing_to_undo_is_told(fs):
    with pytest.raises(InvalidRequest, match="nothing was done here yet"):
        changes.undo(fs, b"")
