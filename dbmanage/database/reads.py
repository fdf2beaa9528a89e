# SPDX-License-Identifier: Apache-2.0
"""What a revision has read: it may decide what the revision does next.

A second run gets the answers that the first one got, as far as the journal
keeps them: as a SELECT of the same values, or as the same refusal.
"""

from __future__ import annotations

import datetime
import hashlib
import json
import re
from collections.abc import Callable
from collections.abc import Sequence
from typing import Any

from dbmanage.database import refusal
from dbmanage.database import statements

# It counts what is inserted, and is no part of a definition.
_AUTO_INCREMENT = re.compile(r' AUTO_INCREMENT=\d+')
_STREAM = 1 << 63  # rows, says PyMySQL, where it does not know how many
_VARIABLE = re.compile(r'(?<![\w@`\'"])@(?:\w+|`[^`]+`)')
_READ = re.compile(r'[\s(]*(?:desc|describe|explain|select|show|with)\b', re.IGNORECASE)
# It changes the session, which a second run has to do, too.
_SETS = re.compile(r':=|\b(?:into|get_lock|release_lock|release_all_locks)\b'
                   r'|\blast_insert_id\s*\(\s*[^)\s]', re.IGNORECASE)
_MOST, _LONGEST = 200, 1 << 16  # rows and characters that are kept for each statement


class Reads:
    """A hash of the answers to all that was read since the revision began."""

    def __init__(self) -> None:
        self._hash = hashlib.sha256()
        self._answers: list[Sequence[Any]] = []
        self._room = _LONGEST

    @property
    def hash(self) -> str:
        """What tells these answers from every other."""
        return self._hash.hexdigest()

    def taken(self) -> str:
        """Return the answers since the last call, to be kept; '' for none."""
        found, self._answers, self._room = self._answers, [], _LONGEST
        return json.dumps(found) if found else ''

    def ask(self, cursor: Any, statement: str, parameters: Any, send: Callable[[], None],
            kept: str) -> None:
        """Send what changes no rows, unless the answer that it had is kept."""
        asked = statements.hashed(statement, parameters)[:16]
        before = json.loads(kept)[len(self._answers):][:1] if kept else []
        if not _READ.match(statement) or _SETS.search(statement):
            send()
            self._note(cursor, statement)
        elif not (before and before[0][0] == asked and self._repeat(cursor, before[0])):
            self._send(cursor, asked, send)

    def _send(self, cursor: Any, asked: str, send: Callable[[], None]) -> None:
        try:
            send()
        except cursor.connection.Error as e:
            if not refusal.may_pass(e):
                self._refuse([asked, type(e).__name__, *e.args[:2]])
            raise
        if cursor.description is not None:
            rows = _rows(cursor)
            self._add(rows)
            self._keep([asked, _told(rows), _select(cursor, rows)])

    def _repeat(self, cursor: Any, before: Sequence[Any]) -> bool:
        """Answer as it was answered; tell whether that can be."""
        _, told, text = before[:3]
        if len(before) > 3:
            self._refuse(before)
            raise getattr(cursor.connection, told)(*before[2:])
        rows = _again(cursor, told, text)
        if rows is None:
            return False
        self._add(rows)
        self._keep(before)
        return True

    def _refuse(self, answer: Sequence[Any]) -> None:
        self._add(answer[1:3])
        self._keep(answer)

    def _note(self, cursor: Any, statement: str) -> None:
        """Note an answer; a variable of the session is read as soon as it is set."""
        if cursor.description is not None:
            self._add(_rows(cursor))
        elif names := _VARIABLE.findall(statement):
            with cursor.connection.cursor() as own:
                own.execute(f'SELECT {", ".join(names)}'.replace('%', '%%'), ())
                self._add(own.fetchall())

    def _add(self, rows: Any) -> None:
        self._hash.update(_AUTO_INCREMENT.sub('', repr(rows)).encode())

    def _keep(self, answer: Sequence[Any]) -> None:
        """Keep an answer, while there is room for all of them."""
        self._room -= len(str(answer))
        if self._room > 0:
            self._answers.append(answer)


def returned(cursor: Any, answers: str) -> str:
    """Return ``answers`` with the rows that a statement has returned itself, the last."""
    rows = _rows(cursor)
    text = _select(cursor, rows)
    kept = text if text and len(text) < _LONGEST else None
    return json.dumps([*json.loads(answers or '[]'), ['', _told(rows), kept]])


def returns(cursor: Any, answers: str) -> bool:
    """Return the rows that a statement has returned; tell whether that can be."""
    if not answers:
        return False
    _, told, text = json.loads(answers)[-1]
    return _again(cursor, told, text) is not None


def _again(cursor: Any, told: str, text: str | None) -> Any:
    """Read what was read; None where it is not kept, or a value cannot be written."""
    if text is None:
        return None
    try:
        cursor.execute(text)
    except cursor.connection.Error as e:
        if refusal.is_lost(e):
            raise
        return None
    rows = _rows(cursor)
    return rows if _told(rows) == told else None


def _told(rows: Any) -> str:
    return hashlib.sha256(repr(rows).encode()).hexdigest()[:16]


def _select(cursor: Any, rows: Sequence[Any]) -> str | None:
    """Return a statement that has these rows; None where they are too many, or gone."""
    if not 0 <= cursor.rowcount <= _MOST:
        return None
    names = ['`{}`'.format(column[0].replace('`', '``')) for column in cursor.description]
    lines = [[_literal(cursor.connection, value) for value in row] for row in rows]
    head = lines[0] if lines else ['NULL'] * len(names)
    first = ', '.join(f'{value} AS {name}' for value, name in zip(head, names, strict=True))
    text = ' UNION ALL SELECT '.join([f'SELECT {first}', *map(', '.join, lines[1:])])
    return text if lines else f'{text} LIMIT 0'


def _literal(connection: Any, value: Any) -> str:
    if isinstance(value, bytes):
        return f"x'{value.hex()}'"
    kind = {datetime.datetime: 'TIMESTAMP', datetime.date: 'DATE', datetime.timedelta: 'TIME'}
    return f'{kind.get(type(value), "")}{connection.escape(value)}'


def _rows(cursor: Any) -> Any:
    """Return the rows of an answer; those of a stream are gone when they are read."""
    if not 0 < cursor.rowcount < _STREAM:
        return ()
    rows = cursor.fetchall()
    cursor.scroll(0, mode='absolute')
    return rows
