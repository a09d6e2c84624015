"""A sandbox file system that lives in the notebook's kernel."""
__version__ = "0.1.0"
