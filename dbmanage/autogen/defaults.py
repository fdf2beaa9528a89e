# SPDX-License-Identifier: Apache-2.0
"""Whether two server defaults mean the same, however they are spelled."""

from __future__ import annotations

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
_NUMBER = re.compile(r'[+-]?\d+(\.\d*)?$')
# What PostgreSQL adds to what it is given: 'x'::character varying.
_CAST = re.compile(
    r'::\s*(?:"[^"]+"|\w+)(?:\.(?:"[^"]+"|\w+))?(?: varying| precision)?(?:\(\d+(?:,\d+)?\))?'
    r'(?: with(?:out)? time zone)?(?:\[\])*', re.IGNORECASE)
_LAST_CAST = re.compile(f'(?:{_CAST.pattern})$', re.IGNORECASE)
# https://mariadb.com/kb/en/now/, https://www.postgresql.org/docs/current/functions-datetime.html
_NOW = re.compile(r'\b(current_timestamp|localtimestamp|localtime)\b')


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
    if _meaning(ours, modelled.type) == _meaning(theirs, modelled.type):
        return False
    return _alembic_says_so(compare, inspected, modelled, ours)


def _default(column: schema.Column[Any], dialect: sqlalchemy.Dialect) -> str | None:
    text = words.default(column, dialect)
    return None if text is None or _bare(text).lower() == 'null' else text


def _meaning(text: str | None, type_: types.TypeEngine[Any]) -> Any:
    """Return a value that is equal for defaults that mean the same."""
    if text is None:
        return None
    bare = _bare(text)
    quoted = _QUOTED.match(bare)
    value = quoted[1].replace("''", "'") if quoted else bare
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
    return re.sub(r'[\s()`"]', '', _NOW.sub('now', _CAST.sub('', text.lower())))


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
