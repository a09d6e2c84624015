"""Archives: tar, zip and tarballs of whole file systems, in and out as streams."""
