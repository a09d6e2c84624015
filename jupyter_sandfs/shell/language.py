"""The words of bash itself."""

from __future__ import annotations

LANGUAGE = frozenset(
    (
        *("!", ".", ":", "[", "[[", "]]", "{", "}", "alias", "bash", "bg", "bind", "break", "builtin", "caller"),
        *("case", "cd", "command", "compgen", "complete", "compopt", "continue", "coproc", "declare", "dirs"),
        *("disown", "do", "done", "echo", "elif", "else", "enable", "esac", "eval", "exec", "exit", "export", "false"),
        *("fc", "fg", "fi", "for", "function", "getopts", "hash", "help", "history", "if", "in", "jobs", "kill"),
        *("let", "local", "mapfile", "popd", "printf", "pushd", "pwd", "read", "readarray", "readonly", "return"),
        *("select", "set", "sh", "shift", "shopt", "source", "test", "then", "time", "times", "trap", "true", "type"),
        *("typeset", "ulimit", "umask", "unalias", "unset", "until", "wait", "while"),
    )
)
"""Commands and words that are bash itself: always there. It writes files only by redirections, which the rules of the
file system hold."""

PROGRAMS_OF_THE_LANGUAGE = frozenset(("[", "bash", "echo", "false", "kill", "printf", "pwd", "sh", "test", "true"))
"""Words of the language that are programs on every system, too."""
