# SPDX-License-Identifier: Apache-2.0
"""Whether two types are kept as the same one by a database."""

from __future__ import annotations

import re
from typing import Any

import sqlalchemy
from alembic.ddl import impl
from sqlalchemy import schema
from sqlalchemy import types

from dbmanage.autogen import defaults

_SIZED = re.compile(r'(TEXT|BLOB|FLOAT)\((\d+)\)')
_LONGEST_SINGLE = 24  # bits of the precision of a FLOAT that is kept in four bytes


def are_same(
    inspected: schema.Column[Any], modelled: schema.Column[Any], dialect: sqlalchemy.Dialect,
) -> bool:
    """Tell whether two columns are obviously the same; most are, and it is quick."""
    if (inspected.nullable is not modelled.nullable or inspected.comment != modelled.comment
            or isinstance(modelled.type, types.Enum)):
        return False
    try:
        spelled = dialect.type_compiler_instance.process
        return (defaults.are_same(inspected, modelled, dialect)
                and spelled(inspected.type) == spelled(modelled.type))
    except Exception:  # noqa: BLE001 - a type of a service may raise anything
        return False


def differ(
    compare: impl.DefaultImpl, inspected: schema.Column[Any], modelled: schema.Column[Any],
) -> bool:
    """Tell whether the types of a column in the database and its model differ."""
    ours, theirs = inspected.type, modelled.type
    if isinstance(ours, types.Enum) and isinstance(theirs, types.Enum):
        return set(ours.enums) != set(theirs.enums)
    if not compare.compare_type(inspected, modelled):
        return False
    return not _kept(ours, compare.dialect) & _kept(theirs, compare.dialect)


def _kept(type_: types.TypeEngine[Any], dialect: Any) -> set[str]:
    """Return the types that the database may make of one."""
    text = type_.compile(dialect=dialect).upper()
    if dialect.name == 'sqlite':
        return {text if _word(text) in dialect.ischema_names else _affinity(text)}
    found = _SIZED.match(text)
    if found is None:
        return {text.replace('DOUBLE PRECISION', 'DOUBLE')}
    size = int(found[2])
    if found[1] == 'FLOAT':
        single = 'FLOAT' if dialect.name == 'mysql' else 'REAL'
        return {single if size <= _LONGEST_SINGLE else 'DOUBLE'}
    # The length of a TEXT is in characters, of up to four bytes.
    return {_smallest(found[1], size * width) for width in (1, 3, 4)}


def _smallest(kind: str, size: int) -> str:
    """Return the BLOB or TEXT that holds ``size`` bytes.

    https://mariadb.com/kb/en/blob/
    """
    for bits, prefix in ((8, 'TINY'), (16, ''), (24, 'MEDIUM')):
        if size < 1 << bits:
            return f'{prefix}{kind}'
    return f'LONG{kind}'


def _word(text: str) -> str:
    return text.partition('(')[0].strip()


def _affinity(text: str) -> str:
    """Return as what SQLAlchemy reads a type that it does not know.

    https://www.sqlite.org/datatype3.html#determination_of_column_affinity
    """
    for parts, name in ((('INT',), 'INTEGER'), (('CHAR', 'CLOB', 'TEXT'), 'TEXT'),
                        (('REAL', 'FLOA', 'DOUB'), 'REAL')):
        if any(part in text for part in parts):
            return name
    return 'NUMERIC'
