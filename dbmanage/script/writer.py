# SPDX-License-Identifier: Apache-2.0
"""The text of a script: Alembic's statements, with ours around them."""

from __future__ import annotations

import contextlib
import re
import tempfile
from collections.abc import Iterator
from collections.abc import Sequence
from typing import IO
from typing import Any

from sqlalchemy import exc

from dbmanage.script import clients
from dbmanage.script import values

_TURN = re.compile(r'\s*(?:(?P<begin>BEGIN|START)|(?P<end>COMMIT|END)|ROLLBACK)'
                   r'(?:\s+(?:WORK|TRANSACTION))?\Z', re.I)
_IN_MEMORY = 1 << 20  # bytes; a longer script is kept in a temporary file


class Writer:
    """A file that Alembic writes to; nobody sees it before it is whole.

    ``heads`` are the revisions that the statements so far lead to.
    """

    def __init__(self, client: clients.Client, heads: Sequence[str]) -> None:
        self.client = client
        self.heads: Sequence[str] = tuple(heads)
        self._table = f'CREATE TABLE {client.table} ('
        self._revision: str | None = None
        self._is_checked = False
        self._is_open = False
        self._is_paused = False
        # Closed by lines() or discard().
        self._file: IO[str] = tempfile.SpooledTemporaryFile(  # noqa: SIM115
            _IN_MEMORY, 'w+', encoding='utf-8', errors='replace', newline='\n')

    def open(self, header: Sequence[str]) -> None:
        """Begin with a comment of these lines, and what the client is told."""
        self._file.write(''.join(f'{_comment(line)}\n' for line in header))
        self._add(self.client.opening(self.heads))

    def begin(self, revision: str, title: str) -> None:
        """Begin a revision, before its transaction."""
        self._revision, self._is_checked = revision, False
        self._add(_comment(f'revision {revision}: {title}'))

    def applied(self, heads: Sequence[str], **_rest: Any) -> None:
        """End a revision, within its transaction; Alembic calls it."""
        self.heads = tuple(heads)
        self.end()

    def end(self) -> None:
        """End what was recorded, within its transaction."""
        self._add(self.client.ending(self._revision))
        self._revision = None

    def close(self) -> None:
        """End with what the client is told last, and with a mark of the end."""
        self._add(self.client.closing())
        self._add('-- end of the script')

    def discard(self) -> None:
        """Forget what was written."""
        self._file.close()

    def write(self, text: str) -> None:
        """Take a statement from Alembic."""
        sql = _without_end(values.with_tabs(text))
        self._check_text(sql)
        if sql.startswith('-- Running '):
            return
        if turn := _TURN.match(sql):
            self._turn(turn)
        elif sql.startswith(self._table):
            self._check(self.client.guards_first)
            self._add(f'{sql.replace("TABLE", "TABLE IF NOT EXISTS", 1)};')
        elif self._is_paused and self._is_checked:
            self._add(self.client.outside(sql))
        else:
            self._check()
            self._add(self.client.statement(sql))

    def flush(self) -> None:
        """Do nothing: Alembic flushes after each statement."""

    def lines(self) -> Iterator[str]:
        """Yield the lines; the file is gone afterwards."""
        self._file.seek(0)
        with contextlib.closing(self._file) as file:
            for line in file:
                yield line.rstrip('\n')

    def _check_text(self, sql: str) -> None:
        for lost, what in self.client.unreadable.items():
            if lost in sql:
                raise clients.Unwritten(f'a statement holds what the client would lose, {what}')
        try:
            sql.encode()
        except UnicodeEncodeError as e:
            raise exc.CompileError(
                f'a statement holds {e.object[e.start:e.end]!a}, which is no character') from e

    def _turn(self, turn: re.Match[str]) -> None:
        """Begin or end a transaction, that of an autocommit_block() too."""
        if not (turn['begin'] or turn['end']):
            raise clients.Unwritten('it rolls a transaction back')
        if self.client.is_whole and self._is_open and self._revision:
            return
        self._is_open = bool(turn['begin'])
        if self._is_open:
            self._is_checked = False
            self._add(self.client.begin)
            return
        self._check()
        self._is_paused = bool(self._revision)
        self._add(self.client.pausing() if self._is_paused else 'COMMIT;')

    def _check(self, is_time: bool = True) -> None:
        """Write the guard, once for each transaction."""
        if self._is_checked or not is_time:
            return
        self._is_checked = True
        self._add(self.client.guard(self.heads))
        if self._is_paused:
            self._is_paused = False
            self._add(self.client.resuming())
        elif self._revision:
            self._add(self.client.beginning(self.heads, self._revision))

    def _add(self, text: str) -> None:
        if text:
            self._file.write(f'\n{text}\n')


def _comment(text: str) -> str:
    """Return a comment, of one line whatever the text is."""
    return f'-- {" ".join(text.splitlines())}'.rstrip()


def _without_end(text: str) -> str:
    """Return a statement without its semicolons.

    One that ends with a comment ends with a line: the next semicolon counts.
    """
    sql = text.rstrip('; \t\n')
    last = sql.rpartition('\n')[2]
    return f'{sql}\n' if '--' in last or '#' in last else sql
