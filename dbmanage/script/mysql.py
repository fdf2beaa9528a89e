# SPDX-License-Identifier: Apache-2.0
"""Scripts for mariadb and mysql."""

from __future__ import annotations

import datetime
import re
from collections.abc import Sequence

from dbmanage.script import clients

_READ_ONLY = 'SET SESSION TRANSACTION READ ONLY;'
# What MariaDB and MySQL call it.
_VARIABLE = '/*M! tx_read_only */ /*!80000 transaction_read_only */'
_HALF_WAY, _RUN_THE_REST = ', half-way to ', '(run the rest of its statements by hand)'
# Its statements end with the ; that ends a statement for the client.
_PROGRAM = re.compile(r'\s*CREATE\b.*?\b(TRIGGER|PROCEDURE|FUNCTION|EVENT)\b', re.I | re.S)
# https://mariadb.com/kb/en/string-literals/
_ESCAPES = str.maketrans({
    "'": "''", '\\': '\\\\', '\0': '\\0', '\r': '\\r', '\t': '\\t', '\x1a': '\\Z'})


class MySQL(clients.Client):
    """mariadb and mysql; a session that may not write is what stops them.

    SIGNAL takes a stored routine on MySQL, and so a privilege. To set a
    variable takes none, and the error shows the value that was refused. A
    client that goes on after an error cannot write then.
    """

    usage = 'mariadb DATABASE < FILE    (or mysql)'
    advice = 'An error ends the script, and undoes nothing: run what is left by hand.'
    transactional = False

    def opening(self, heads: Sequence[str]) -> str:
        """Be what the online run is, and take the lock for the session."""
        mode = f'SET SESSION sql_mode = {clients.quoted(self.sql_mode)};\n' if self.sql_mode else ''
        schema = clients.quoted(self.tables.schema) if self.tables.schema else 'database()'
        busy = ("coalesce(concat('STOP: another runner is at work on ', database(),\n"
                "    '; run the script again later'), 'STOP: no database is selected')")
        return f'''SET NAMES utf8mb4;
{mode}SET SESSION autocommit = 1;

-- The session can write once a check has passed.
{_READ_ONLY}
SET @lock = {self.tables.lock_name};
SET @mine = GET_LOCK(@lock, 0);
{_stop_unless('@mine', busy)}
SET @note = (SELECT convert(table_comment USING utf8mb4) FROM information_schema.tables
    WHERE table_schema = {schema} AND table_name = {clients.quoted(self.tables.version)});{
        self._never_versioned(heads)}'''

    def _never_versioned(self, heads: Sequence[str]) -> str:
        message = f'STOP: {clients.expectation(heads)}base; {self.remedy}'
        return '\n' + _stop_unless(
            '@mine AND @note IS NOT NULL', clients.quoted(message)) if heads else ''

    def first_guard(self, heads: Sequence[str]) -> str:
        """Compare the note, too, of a script that ended within a revision."""
        return self._guard(
            heads, f"\nSET @at = IF(@note LIKE concat(@at, '{_HALF_WAY}%'), @note, @at);")

    def guard(self, heads: Sequence[str]) -> str:
        """Compare the version table with what the revision goes on from."""
        return self._guard(heads, '')

    def _guard(self, heads: Sequence[str], more: str) -> str:
        wanted = clients.quoted(clients.named(heads))
        said = (f'concat({clients.quoted("STOP: " + clients.expectation(heads))}, @at,\n'
                f'    {clients.quoted("; " + self.remedy)})')
        return f'''{_READ_ONLY}
SET @at = (SELECT coalesce(group_concat(convert(version_num USING utf8mb4)
    ORDER BY hex(version_num) SEPARATOR ', '), 'base') FROM {self.table});{more}
{_stop_unless(f"@mine AND @at = {wanted}", said)}'''

    def beginning(self, heads: Sequence[str], revision: str) -> str:
        """Leave word of what has begun: each statement is committed alone."""
        note = clients.quoted(f'{clients.named(heads)}{_HALF_WAY}{revision} {_RUN_THE_REST}')
        return f'ALTER TABLE {self.table} COMMENT = {note};'

    def closing(self) -> str:
        """Take back the note; leave the session as it was, should it go on."""
        return f"ALTER TABLE {self.table} COMMENT = '';\n\nDO RELEASE_LOCK(@lock);"

    def statement(self, sql: str) -> str:
        """Return a statement; a stored program needs another delimiter."""
        if ';' in sql and _PROGRAM.match(sql):
            return f'DELIMITER $$\n{sql}$$\nDELIMITER ;'
        return super().statement(sql)

    def text(self, value: str) -> str:
        """Return the literal of a text, for a mode with backslash escapes."""
        return f"'{value.translate(_ESCAPES)}'"

    def moment(self, value: datetime.datetime) -> str:
        """Return the literal of a date and time; PyMySQL sends no time zone."""
        return f"'{value.replace(tzinfo=None)}'"


def _stop_unless(condition: str, message: str) -> str:
    return f"SET SESSION {_VARIABLE} = IF(\n    {condition}, 'OFF',\n    {message});"

