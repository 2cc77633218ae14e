"""What a rule is, and what it is given to word its finding."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from msgspec import Struct

from loganalyzer.metallb.addresses import Address
from loganalyzer.metallb.error_texts import ErrorText
from loganalyzer.metallb.pools import Pool
from loganalyzer.metallb.services import NEW_PREFIX, OLD_PREFIX, Claim, Service
from loganalyzer.metallb.versions import Version, dumps_objects, reads_new_prefix
from loganalyzer.model.state import AddressUse


class Finding(Struct, frozen=True):
    """One rule that refused one service, with what is needed to say so.

    `use` is who is on `address`; `holders` maps their names to the services as last seen (None: not seen).
    `pools` are the names of the pools that count; those of them that are `closed` would refuse the service their
    addresses even if it asked for them by name.
    """

    service: str
    version: Version
    error: ErrorText
    seen: Service | None = None
    claim: Claim | None = None
    address: str | None = None
    pool: str | None = None
    use: AddressUse | None = None
    holders: Mapping[str, Service | None] = MappingProxyType({})
    pools: tuple[str, ...] = ()
    closed: tuple[str, ...] = ()

    @property
    def prefix(self) -> str:
        """The annotation prefix that this version is best given."""
        return NEW_PREFIX if reads_new_prefix(self.version) else OLD_PREFIX

    @property
    def held_by(self) -> str:
        """The holders' names as part of a sentence."""
        return listing(tuple(self.holders)) or "another service"

    @property
    def namespace(self) -> str:
        """The service's namespace."""
        return self.service.partition("/")[0]

    @property
    def name(self) -> str:
        """The service's name in its namespace."""
        return self.service.partition("/")[2]


Row = tuple[str, str]


def _nothing(finding: Finding) -> tuple[Row, ...]:  # noqa: ARG001
    return ()


class Rule(Struct, frozen=True, eq=False, dict=True):
    """One entry of the catalogue.

    `holds_when` is the catalogue's line. `summary` is one sentence that a reader acts on; `details` are rows
    (who, what) that show it on the reader's own services; `remedy` are steps, each a sentence or a command.
    """

    code: str
    name: str
    holds_when: str
    summary: Callable[[Finding], str]
    remedy: Callable[[Finding], tuple[str, ...]]
    details: Callable[[Finding], tuple[Row, ...]] = _nothing


class AddressRule(Rule, frozen=True, eq=False, dict=True):
    """A rule that blocks one address: `blocks` is asked with its holders beside the asking service (None: nobody).

    Of the claim it may look at nothing but `Claim.sharing`, of the holders at nothing but the keys stored for them
    and whether one has a port of the claim: verdicts are remembered by that.
    `order` is its place among MetalLB's checks, from 0. `only_avoiding`: only a pool with avoidBuggyIPs has it.
    """

    order: int = 0
    only_avoiding: bool = False
    blocks: Callable[[Pool, Address, AddressUse | None, Claim], bool] = lambda *_: False


class PoolRule(Rule, frozen=True, eq=False, dict=True):
    """A rule that passes a pool over in the automatic choice."""

    excludes: Callable[[Pool, Claim], bool] = lambda *_: False


class TextRule(Rule, frozen=True, eq=False, dict=True):
    """A rule that MetalLB's error text names by itself."""

    error_kinds: frozenset[str] = frozenset()


class ObjectRule(Rule, frozen=True, eq=False, dict=True):
    """Advice on one service object: `finds` gives what it found, one sentence each.

    Of the service it may look at nothing but the names of its annotations and labels: findings are remembered by them.
    Where nothing tells the version (None) it finds what holds in all.
    """

    finds: Callable[[Service, Version | None], tuple[str, ...]] = lambda *_: ()


def listing(names: tuple[str, ...], most: int = 4) -> str:
    """Names as part of a sentence: `a, b and c`, `a, b, c, d and 3 more`."""
    if len(names) > most:
        return f"{', '.join(names[:most])} and {len(names) - most} more"
    if len(names) > 1:
        return f"{', '.join(names[:-1])} and {names[-1]}"
    return names[0] if names else ""


def annotate(service: str, annotation: str, value: str) -> str:
    """A command that sets an annotation, safe to paste."""
    namespace, _, name = service.partition("/")
    return (
        f"kubectl -n {quoted(namespace)} annotate service {quoted(name)} --overwrite {quoted(f'{annotation}={value}')}"
    )


def show_pools(version: Version) -> str:
    """A command that shows the pools: up to 0.12 they stand in a ConfigMap."""
    return f"kubectl -n metallb-system get {'ipaddresspools' if dumps_objects(version) else 'configmaps -o yaml'}"


def edit_pool(version: Version, pool: str) -> str:
    """A command that opens a pool in an editor: up to 0.12 the ConfigMap, by the name that MetalLB looks for."""
    named = f"ipaddresspool {quoted(pool)}" if dumps_objects(version) else "configmap config"
    return f"kubectl -n metallb-system edit {named}"


def nudge(finding: Finding) -> str:
    """A command that makes MetalLB look at the waiting service again."""
    namespace, _, name = finding.service.partition("/")
    # A value that is new each time: MetalLB does not see an update that changes nothing.
    return (
        f'kubectl -n {quoted(namespace)} annotate service {quoted(name)} --overwrite loganalyzer/touched="$(date +%s)"'
    )


_PLAIN: Final = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./=:@%+,"
"""What needs no quotes."""


def quoted(text: str) -> str:
    """The text as one word of a POSIX shell."""
    plain = text and not text.strip(_PLAIN)
    return text if plain else "'" + text.replace("'", "'\"'\"'") + "'"
