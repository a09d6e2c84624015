"""Why a view does not see a path."""

from __future__ import annotations

import pytest

from jupyter_sandfs.vfs.filesystem import VirtualFileSystem
from jupyter_sandfs.vfs.policy import NodePolicy
from jupyter_sandfs.vfs.views.explaining import Explained, explain
from jupyter_sandfs.vfs.views.readonly import ReadOnlyView
from jupyter_sandfs.vfs.views.view import View, VisibilityView


@pytest.fixture
def fs():
    made = VirtualFileSystem()
    made.write_file("/open/a", "")
    made.write_file("/hidden/deep/b", "")
    made.write_file("/mine", "")
    made.mount_file("/lesson", lambda _: "", metadata={"week": 2})
    made.set_policy("/hidden", NodePolicy(visibility="staff"))
    made.set_policy("/mine", NodePolicy(principals=frozenset({"ada"})))
    made.symlink("/hidden/deep/b", "/open/link")
    made.symlink("/open/loop", "/open/loop")
    return made


class OnlyShort:
    """A rule of somebody's own."""

    def allows(self, path, policy, metadata):
        return not metadata and policy.readable and len(path) < 6


def hidden(path, by, reason):
    return Explained(path, visible=False, hidden_by=by, reason=reason)


_STAFF = "its label is 'staff', and the view is shown 'public'"
_CASES = [
    (
        VisibilityView({"public"}),
        "/open/a",
        Explained("/open/a", visible=True, hidden_by=None, reason="nothing hides it"),
    ),
    (
        VisibilityView({"public"}),
        "open//./a",
        Explained("/open/a", visible=True, hidden_by=None, reason="nothing hides it"),
    ),
    (VisibilityView({"public"}), "/", Explained("/", visible=True, hidden_by=None, reason="nothing hides it")),
    (VisibilityView({"public"}), "/hidden", hidden("/hidden", "/hidden", _STAFF)),
    (VisibilityView({"public"}), "/hidden/deep/b", hidden("/hidden/deep/b", "/hidden", _STAFF)),
    (VisibilityView({"public"}), "/hidden/nope", hidden("/hidden/nope", "/hidden", _STAFF)),
    (VisibilityView({"public"}), "/open/link", hidden("/open/link", "/hidden", _STAFF)),
    (VisibilityView({"public"}), "/nope", hidden("/nope", None, "nothing is there")),
    (VisibilityView([]), "/open/a", hidden("/open/a", "/", "its label is 'public', and the view is shown none")),
    (VisibilityView(principals=["bob"]), "/mine", hidden("/mine", "/mine", "it is for 'ada', and the view is 'bob'")),
    (
        VisibilityView(principals=["ada"]),
        "/mine",
        Explained("/mine", visible=True, hidden_by=None, reason="nothing hides it"),
    ),
    (VisibilityView(prefixes=["/open"]), "/lesson", hidden("/lesson", "/lesson", "it is outside of '/open'")),
    (VisibilityView(metadata={"week": 1}), "/lesson", hidden("/lesson", "/lesson", "its metadata differs: 'week'")),
    (OnlyShort(), "/open/a", hidden("/open/a", "/open/a", "the rule OnlyShort does not let it through")),
]


@pytest.mark.parametrize(("rule", "path", "explained"), _CASES)
def test_the_topmost_node_that_the_rule_hides_is_named(fs, rule, path, explained):
    assert explain(fs.view(rule), path) == explained


def test_a_loop_of_links_is_explained_too(fs):
    assert explain(fs.view(VisibilityView({"public"})), "/open/loop").visible


def test_of_several_views_the_one_that_hides_is_found(fs):
    view = View(ReadOnlyView(fs.view(VisibilityView({"public"}))), VisibilityView(prefixes=["/open"]))

    assert explain(view, "/hidden") == hidden("/hidden", "/hidden", _STAFF)
    assert explain(view, "/lesson") == hidden("/lesson", "/lesson", "it is outside of '/open'")


@pytest.mark.parametrize(("rule", "path", "explained"), _CASES)
def test_what_is_explained_agrees_with_what_the_view_shows(fs, rule, path, explained):
    assert fs.view(rule).exists(path) == explained.visible
