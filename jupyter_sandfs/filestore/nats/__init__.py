"""Files in a NATS JetStream Object Store, which stock clients read and write too.

The messages under `$O.{bucket}.M` are the truth about what a key holds, for us as for others. What those cannot answer
quickly or exactly (a quota, a listing in order, what expires next) is in books of our own: one ledger message, changed
only by comparing and swapping it, and pages that it refers to. `docs/nats.md` describes both.
"""
