"""The election of the node that answers for an address in layer 2."""

from __future__ import annotations

from collections.abc import Iterable


def winner(candidates: Iterable[str], address: str) -> str | None:
    """The node that wins for an address, as text, from 0.11 on; None where nobody takes part.

    Source: metallb v0.11.0 and v0.16.1 speaker/layer2_controller.go. Before, the service's name was hashed.
    """
    from hashlib import sha256  # OpenSSL takes 10 ms to load

    return min(candidates, key=lambda node: sha256(f"{node}#{address}".encode()).digest(), default=None)
