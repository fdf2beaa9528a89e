# SPDX-License-Identifier: Apache-2.0
"""Scripts for sqlite3."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from sqlalchemy import exc

from dbmanage.script import clients

# The shell ends a line, or all of the text, at these.
_LOST = re.compile(r'([\r\0]+)')

# A client that does not stop at an error comes here without the row of the guard.
_PASSED = """INSERT OR ROLLBACK INTO temp.dbmanage_guard SELECT 'this', 'another'
    WHERE NOT EXISTS (SELECT 1 FROM temp.dbmanage_guard);"""
_VACUUM = re.compile(r'\s*VACUUM\b', re.I)

_INFINITE = {math.inf: '9e999', -math.inf: '-9e999'}


class SQLite(clients.Client):
    """sqlite3; a CHECK whose name is the message stops it.

    https://www.sqlite.org/cli.html (.bail, .timeout)
    """

    usage = 'sqlite3 DATABASE < FILE'
    advice = 'An error undoes the revision that it is in, and ends the script.',
    begin = 'BEGIN IMMEDIATE;'
    is_whole = True

    def opening(self, heads: Sequence[str]) -> str:
        """Stop at the first error; wait 5 s for the write lock."""
        message = f"the database is at another revision; {self.remedy.replace(chr(34), chr(39))}"
        return f'''.bail on
.timeout 5000
PRAGMA foreign_keys = OFF;

-- A CHECK that fails stops the client; its name is the message.
CREATE TEMPORARY TABLE dbmanage_guard (goes_on_from TEXT, found TEXT,
    CONSTRAINT "{message}"
    CHECK (goes_on_from = found));
CREATE TEMPORARY TABLE dbmanage_orphans (before INTEGER, now INTEGER,
    CONSTRAINT "rows would refer to nothing; see PRAGMA foreign_key_check"
    CHECK (now <= before));
INSERT INTO dbmanage_orphans SELECT count(*), 0 FROM pragma_foreign_key_check;
{self._never_versioned(heads)}
CREATE TEMPORARY VIEW dbmanage_found AS
    SELECT coalesce(group_concat(version_num, ', '), 'base') AS found
    FROM (SELECT version_num FROM {self.table} ORDER BY version_num);'''

    def _never_versioned(self, heads: Sequence[str]) -> str:
        if not heads:
            return ''
        absent = f'''WHERE NOT EXISTS (
    SELECT 1 FROM sqlite_master WHERE name = {clients.quoted(self.tables.version)});'''
        return f'''
SELECT {clients.quoted(clients.expectation(heads) + 'base')} {absent}
INSERT INTO dbmanage_guard SELECT {clients.quoted(clients.named(heads))}, 'base' {absent}
'''

    def guard(self, heads: Sequence[str]) -> str:
        """Show what was found where it does not fit, then fail on the CHECK."""
        wanted = clients.quoted(clients.named(heads))
        return f'''DELETE FROM temp.dbmanage_guard;
SELECT {clients.quoted(clients.expectation(heads))} || found
    FROM temp.dbmanage_found WHERE found <> {wanted};
INSERT INTO temp.dbmanage_guard SELECT {wanted}, found FROM temp.dbmanage_found;'''

    def statement(self, sql: str) -> str:
        """Return a statement; each is in the transaction of its revision."""
        if _VACUUM.match(sql):
            raise exc.CompileError('SQLite takes no VACUUM within a transaction')
        return super().statement(sql)

    def ending(self, revision: str | None) -> str:
        """Compare what refers to nothing with what did before."""
        return _PASSED if revision is None else f"""{_PASSED}
UPDATE OR ROLLBACK temp.dbmanage_orphans
    SET now = (SELECT count(*) FROM pragma_foreign_key_check);"""

    def closing(self) -> str:
        """Leave the session as it was, should it go on."""
        return ('DROP VIEW temp.dbmanage_found;\nDROP TABLE temp.dbmanage_orphans;\n'
                'DROP TABLE temp.dbmanage_guard;')

    def number(self, value: float) -> str:
        """Return the literal of a float; the driver stores nan as NULL."""
        return super().number(value) or _INFINITE.get(value, 'NULL')

    def text(self, value: str) -> str:
        """Return the literal of a text."""
        if not _LOST.search(value):
            return super().text(value)
        parts = [f'char({", ".join(str(ord(one)) for one in part)})' if _LOST.match(part)
                 else clients.quoted(part) for part in _LOST.split(value) if part]
        return f'({" || ".join(parts)})'
