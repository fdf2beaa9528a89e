# SPDX-License-Identifier: Apache-2.0
"""Scripts for mariadb and mysql."""

from __future__ import annotations

import datetime
import re
from collections.abc import Sequence
from typing import Any

from dbmanage.database import note
from dbmanage.script import clients

_READ_ONLY = 'SET SESSION TRANSACTION READ ONLY;'
# What MariaDB and MySQL call it.
_VARIABLE = '/*M! tx_read_only */ /*!80000 transaction_read_only */'
_BUSY = '''coalesce(concat('STOP: another runner is at work on ', database(),
    '; run the script again later'), 'STOP: no database is selected')'''
_LITERAL = 'NO_BACKSLASH_ESCAPES'
# Where a ; ends nothing for the client.
_QUOTED = re.compile(
    r'''"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`|(?:--(?=\s)|\#)[^\n]*|/\*.*?\*/''', re.S)
# https://mariadb.com/kb/en/string-literals/
_ESCAPES = str.maketrans({
    "'": "''", '\\': '\\\\', '\0': '\\0', '\r': '\\r', '\t': '\\t', '\x1a': '\\Z'})


class MySQL(clients.Client):
    """mariadb and mysql; a session that may not write is what stops them.

    SIGNAL takes a stored routine on MySQL, and so a privilege. To set a
    variable takes none, and the error shows 200 characters of the value that was
    refused. A client that goes on after an error cannot write then.
    """

    usage = 'mariadb DATABASE < FILE    (or mysql)'
    advice = (
        'An error ends the script, and undoes nothing: the statements before it stay. Mend',
        'its cause. Then run the script without what was run; N is the line of the error:',
        "    sed '/^-- revision/,(N-1)d' FILE | mariadb DATABASE")
    transactional = False

    def opening(self, heads: Sequence[str]) -> str:
        """Be what the online run is, and take the lock for the session."""
        return f'''SET NAMES utf8mb4;
{self._mode()}
SET SESSION autocommit = 1;

-- The session can write once a check has passed.
{_READ_ONLY}
SET @lock = {self.tables.lock_name};
SET @mine = GET_LOCK(@lock, 0);
{_stop_unless('@mine', _BUSY)}

-- What a run, or a script, has left half-way.
{self._left()}{self._never_versioned(heads)}'''

    def _mode(self) -> str:
        """Set the mode of the online run, but for one that no literal here is for."""
        lines = [f'SET SESSION sql_mode = {self.text(self.sql_mode)};'] if self.sql_mode else []
        if not self.sql_mode or _LITERAL in self.sql_mode.upper():
            lines.append(f"SET SESSION sql_mode = replace(@@sql_mode, '{_LITERAL}', '');")
        return '\n'.join(lines)

    def _left(self) -> str:
        """Ask the journal of the runner, if there is one, and the note of a script."""
        schema = self.text(self.tables.schema) if self.tables.schema else 'database()'
        where = f'information_schema.tables\n    WHERE table_schema = {schema} AND table_name ='
        read = self.text(f'SELECT max(revision) INTO @begun FROM {self.journal}')
        message = ("concat('STOP: a run has stopped within revision ', @begun,"
                   f" '; {clients.RUN_AGAIN}')")
        return f'''SET @begun = NULL;
SET @sql = (SELECT {read}
    FROM {where} {
            self.text(self.tables.journal)});
SET @sql = coalesce(@sql, 'DO 0');
PREPARE dbmanage FROM @sql;
EXECUTE dbmanage;
DEALLOCATE PREPARE dbmanage;
{_stop_unless('@mine AND @begun IS NULL', message)}
SET @note = (SELECT convert(table_comment USING utf8mb4) FROM {where} {
            self.text(self.tables.version)});'''

    def _never_versioned(self, heads: Sequence[str]) -> str:
        message = f'STOP: {clients.expectation(heads)}base; {self.remedy}'
        return '\n' + _stop_unless(
            '@mine AND @note IS NOT NULL', self.text(message)) if heads else ''

    def guard(self, heads: Sequence[str]) -> str:
        """Compare the version table, and what was left half-way, with the heads."""
        wanted = self.text(clients.named(heads))
        said = (f'concat({self.text("STOP: " + clients.expectation(heads))},\n'
                f'    IF(@left, @note, concat(@at, {self.text("; " + self.remedy)})))')
        return f'''{_READ_ONLY}
SET @at = (SELECT coalesce(group_concat(convert(version_num USING utf8mb4)
    ORDER BY hex(version_num) SEPARATOR ', '), 'base') FROM {self.table});
SET @left = locate(concat(@at, '{note.HALF_WAY}'), @note) = 1;
{_stop_unless(f"IF(@left, 0, @mine AND @at = {wanted})", said)}'''

    def beginning(self, heads: Sequence[str], revision: str) -> str:
        """Leave word of what has begun: each statement is committed alone."""
        begun = self.text(note.text(clients.named(heads), revision))
        return f'ALTER TABLE {self.table} COMMENT = {begun};'

    def closing(self) -> str:
        """Take back the note; leave the session as it was, should it go on."""
        return f"ALTER TABLE {self.table} COMMENT = '';\n\nDO RELEASE_LOCK(@lock);"

    def statement(self, sql: str) -> str:
        """Return a statement; one of several needs another delimiter."""
        if ';' not in _QUOTED.sub('', sql):
            return super().statement(sql)
        end = '$$'
        while end in sql:
            end += '$'
        return f'DELIMITER {end}\n{sql}{end}\nDELIMITER ;'

    def literal(self, value: Any) -> str | None:
        """Return what PyMySQL sends: a duration is a TIME."""
        if not isinstance(value, datetime.timedelta):
            return super().literal(value)
        seconds, fraction = divmod(abs(value) // datetime.timedelta(microseconds=1), 1_000_000)
        minutes, seconds = divmod(seconds, 60)
        sign = '-' if value.days < 0 else ''
        return f"'{sign}{minutes // 60:02}:{minutes % 60:02}:{seconds:02}.{fraction:06}'"

    def text(self, value: str) -> str:
        """Return the literal of a text, for a mode with backslash escapes."""
        return f"'{value.translate(_ESCAPES)}'"

    def number(self, value: float) -> str | None:
        """Return the literal of a float, not of a decimal; there is none for inf."""
        text = super().number(value)
        return text if text is None or 'e' in text else f'{text}e0'

    def moment(self, value: datetime.datetime) -> str:
        """Return the literal of a date and time; PyMySQL sends no time zone."""
        return f"'{value.replace(tzinfo=None)}'"


def _stop_unless(condition: str, message: str) -> str:
    return f"SET SESSION {_VARIABLE} = IF(\n    {condition}, 'OFF',\n    {message});"

