"""`python -m loganalyzer`."""

from loganalyzer.cli.main import main

if __name__ == "__main__":
    main()
