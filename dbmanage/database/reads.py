# SPDX-License-Identifier: Apache-2.0
"""What a revision has read: it may decide what the revision does next."""

import hashlib
import re
from typing import Any

# It counts what is inserted, and is no part of a definition.
_AUTO_INCREMENT = re.compile(r' AUTO_INCREMENT=\d+')
_STREAM = 1 << 63  # rows, says PyMySQL, where it does not know how many
_VARIABLE = re.compile(r'(?<![\w@`\'"])@(?:\w+|`[^`]+`)')


class Reads:
    """A hash of the answers to all that was read since the revision began."""

    def __init__(self) -> None:
        self._hash = hashlib.sha256()

    @property
    def hash(self) -> str:
        """What tells these answers from every other."""
        return self._hash.hexdigest()

    def note(self, cursor: Any, statement: str) -> None:
        """Note the answer to a statement that changes no rows, and leave it there.

        A variable of the session is read as soon as it is set.
        """
        if cursor.description is not None:
            self._add(_rows(cursor))
        elif names := _VARIABLE.findall(statement):
            with cursor.connection.cursor() as own:
                own.execute(f'SELECT {", ".join(names)}'.replace('%', '%%'), ())
                self._add(own.fetchall())

    def _add(self, rows: Any) -> None:
        self._hash.update(_AUTO_INCREMENT.sub('', repr(rows)).encode())


def _rows(cursor: Any) -> Any:
    """Return the rows of an answer; those of a stream are gone when they are read."""
    if not 0 < cursor.rowcount < _STREAM:
        return ()
    rows = cursor.fetchall()
    cursor.scroll(0, mode='absolute')
    return rows
