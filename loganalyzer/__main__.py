"""`python -m loganalyzer`."""

from loganalyzer.cli.main import main

main()
