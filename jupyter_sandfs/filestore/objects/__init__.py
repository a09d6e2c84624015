"""File stores over object storage: S3, Google Cloud Storage, Azure Blob Storage, or memory, all through obstore.

Under the store's prefix each tenant has a directory. In it `names/{key}` is a small document that says what the key
holds, `bodies/{id}` are the contents, written once and never changed, and `ledger` counts what all of it takes. A write
is one conditional replacement of a document in `names/`, so it is seen whole or not at all; the ledger says beforehand
what is going to happen, so that a crash between the two is settled by whoever comes next.
"""
