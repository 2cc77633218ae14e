"""The election of the node that answers for an address in layer 2."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

PSEUDONYM: Final = "redacted-node-"
"""How the names begin that redaction gives to nodes. Their hashes elect nobody, so the candidates that a line lists
have the winner in front instead."""


def in_order(candidates: Iterable[str]) -> tuple[str, ...]:
    """The candidates that a line lists, in an order that does not depend on chance."""
    found = tuple(candidates)
    return found if _redacted(found) else tuple(sorted(found))


def _redacted(candidates: Sequence[str]) -> bool:
    return any(c.startswith(PSEUDONYM) for c in candidates)


def winner(candidates: Sequence[str], address: str) -> str | None:
    """The node that wins for an address, as text, from 0.11 on; None where nobody takes part.

    Source: metallb v0.11.0 and v0.16.1 speaker/layer2_controller.go. Before, the service's name was hashed.
    """
    if _redacted(candidates):
        return candidates[0]
    from hashlib import sha256  # OpenSSL takes 10 ms to load

    return min(candidates, key=lambda node: sha256(f"{node}#{address}".encode()).digest(), default=None)
