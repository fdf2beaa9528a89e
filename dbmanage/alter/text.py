# SPDX-License-Identifier: Apache-2.0
"""The text of a CREATE TABLE, as SQLite keeps it: words, lists, clauses."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy.dialects import sqlite

_TOKEN = re.compile(
    r"""(?P<comment>--[^\n]*|/\*.*?(?:\*/|\Z))|'(?:[^']|'')*'|"(?:[^"]|"")*"|`(?:[^`]|``)*`"""
    r'|\[[^]]*\]|\w+|\s+|.', re.DOTALL)
# Where one of these is the name of a column, SQLAlchemy quotes it.
_RESERVED = frozenset(sqlite.dialect.preparer.reserved_words)
_QUOTES = '"`\'['
# What follows these words goes on with their clause.
_GOES_ON = {'SET': ('NULL', 'DEFAULT'), 'NOT': ('NULL',), 'DEFAULT': ('NULL',), 'ALWAYS': ('AS',)}


class _Word(NamedTuple):
    text: str
    start: int
    depth: int

    def begins(self, starters: Sequence[str], previous: str, following: str) -> bool:
        word = self.text.upper()
        if word == 'NOT':  # NOT DEFERRABLE belongs to a REFERENCES
            return 'NOT' in starters and following == 'NULL'
        return word in starters and word not in _GOES_ON.get(previous, ())


def uncommented(sql: str) -> str:
    """Return some SQL without its comments."""
    return _TOKEN.sub(lambda match: ' ' if match['comment'] else match[0], sql)


def words(sql: str) -> list[str]:
    """Return the words, names, literals and signs of some SQL."""
    return [word.text for word in _words(sql)]


def identifier(word: str) -> str:
    """Return a name without its quotes."""
    if word[0] not in _QUOTES:
        return word
    return word[1:-1].replace(word[-1] * 2, word[-1])


def same(one: str, other: str) -> bool:
    """Tell whether SQLite takes two names for one."""
    return one.casefold() == other.casefold()


def mentions(sql: str, name: str) -> bool:
    """Tell whether some SQL has a name, not that of a function, nor a keyword."""
    return any(word[0] != "'" and following != '(' and same(identifier(word), name)
               and word.lower() not in _RESERVED
               for word, following in itertools.pairwise([*words(sql), '']))


def names(sql: str, name: str) -> bool:
    """Tell whether some SQL has a name, if it is that of a table, say: ``t (a)``."""
    return any(word[0] != "'" and same(identifier(word), name) for word in words(sql))


def parenthesis(sql: str) -> tuple[str, str]:
    """Return what is in the first parenthesis, and what is behind it."""
    first, last = [word.start for word in _words(sql)
                   if word.depth == 0 and word.text in ('(', ')')][:2]
    return sql[first + 1:last], sql[last + 1:]


def items(sql: str) -> list[str]:
    """Return the items of a list with commas."""
    commas = [word.start for word in _words(sql) if word.depth == 0 and word.text == ',']
    return [sql[start + 1:end].strip() for start, end in zip(
        [-1, *commas], [*commas, len(sql)], strict=True)]


def clauses(sql: str, starters: Sequence[str]) -> list[str]:
    """Return what is before the first clause, and the clauses.

    ``starters`` are the words that one begins with, if no CONSTRAINT and its
    name are before them.
    """
    starts, name_at, previous = [0], -2, ''
    top = [word for word in _words(sql) if word.depth == 0]
    for position, word in enumerate(top):
        following = top[position + 1].text.upper() if position + 1 < len(top) else ''
        if position > name_at + 1 and word.begins(starters, previous, following):
            starts.append(word.start)
            name_at = position + 1 if word.text.upper() == 'CONSTRAINT' else -2
        previous = word.text.upper()
    return [sql[start:end].strip() for start, end in zip(
        starts, [*starts[1:], len(sql)], strict=True)]


def renamed(sql: str, name: str) -> str:
    """Return a constraint that has a name with another one."""
    _, before, *_ = _words(sql)
    return f'{sql[:before.start]}{quoted(name)}{sql[before.start + len(before.text):]}'


def quoted(name: str) -> str:
    """Return a name as it may be written anywhere."""
    return '"' + name.replace('"', '""') + '"'


def _words(sql: str) -> Iterator[_Word]:
    depth = 0
    for match in _TOKEN.finditer(sql):
        depth -= match[0] == ')'
        if not match[0].isspace():
            yield _Word(match[0], match.start(), depth)
        depth += match[0] == '('
