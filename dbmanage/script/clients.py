# SPDX-License-Identifier: Apache-2.0
"""What a script says to the client that runs it, around the statements.

A guard stops the client before the statements of a revision, unless the
database is at the revision that they go on from and nobody else is at work.
"""

from __future__ import annotations

import dataclasses
import datetime
import decimal
import math
import uuid
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any
from typing import ClassVar

import sqlalchemy
from sqlalchemy import exc

from dbmanage.database import tables

BUSY = 'another runner is at work on this database; run the script again later'

RUN_AGAIN = 'run upgrade again, or see repair'


class Unwritten(exc.CompileError):
    """What the online run does has no SQL, or none that a client reads."""


@dataclasses.dataclass(frozen=True)
class Client:
    """The client of a database, and what it is told.

    ``dialect`` is that of --dialect, ``table`` the version table as it quotes
    it, ``journal`` that of the runner, ``remedy`` how the right script is written.
    """

    url: sqlalchemy.URL
    dialect: str
    tables: tables.Tables
    table: str
    journal: str
    remedy: str
    sql_mode: str | None

    usage = ''
    advice: tuple[str, ...] = ()
    begin = 'BEGIN;'
    transactional = True
    # Whether a revision that commits in its midst goes on in its transaction.
    is_whole = False
    # Whether the guard can be asked before the version table is there.
    guards_first = False
    # What it loses when it reads a line.
    unreadable: ClassVar[Mapping[str, str]] = {
        '\r\n': 'a carriage return at the end of a line', '\0': 'a NUL character'}

    @property
    def options(self) -> dict[str, Any]:
        """The arguments of SQLAlchemy's dialect."""
        mariadb = {'is_mariadb': True} if self.dialect == 'mariadb' else {}
        # Any other style would double each % in a literal.
        return {'paramstyle': 'named', **mariadb}

    def opening(self, heads: Sequence[str]) -> str:
        """Return what stands before the first revision."""
        raise NotImplementedError

    def guard(self, heads: Sequence[str]) -> str:
        """Return what stops the client unless the database is at ``heads``."""
        raise NotImplementedError

    def beginning(self, heads: Sequence[str], revision: str) -> str:
        """Return what stands behind the guard of a revision."""
        return ''

    def pausing(self) -> str:
        """Return what ends a transaction in the midst of a revision."""
        return 'COMMIT;'

    def outside(self, sql: str) -> str:
        """Return a statement that is in no transaction."""
        return self.statement(sql)

    def resuming(self) -> str:
        """Return what stands behind the guard of its next transaction."""
        return ''

    def ending(self, revision: str | None) -> str:
        """Return what stands behind the version, in its transaction."""
        return ''

    def closing(self) -> str:
        """Return what stands behind the last revision."""
        return ''

    def statement(self, sql: str) -> str:
        """Return a statement as the client reads it whole."""
        return f'{sql};'

    def literal(self, value: Any) -> str | None:
        """Return what the driver sends for a value; None if it has no rule."""
        match value:
            case None:
                return 'NULL'
            case bool():
                return self.boolean(value)
            case int():
                return str(int(value))
            case float():
                return self.number(value)
            case decimal.Decimal() if value.is_finite():
                return f'{value:f}'
            case str():
                return self.text(value)
            case bytes() | bytearray() | memoryview():
                return self.binary(bytes(value))
            case datetime.datetime():
                return self.moment(value)
            case datetime.date() | datetime.time() | uuid.UUID():
                return f"'{value}'"
        return None

    def boolean(self, value: bool) -> str:
        """Return the literal of a truth value."""
        return str(int(value))

    def number(self, value: float) -> str | None:
        """Return the literal of a float; None if it has none."""
        return repr(float(value)) if math.isfinite(value) else None

    def text(self, value: str) -> str:
        """Return the literal of a text."""
        return quoted(value)

    def binary(self, value: bytes) -> str:
        """Return the literal of bytes."""
        return f"X'{value.hex()}'"

    def moment(self, value: datetime.datetime) -> str:
        """Return the literal of a date and time."""
        return f"'{value}'"


def named(heads: Sequence[str]) -> str:
    """Name the revisions that a database is at."""
    return ', '.join(sorted(heads)) or 'base'


def expectation(heads: Sequence[str]) -> str:
    """Say what a script wants; where the database is follows."""
    return f'this script goes on from {named(heads)}, but the database is at '


def quoted(text: str) -> str:
    """Return the literal of a text that holds nothing but quotes to escape."""
    return "'" + text.replace("'", "''") + "'"
