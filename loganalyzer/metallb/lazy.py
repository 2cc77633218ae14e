"""Values that are worked out when they are first read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar, overload

T = TypeVar("T")


class lazy(Generic[T]):  # noqa: N801 - as `property`
    """As functools.cached_property, without the lock that it takes up to Python 3.11 at each first read."""

    def __init__(self, make: Callable[[Any], T]) -> None:
        self._make = make
        self.__doc__ = make.__doc__

    def __set_name__(self, kind: type, name: str) -> None:
        self._name = name

    @overload
    def __get__(self, of: None, kind: type) -> lazy[T]: ...

    @overload
    def __get__(self, of: object, kind: type) -> T: ...

    def __get__(self, of: object | None, kind: type) -> T | lazy[T]:
        if of is None:
            return self
        found = of.__dict__[self._name] = self._make(of)
        return found
