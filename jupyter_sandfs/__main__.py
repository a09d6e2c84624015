"""`python -m jupyter_sandfs` is `jupyter-sandfs`."""

from jupyter_sandfs.cli.app import PROGRAM, main

main(prog_name=PROGRAM)
