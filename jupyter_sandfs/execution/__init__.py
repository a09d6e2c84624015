"""Programs over a file system: a subset of Python in a process of its own, and the host's commands, walled in."""
