"""`/sandfs/contents/…` and `/sandfs/files/…`: Jupyter's contents API over the sandboxes of all running kernels."""
