"""The Jupyter Server extension: files of the sandboxes in kernels, and of the staging store, over HTTP."""
