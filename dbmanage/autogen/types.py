# SPDX-License-Identifier: Apache-2.0
"""Whether two types are kept as the same one by a database."""

from __future__ import annotations

import re
from typing import Any

import sqlalchemy
from alembic.ddl import impl
from sqlalchemy import schema
from sqlalchemy import types

from dbmanage import words
from dbmanage.autogen import defaults

_SIZABLE = re.compile(r'(VARCHAR|NUMERIC)(\([^()]*\))?$')
_SPELLED = {
    'postgresql': (
        (re.compile('DECIMAL'), 'NUMERIC'), (re.compile(r'NUMERIC\((\d+)\)'), r'NUMERIC(\1, 0)'),
        (re.compile(r'NCHAR\b'), 'CHAR'), (re.compile('DOUBLE PRECISION'), 'DOUBLE')),
    # https://mariadb.com/kb/en/double/, https://mariadb.com/kb/en/varchar/
    'mysql': (
        (re.compile('DECIMAL'), 'NUMERIC'), (re.compile('NUMERIC$'), 'NUMERIC(10)'),
        (re.compile(r'NUMERIC\((\d+)\)'), r'NUMERIC(\1, 0)'),
        (re.compile('(REAL|DOUBLE PRECISION)$'), 'DOUBLE'),
        (re.compile('NATIONAL (.*)'), r'\1 CHARACTER SET UTF8'),
        (re.compile('CHARACTER SET UTF8(MB3)?( COLLATE UTF8(MB3)?_GENERAL_CI)?$'), 'UTF8MB3')),
}
# MariaDB tells how wide an integer is shown: https://mariadb.com/kb/en/int/
_WIDTH = re.compile(r'(?<=INT|GER)\(\d+\)')
_SIZED = re.compile(r'(TEXT|BLOB|FLOAT)\((\d+)\)')
_LONGEST_SINGLE = 24  # bits of the precision of a FLOAT that is kept in four bytes


def are_same(
    inspected: schema.Column[Any], modelled: schema.Column[Any], dialect: sqlalchemy.Dialect,
) -> bool:
    """Tell whether two columns are obviously the same; most are, and it is quick."""
    if inspected.nullable is not modelled.nullable or inspected.comment != modelled.comment:
        return False
    if isinstance(inspected.type, types.Enum | types.ARRAY):
        return False  # its words are to be compared
    try:
        spelled = dialect.type_compiler_instance.process
        found, wanted = spelled(inspected.type), spelled(modelled.type)
        if dialect.name == 'mysql' and found != wanted:
            found = _WIDTH.sub('', found)
        return found == wanted and defaults.are_same(inspected, modelled, dialect)
    except Exception:  # noqa: BLE001 - a type of a service may raise anything
        return False


def differ(
    compare: impl.DefaultImpl, inspected: schema.Column[Any], modelled: schema.Column[Any],
) -> bool:
    """Tell whether the types of a column in the database and its model differ."""
    dialect = compare.dialect
    ours, theirs = (words.enum(column.type, dialect) for column in (inspected, modelled))
    if ours is not None and theirs is not None:
        differs = set(ours.enums) != set(theirs.enums)
        if differs or not any(isinstance(column.type, types.ARRAY)
                              for column in (inspected, modelled)):
            return differs  # the schema of an enum may be that of the search path
    differs = compare.compare_type(inspected, modelled)
    kept = [_kept(column.type, dialect) for column in (inspected, modelled)]
    # Alembic does not compare a size that one of them lacks.
    if not differs and not all(_SIZABLE.match(one) for types_ in kept for one in types_):
        return False
    return not kept[0] & kept[1]


def _kept(type_: types.TypeEngine[Any], dialect: Any) -> set[str]:
    """Return the types that the database may make of one."""
    text = type_.compile(dialect=dialect).upper()
    if dialect.name == 'sqlite':
        return {text if _word(text) in dialect.ischema_names else _affinity(text)}
    for spelling, kept in _SPELLED.get(dialect.name, ()):
        text = spelling.sub(kept, text)
    found = _SIZED.match(text)
    if found is None:
        return {text}
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
    sizes = re.findall(r'\d+', text.partition('(')[2])
    size = f'({", ".join(sizes)})' if sizes else ''
    for parts, name in ((('INT',), 'INTEGER'), (('CHAR', 'CLOB', 'TEXT'), f'TEXT{size}'),
                        (('REAL', 'FLOA', 'DOUB'), 'REAL')):
        if any(part in _word(text) for part in parts):
            return name
    return f'NUMERIC{size}'
