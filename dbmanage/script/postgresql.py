# SPDX-License-Identifier: Apache-2.0
"""Scripts for psql."""

from __future__ import annotations

import datetime
import decimal
import re
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any
from typing import ClassVar

from sqlalchemy import exc

from dbmanage.script import clients

# A comment may hold another one, which may hold another one.
_COMMENT = r'/\*(?:[^*/]|\*(?!/)|/(?!\*)%s)*\*/'
_COMMENTS = _COMMENT % f'|{_COMMENT}' % f'|{_COMMENT}' % ''
_LETTER = r'A-Za-z_\x80-\U0010ffff'
# What psql reads as a whole, so that no variable is in it, and where it sees one.
# https://www.postgresql.org/docs/current/sql-syntax-lexical.html
_TOKEN = re.compile(
    rf"""[eE]'(?:[^'\\]|\\.|''|'\s*\n\s*')*'|'[^']*'|"[^"]*"|--[^\n]*|{_COMMENTS}
    |[{_LETTER}][{_LETTER}0-9$]*|\$(?P<tag>(?:[{_LETTER}][{_LETTER}0-9]*)?)\$.*?\$(?P=tag)\$
    |(?P<end>;)|::|(?P<variable>:(?=[{_LETTER}0-9'"]))""", re.S | re.X)
# Behind a statement of no transaction, and before the next one.
_NOTED = r'\if :ERROR \set dbmanage_goes_on false \endif'


class PostgreSQL(clients.Client):
    """psql; the lock is that of a transaction, so that a pooler can be between.

    https://www.postgresql.org/docs/current/app-psql.html (ON_ERROR_STOP)
    """

    usage = 'psql --no-psqlrc --file FILE DATABASE'
    advice = 'An error undoes the revision that it is in, and ends the script.',
    guards_first = True
    unreadable: ClassVar[Mapping[str, str]] = {}

    def opening(self, heads: Sequence[str]) -> str:
        """Stop at the first error; read text as it is written here."""
        return r'''\set ON_ERROR_STOP on
\set ON_ERROR_ROLLBACK off
\set AUTOCOMMIT on
\set SINGLELINE off
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;'''

    def guard(self, heads: Sequence[str]) -> str:
        """Take the lock and compare, in the transaction of the revision."""
        said = f"{clients.quoted(clients.expectation(heads))}\n            || found || "
        return f'''DO $dbmanage$
DECLARE found text := 'base'; begun text;
BEGIN
    IF NOT pg_try_advisory_xact_lock({self.tables.lock_number}) THEN
        RAISE {clients.quoted(clients.BUSY)};
    END IF;
    IF to_regclass({clients.quoted(self.journal)}) IS NOT NULL THEN
        SELECT max(revision) INTO begun FROM {self.journal};
        IF begun IS NOT NULL THEN
            RAISE 'a run has stopped within revision %; {clients.RUN_AGAIN}', begun;
        END IF;
    END IF;
    IF to_regclass({clients.quoted(self.table)}) IS NOT NULL THEN
        SELECT coalesce(string_agg(version_num, ', ' ORDER BY version_num COLLATE "C"), found)
        INTO found FROM {self.table};
    END IF;
    IF found <> {clients.quoted(clients.named(heads))} THEN
        RAISE USING MESSAGE = {said}{clients.quoted(f"; {self.remedy}")};
    END IF;
END
$dbmanage$;'''

    def pausing(self) -> str:
        """Hold the lock for the session; note whether the guard was passed."""
        return rf'''-- Up to the next BEGIN nothing is undone. The session has the lock: through a
-- connection pool it would have to be the same one.
\set dbmanage_goes_on true
DO $dbmanage$ BEGIN PERFORM pg_advisory_lock({self.tables.lock_number}); END $dbmanage$;
{_NOTED}
COMMIT;
{_NOTED}'''

    def outside(self, sql: str) -> str:
        """Return a statement that psql runs if all before it went well."""
        # Another client than psql takes the first line for a part of the statement,
        # which so fails: it cannot tell whether the guard was passed.
        # Several statements are sent as one, as the driver does.
        statement = self.statement(_TOKEN.sub(_joined, sql))
        return f'\\if :dbmanage_goes_on\n{statement}\n{_NOTED}\n\\endif'

    def resuming(self) -> str:
        """Free the lock of the session: the transaction has its own again."""
        unlock = f'PERFORM pg_advisory_unlock({self.tables.lock_number});'
        return rf'''\if :dbmanage_goes_on
DO $dbmanage$ BEGIN {unlock} END $dbmanage$;
\else
DO $dbmanage$ BEGIN {unlock}
    RAISE 'a statement before this transaction has failed';
END $dbmanage$;
\endif'''

    def statement(self, sql: str) -> str:
        """Return a statement; its array[1:n] asks for no variable of psql."""
        if '\0' in sql:
            raise exc.CompileError('a statement holds a NUL character, which PostgreSQL refuses')
        return super().statement(_TOKEN.sub(_spaced, sql))

    def literal(self, value: Any) -> str | None:
        """Return what psycopg2 sends: it knows durations and arrays too."""
        match value:
            case datetime.timedelta():
                return (f"'{value.days} days {value.seconds}.{value.microseconds:06}"
                        " seconds'::interval")
            case decimal.Decimal() if value.is_nan():
                return "'NaN'::numeric"
            case list():
                items = [self.literal(item) for item in value]
                if not items:
                    return "'{}'"
                return None if None in items else f'ARRAY[{", ".join(map(str, items))}]'
        return super().literal(value)

    def boolean(self, value: bool) -> str:
        """Return the literal of a truth value."""
        return str(value).lower()

    def number(self, value: float) -> str:
        """Return the literal of a float; inf and nan are words."""
        return super().number(value) or f"'{value}'::float8"

    def binary(self, value: bytes) -> str:
        """Return the literal of bytes."""
        return f"'\\x{value.hex()}'::bytea"

    def moment(self, value: datetime.datetime) -> str:
        """Return the literal of a date and time.

        A column without a time zone would ignore the one of a mere text.
        """
        return f"'{value}'" if value.tzinfo is None else f"'{value}'::timestamptz"


def _joined(token: re.Match[str]) -> str:
    return '\\;' if token['end'] else token[0]


def _spaced(token: re.Match[str]) -> str:
    return ': ' if token['variable'] else token[0]
