"""`python -m loganalyzer`."""

from loganalyzer.cli.main import command

if __name__ == "__main__":
    command()
