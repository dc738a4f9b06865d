"""`python -m shortdrama` is the command `shortdrama`."""

from shortdrama.cli import main

main()
