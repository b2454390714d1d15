"""JSON texts whose members are read as the types of the contract."""

import json
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Self, TypeVar, cast, get_args
from uuid import UUID

from ._models import OrderStatus

T = TypeVar("T")

_STATUSES: tuple[OrderStatus, ...] = get_args(OrderStatus)

# Microseconds at most: `datetime` would cut further digits off.
_INSTANT = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,6})?([Zz]|[+-]\d\d:\d\d)", re.ASCII)


class DecodeError(ValueError):
    """A JSON text is not the model that the contract names. The message names the member."""


class Json:
    """A JSON object whose members are read as the types of the contract.

    Each method raises `DecodeError` if the member is missing or has another type.
    """

    def __init__(self, members: Mapping[str, object]) -> None:
        self._members = members

    @classmethod
    def parse(cls, text: bytes) -> Self:
        """Reads a JSON text. Raises `DecodeError` if it is not an object."""
        try:
            value: object = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise DecodeError("the body is not JSON") from error
        return cls._of(value, "the body")

    @classmethod
    def _of(cls, value: object, name: str) -> Self:
        if not isinstance(value, dict):
            raise DecodeError(f"{name} is not an object")
        return cls(cast(dict[str, object], value))

    def optional(self, name: str, read: Callable[[str], T]) -> T | None:
        """The member as `read` reads it, or `None` if it is absent or null."""
        return None if self._members.get(name) is None else read(name)

    def text(self, name: str) -> str:
        value = self._members.get(name)
        if not isinstance(value, str):
            raise DecodeError(f"{name} is not a string")
        return value

    def integer(self, name: str) -> int:
        value = self._members.get(name)
        if not isinstance(value, int) or isinstance(value, bool):
            raise DecodeError(f"{name} is not an integer")
        return value

    def uuid(self, name: str) -> UUID:
        try:
            return UUID(self.text(name))
        except ValueError as error:
            raise DecodeError(f"{name} is not a UUID") from error

    def instant(self, name: str) -> datetime:
        text = self.text(name)
        try:
            if _INSTANT.fullmatch(text):
                return datetime.fromisoformat(text.upper())
        except ValueError:
            pass  # for example a 31 February
        raise DecodeError(f"{name} is not a timestamp")

    def status(self, name: str) -> OrderStatus:
        text = self.text(name)
        for status in _STATUSES:
            if status == text:
                return status
        raise DecodeError(f"{name} is not a status")

    def object(self, name: str) -> "Json":
        return Json._of(self._members.get(name), name)

    def objects(self, name: str) -> "list[Json]":
        value = self._members.get(name)
        if not isinstance(value, list):
            raise DecodeError(f"{name} is not an array")
        return [Json._of(item, f"{name}[{i}]") for i, item in enumerate(cast("list[object]", value))]
