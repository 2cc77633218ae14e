"""The tool's own version, kept apart so that every stage can name it."""

__version__ = "0.1.0"
