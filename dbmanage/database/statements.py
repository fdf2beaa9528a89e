# SPDX-License-Identifier: Apache-2.0
"""The statements of MariaDB and MySQL: what they are, how they answer."""

import hashlib
import re
from collections.abc import Iterable
from typing import Any

# What may stand before a statement; what MySQL runs of a comment is none.
_COMMENT = re.compile(
    r'\s*(?:(?:/\*(?!M?!).*?\*/|--[^\n]*\n|#[^\n]*\n|/\*M?!\d*'
    r'|set\s+statement\b.*?\bfor\b)\s*)*', re.DOTALL | re.IGNORECASE)
_DDL = re.compile(
    r'(?:alter|analyze|create|drop|grant|optimize|rename|repair|revoke|truncate)\b', re.IGNORECASE)
_DML = re.compile(
    r'(?:delete|insert|load|replace|update|with\b.*\b(?:delete|update))\b',
    re.IGNORECASE | re.DOTALL)
_OPAQUE = re.compile(r'(?:begin\s+not\s+atomic|call|execute)\b', re.IGNORECASE)
_TEMPORARY = re.compile(
    r'(?:create\s+(?:or\s+replace\s+)?|drop\s+)temporary\b', re.IGNORECASE)
_BODY = re.compile(r'create\b.*?\b(?:event|function|package|procedure|trigger)\b',
                   re.IGNORECASE | re.DOTALL)
_NAME = r'(?:`[^`]+`|\w+)'
_TABLE = rf'(?P<table>{_NAME}(?:\.{_NAME})?)'
_ALTERED = re.compile(
    r'(?:alter\s+(?:online\s+|ignore\s+)*table|rename\s+tables?)\s+(?:if\s+exists\s+)?'
    rf'{_TABLE}(?P<rest>.*)', re.IGNORECASE | re.DOTALL)
_RENAMED = re.compile(r'rename\s+tables?\b(?P<rest>.*)', re.IGNORECASE | re.DOTALL)
_ALTER = re.compile(r'alter\b.*?\btable\b', re.IGNORECASE | re.DOTALL)
_INDEXED = re.compile(
    r'(?:create|drop)\s+(?:\w+\s+)*?index\s+(?:if\s+(?:not\s+)?exists\s+)?'
    rf'{_NAME}\s+(?:using\s+\w+\s+)?on\s+{_TABLE}', re.IGNORECASE)
# What is in brackets or in quotes has no clauses.
_INSIDE = re.compile(r"\([^()']*\)|'[^']*'")
# A constraint or an index without a name gets another one when it is added
# again, and two tables that were swapped would be swapped back.
_TWICE = re.compile(
    r',|\b(?:add|modify|change)\b(?!\s+constraint\s+(?!(?:check|foreign|unique)\b)|\s+primary\b)'
    r'.*\b(?:check|foreign|fulltext|index|key|spatial|unique)\b', re.IGNORECASE | re.DOTALL)
# What a DDL statement answers that was done before: it makes what is there
# already, or does away with what is gone already. 3821, 3822, 3940 are MySQL's.
_DONE = {
    'create': {'table': {1050}, 'view': {1050}, 'sequence': {1050}, 'index': {1061},
               'function': {1304}, 'procedure': {1304}, 'trigger': {1359}, 'event': {1537}},
    'drop': {'table': {1051}, 'view': {1051, 4092}, 'sequence': {1051, 4091}, 'index': {1091},
             'function': {1305}, 'procedure': {1305}, 'trigger': {1360}, 'event': {1539}},
    'rename': {'table': {1050, 1146}},
}
_THING = re.compile(
    r'(create|drop|rename)\b.*?\b(event|function|index|procedure|sequence|table|trigger|view)s?\b',
    re.IGNORECASE | re.DOTALL)
