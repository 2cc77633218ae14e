"""The report as one HTML page that asks nobody for anything: no script, no font, no picture from elsewhere."""

from loganalyzer.report.html.page import render

__all__ = ["render"]
