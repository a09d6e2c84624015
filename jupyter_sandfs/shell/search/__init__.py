"""Searching text: what `grep` and `rg` share. Expressions run on RE2, in time linear in the text."""
