# SPDX-License-Identifier: Apache-2.0
"""What a change costs those who use the table meanwhile, and what it loses."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence
from typing import Any

import sqlalchemy
from sqlalchemy import schema

from dbmanage.plan import alterations
from dbmanage.plan import types

_DATA = {'insert', 'update', 'delete', 'text'}
_LOSSES = {'drop table', 'drop column', 'drop constraint', 'drop schema', 'drop sequence'}
_LOSING = re.compile(r'\b(?:drop|truncate)\b', re.IGNORECASE)


@dataclasses.dataclass(frozen=True)
class Cost:
    """The lock, and whether the table is written anew or read through.

    ``lock`` is a word of the database's manual, ``none`` where no table of the
    database is touched. What nobody knows is None.
    """

    lock: str | None = None
    rewrite: bool | None = None
    scan: bool | None = None


def worst(costs: Sequence[Cost], locks: Sequence[str]) -> Cost:
    """Return what several changes cost together; ``locks`` go up to the worst."""
    if len(costs) == 1:
        return costs[0]
    known = [one.lock for one in costs]
    lock = max(known, key=lambda one: locks.index(one or 'none')) if None not in known else None
    return Cost(lock, _any([one.rewrite for one in costs]), _any([one.scan for one in costs]))


def is_data(action: alterations.Action) -> bool:
    """Tell whether rows are changed; nobody knows it of a text, so it is."""
    return action.name in _DATA


def is_destructive(action: alterations.Action, dialect: sqlalchemy.Dialect) -> bool:
    """Tell whether something is lost, or existing rows may be refused.

    A text is destructive if it says DROP or TRUNCATE.
    """
    match action.name:
        case 'text':
            return bool(_LOSING.search(action.new))
        case 'set type':
            return types.narrows(action.old.type, action.new.type, dialect)
        case 'set not null':
            return True
        case 'add column':
            return is_refused(action.new)
    return action.name in _LOSSES


def is_refused(column: schema.Column[Any]) -> bool:
    """Tell whether the rows that are there have no value for a new column."""
    filled = column.server_default is not None or column.autoincrement is True
    return not (column.nullable or filled or column.primary_key)


def _any(values: Sequence[bool | None]) -> bool | None:
    return True if True in values else None if None in values else False