_DONE_IN_TABLE = [(re.compile(pattern, re.IGNORECASE), numbers) for pattern, numbers in (
    (r'\s*add\s+(?:check|constraint|foreign|fulltext|index|key|primary|spatial|unique)\b',
     {1005, 1022, 1061, 1068, 1826, 3822}),
    (r'\s*add\s+partition\b', {1517}),
    (r'\s*add\b', {1060}),
    (r'\s*drop\s+partition\b', {1507}),
    (r'\s*drop\b', {1091, 3821, 3940}),
    (r'\s*(?:change|rename\s+column)\b', {1054}),
    (r'\s*rename\s+(?:index|key)\b', {1176}),
    (r'\s*rename\b', {1050, 1146}),
)]
_DUPLICATE_FOREIGN_KEY = (1005, 'errno: 121')


def is_ddl(statement: str) -> bool:
    """Tell whether the server commits before it, and cannot roll it back."""
    return bool(_DDL.match(statement, _start(statement))) and not is_temporary(statement)


def is_dml(statement: str) -> bool:
    """Tell whether it changes rows, in the open transaction."""
    return bool(_DML.match(statement, _start(statement)))


def is_opaque(statement: str) -> bool:
    """Tell whether it may do anything: call a procedure, run what was prepared."""
    return bool(_OPAQUE.match(statement, _start(statement)))


def is_temporary(statement: str) -> bool:
    """Tell whether it makes or drops a table of the session."""
    return bool(_TEMPORARY.match(statement, _start(statement)))


def changes(statement: str) -> bool:
    """Tell whether it changes what a later session sees."""
    return is_ddl(statement) or is_dml(statement) or is_opaque(statement)


def is_one(statement: str) -> bool:
    """Tell whether it is not several, that a driver was told to send at once."""
    start = _start(statement)
    return bool(_BODY.match(statement, start)) or not re.search(
        r';\s*[^\s;]', _outside(statement[start:]))


def altered(statement: str) -> str | None:
    """Return the table whose definition a DDL changes."""
    start = _start(statement)
    match = _ALTERED.match(statement, start) or _INDEXED.match(statement, start)
    return match['table'] if match else None


def goes_twice(statement: str) -> bool:
    """Tell whether a DDL may succeed though it was done before, and do harm."""
    match = _ALTERED.match(statement, _start(statement))
    return bool(match and _TWICE.search(_outside(match['rest'])))


def is_unsure(statement: str, changed: bool) -> bool:
    """Tell whether nothing tells if a DDL was done, not even its table.

    ``changed`` is whether its table is another one than before. Tables that are
    alike may have been swapped; an ALTER may be written so that no table is found.
    """
    renamed = _RENAMED.match(statement, _start(statement))
    if renamed:
        return not changed and ',' in _outside(renamed['rest'])
    return altered(statement) is None and bool(_ALTER.match(statement, _start(statement)))


def hashed_table(definition: str) -> str:
    """Return what tells the definition of a table from every other."""
    return hashed(re.sub(r' AUTO_INCREMENT=\d+', '', definition), None)


def hashed(statement: str, parameters: Any) -> str:
    """Return what tells a statement from every other."""
    return hashlib.sha256(f'{statement}\0{parameters!r}'.encode()).hexdigest()


def means_done(statement: str, error: Any) -> bool:
    """Tell whether a DDL was refused because it was done before."""
    number, message = error.args[0], str(error.args[-1])
    if number == _DUPLICATE_FOREIGN_KEY[0] and _DUPLICATE_FOREIGN_KEY[1] not in message:
        return False
    return number in _refusals(statement, _start(statement))


def _refusals(statement: str, start: int) -> Iterable[int]:
    """Return the numbers by which a DDL says that it was done before."""
    thing = _THING.match(statement, start)
    if thing:
        return _DONE[thing[1].lower()].get(thing[2].lower(), ())
    match = _ALTERED.match(statement, start)
    clause = match['rest'] if match else ''
    return next((numbers for pattern, numbers in _DONE_IN_TABLE if pattern.match(clause)), ())


def _outside(text: str) -> str:
    """Leave out what is in brackets and in quotes."""
    while text != (text := _INSIDE.sub('', text)):
        pass
    return text


def _start(statement: str) -> int:
    return _COMMENT.match(statement).end()  # type: ignore[union-attr]
