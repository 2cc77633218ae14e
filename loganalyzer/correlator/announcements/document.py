"""Announcements and sessions as the JSON document has them."""

from __future__ import annotations

from typing import Any

from loganalyzer.correlator.announcements.found import Announcement, Session
from loganalyzer.model.state import Place
from loganalyzer.parser.stamps import rfc3339


def position(place: Place) -> dict[str, Any]:
    """A place as the document has it."""
    return {"input": place.source.name, "line": place.line, "ts": rfc3339(place.stamp) if place.stamp else None}


def announcement_entry(found: Announcement) -> dict[str, Any]:
    """One entry of `announcements`."""
    return {
        "service": found.service,
        "node": found.node,
        "protocol": found.protocol,
        "addresses": list(found.addresses),
        "state": found.state,
        "rule": found.rule,
        "reason": found.reason,
        "missing": list(found.missing),
        "first": position(found.first),
        "last": position(found.last),
        "current": found.current,
    }


def session_entry(found: Session) -> dict[str, Any]:
    """One entry of `sessions`."""
    return {
        "peer": found.peer,
        "address": found.address,
        "node": found.node,
        "local_asn": found.local_asn,
        "peer_asn": found.peer_asn,
        "state": found.state,
        "changes": found.changes,
        "rule": found.rule,
        "reason": found.reason,
        "first": position(found.first),
        "last": position(found.last),
    }
