"""The commands: their names, and what each does."""

from __future__ import annotations

from typing import Final

COMMANDS: Final = {
    "explain": "Tell which services have no address, by which rule, who is in the way, and what proves it.",
    "rules": "Print the catalogue of rules, or one rule's page.",
    "events": "Print the events that the lines mean, or another table of what was found.",
    "stats": "Print figures: how long services were without an address, by what, how full pools were, what helped.",
    "check": "Tell which services would get an address, and which would lose theirs, before applying anything.",
    "state": "Print the allocator's table at one moment: who holds which address, since when, and what is free.",
    "timeline": "Tell what happened in one order: controller and speakers together, attempts that repeat told once.",
    "redact": "Write logs and objects with names, addresses and secrets replaced; they can be explained as before.",
}
"""Each is the function of its name in the module of its name, which begins its docstring so."""
