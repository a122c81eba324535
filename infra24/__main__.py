"""`python -m infra24` is the command line."""

from infra24.cli import main

main()
