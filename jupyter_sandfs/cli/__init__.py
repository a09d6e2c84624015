"""`jupyter sandfs …`: the staging store from a terminal, here or on another server."""
