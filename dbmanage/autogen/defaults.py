# SPDX-License-Identifier: Apache-2.0
"""Whether two server defaults mean the same, however they are spelled."""

from __future__ import annotations

import datetime
import decimal
import json
import re
from typing import Any

import sqlalchemy
from alembic.ddl import impl
from sqlalchemy import schema
from sqlalchemy import types

from dbmanage import words
from dbmanage.database import refusal

_NUMBERS = (types.Boolean, types.Integer, types.Numeric, types.Float)
_TRUTHS = {'false': '0', 'f': '0', 'true': '1', 't': '1'}
_QUOTED = re.compile(r"'((?:[^']|'')*)'$")
_NUMBER = re.compile(r'\s*[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?\s*$', re.IGNORECASE)
_BITS = re.compile(r"b'([01]+)'$", re.IGNORECASE)
# https://mariadb.com/kb/en/string-literals/
_ESCAPE = re.compile(r'\\(.)', re.DOTALL)
_ESCAPED = {'0': '\0', 'b': '\b', 'n': '\n', 'r': '\r', 't': '\t', 'Z': '\x1a', "'": "''"}
# What PostgreSQL adds to what it is given: 'x'::character varying.
_CAST = re.compile(
    r'::\s*(?:"[^"]+"|\w+)(?:\.(?:"[^"]+"|\w+))?(?: varying| precision)?(?:\(\d+(?:,\d+)?\))?'
    r'(?: with(?:out)? time zone)?(?:\[\])*', re.IGNORECASE)
_LAST_CAST = re.compile(f'(?:{_CAST.pattern})$', re.IGNORECASE)
# https://mariadb.com/kb/en/now/, https://www.postgresql.org/docs/current/functions-datetime.html
# https://mariadb.com/kb/en/lcase/, https://mariadb.com/kb/en/ucase/
_SYNONYMS = {'current_timestamp': 'now', 'localtimestamp': 'now', 'localtime': 'now',
             'curdate': 'current_date', 'lcase': 'lower', 'ucase': 'upper'}
_SYNONYM = re.compile(rf'\b({"|".join(_SYNONYMS)})\b')
_STRING = re.compile(r"('(?:[^']|'')*')")


def are_plain(*columns: schema.Column[Any]) -> bool:
    """Tell whether columns have an ordinary default, or none."""
    return all(column.server_default is None
               or isinstance(column.server_default, schema.DefaultClause) for column in columns)


def are_same(
    inspected: schema.Column[Any], modelled: schema.Column[Any], dialect: sqlalchemy.Dialect,
) -> bool:
    """Tell whether two columns have no default, or spell it alike."""
    if inspected.server_default is None or modelled.server_default is None:
        return inspected.server_default is modelled.server_default
    return (are_plain(inspected, modelled)
            and words.default(inspected, dialect) == words.default(modelled, dialect))


def computed(*columns: schema.Column[Any]) -> list[str | None]:
    """Return what columns are computed as, alike where it is spelled alike."""
    return [_plain(str(column.server_default.sqltext))
            if isinstance(column.server_default, schema.Computed) else None
            for column in columns]


def differ(
    compare: impl.DefaultImpl, inspected: schema.Column[Any], modelled: schema.Column[Any],
) -> bool:
    """Tell whether the defaults of a column in the database and its model differ."""
    ours, theirs = (_default(column, compare.dialect) for column in (inspected, modelled))
    meanings = [_meaning(text, modelled.type, compare.dialect) for text in (ours, theirs)]
    if meanings[0] == meanings[1]:
        return False
    if isinstance(modelled.type, types.String) and None not in [
            _literal(text or '', compare.dialect) for text in (ours, theirs)]:
        return True  # to Alembic a quote at the end of a text is none of it
    return _alembic_says_so(compare, inspected, modelled, ours)


def _default(column: schema.Column[Any], dialect: sqlalchemy.Dialect) -> str | None:
    text = words.default(column, dialect)
    return None if text is None or _bare(text).lower() == 'null' else text


def _meaning(
    text: str | None, type_: types.TypeEngine[Any], dialect: sqlalchemy.Dialect,
) -> Any:
    """Return a value that is equal for defaults that mean the same."""
    if text is None:
        return None
    bare = _bare(text)
    bits = _BITS.match(bare)
    literal = _literal(text, dialect)
    quoted = literal is not None
    value = str(int(bits[1], 2)) if bits else bare if literal is None else literal
    if quoted and dialect.name != 'sqlite' and isinstance(type_, (types.DateTime, types.Time)):
        return _moment(value, type_)
    if isinstance(type_, _NUMBERS):
        value = _TRUTHS.get(value.lower(), value)
        if _NUMBER.match(value):
            return decimal.Decimal(value)
    if quoted and isinstance(type_, types.JSON):
        return _json(value)
    if quoted or _NUMBER.match(value):
        return value
    return _plain(text)


def _plain(text: str) -> str:
    """Return an expression without what databases add to it."""
    parts = _STRING.split(text)  # each second one is in quotes, and stays
    parts[::2] = [re.sub(r'[\s()`"]', '', _SYNONYM.sub(
        lambda found: _SYNONYMS[found[1]], _CAST.sub('', part.lower()))) for part in parts[::2]]
    return ''.join(parts)


def _literal(text: str, dialect: sqlalchemy.Dialect) -> str | None:
    """Return what a text in quotes is; None for anything else."""
    bare = _bare(text)
    if '\\' in bare and words.literal('\\', dialect) != "'\\'":
        bare = _ESCAPE.sub(lambda found: _ESCAPED.get(found[1], found[1]), bare)
    found = _QUOTED.match(bare)
    return found[1].replace("''", "'") if found else None


def _moment(value: str, type_: types.TypeEngine[Any]) -> Any:
    """Return a time as a value, however much of it is spelled out."""
    kind = datetime.time if isinstance(type_, types.Time) else datetime.datetime
    try:
        return kind.fromisoformat(value)
    except ValueError:
        return value


def _bare(text: str) -> str:
    """Return a default without the casts and the brackets around it."""
    before = None
    while before != text:
        before, text = text, text.strip()
        if text.startswith('(') and text.endswith(')'):
            text = text[1:-1]
        cast = _LAST_CAST.search(text)
        text = text[:cast.start()] if cast else text
    return text


def _json(value: str) -> Any:
    try:
        return json.dumps(json.loads(value), sort_keys=True)
    except ValueError:
        return value


def _alembic_says_so(
    compare: Any, inspected: schema.Column[Any], modelled: schema.Column[Any],
    text: str | None,
) -> bool:
    """Ask Alembic, too; on PostgreSQL it asks the server, which may refuse."""
    model = modelled.server_default
    rendered = model.arg if isinstance(
        model, schema.DefaultClause) and isinstance(model.arg, str) else words.default(
            modelled, compare.dialect)
    try:
        with compare.connection.begin_nested():
            return bool(compare.compare_server_default(inspected, modelled, rendered, text))
    except refusal.REFUSALS:  # json has no =, for one
        return True
