"""Reads MetalLB's logs and names the rule that refused a Service its address."""

from loganalyzer.version import __version__
