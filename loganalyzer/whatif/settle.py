"""What MetalLB does after one change until nothing happens any more."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from msgspec import structs

from loganalyzer.whatif.orders import Course, fewer, pass_over, unsettled

ROUNDS: Final = 8
"""After so many rounds it is taken to go round in circles, as it does with PreferDualStack from 0.15 on."""


def settle(courses: Iterable[Course]) -> list[Course]:
    """The courses once MetalLB has come to rest.

    `wakes` asks for a pass over all services; `again` for passes over single ones. A pass that has to be repeated
    is, after a while (metallb service_controller_reload.go, errRetry).
    """
    done: list[Course] = []
    open_ones = list(courses)
    circling: list[Course] = []
    for _ in range(ROUNDS):
        following: list[Course] = []
        circling = open_ones
        for course in open_ones:
            if course.wakes:
                following.extend(map(_retrying, pass_over(structs.replace(course, wakes=False), course.world.services)))
                following.extend(_written_first(course))
            elif course.again:
                following.extend(pass_over(structs.replace(course, again=frozenset()), course.again))
            elif course.world.stuck and (retried := _retried(course)):
                following.extend(retried)
            else:
                done.append(course)
        open_ones = fewer(following)
        if not open_ones:
            break
    # Of what goes round both halves count: nobody can tell in which of them the next change finds it.
    return fewer(
        [*done, *(structs.replace(c, wakes=False, again=frozenset()) for c in (*open_ones, *circling) if open_ones)]
    )


def _written_first(course: Course) -> list[Course]:
    """The courses in which what was written comes before the pass over all: that may have to wait for its turn.

    Only where that makes a difference: where a second pass over one of them changes something again.
    """
    world = course.world
    first = frozenset(n for n in course.again if world.status.get(n) and unsettled(world, n))
    return pass_over(structs.replace(course, again=course.again - first), first) if first else []


def _retrying(course: Course) -> Course:
    """A course after a pass over all services: while it meets one that is stuck it is tried again, by a clock."""
    if course.world.retries == bool(course.world.stuck):
        return course
    world = course.world.copy()
    world.retries = bool(world.stuck)
    return structs.replace(course, world=world)


def _retried(course: Course) -> list[Course]:
    """The services that MetalLB retries by itself, where that changes anything (0.13.0 to 0.13.7)."""
    world = course.world
    found = pass_over(course, world.services if world.retries else world.stuck)
    if all(c.world.signature == course.world.signature and not c.wakes and not c.again for c in found):
        return []
    return found
