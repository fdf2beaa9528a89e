# SPDX-License-Identifier: Apache-2.0
"""Types of columns: which are the same, and which hold less than another."""

from __future__ import annotations

import re
from typing import Any

import sqlalchemy
from sqlalchemy.dialects import mysql

from dbmanage import words

# What a database calls otherwise when it is asked; the width of an integer is
# that of a display.
_SPELLINGS = {'BOOL': 'TINYINT', 'NUMERIC': 'DECIMAL', 'INT': 'INTEGER'}
_WIDTH = re.compile(r'\b((?:TINY|SMALL|MEDIUM|BIG)?INT(?:EGER)?)\(\d+\)')
_PRECISION = re.compile(r'FLOAT\((\d+)\)')
# In bytes: https://mariadb.com/kb/en/numeric-data-type-overview/
_INTEGERS = ((mysql.TINYINT, 1), (sqlalchemy.SmallInteger, 2), (mysql.MEDIUMINT, 3),
             (sqlalchemy.BigInteger, 8), (sqlalchemy.Integer, 4))
# In characters or bytes: https://mariadb.com/kb/en/string-data-types/
_TEXTS = ((mysql.TINYTEXT, 1 << 8), (mysql.MEDIUMTEXT, 1 << 24), (mysql.LONGTEXT, 1 << 32),
          (mysql.TINYBLOB, 1 << 8), (mysql.MEDIUMBLOB, 1 << 24), (mysql.LONGBLOB, 1 << 32))
_UNBOUND = 1 << 16  # TEXT and BLOB of MariaDB; the others have no limit
_DIGITS = 20  # characters that hold any integer


def of(type_: Any, dialect: sqlalchemy.Dialect) -> Any:
    """Return the type that a dialect uses for a type."""
    found: Any = None if type_ is None else type_.dialect_impl(dialect)
    decorated = isinstance(found, sqlalchemy.TypeDecorator)
    return of(found.impl_instance, dialect) if decorated else found


def are_same(old: Any, new: Any, dialect: sqlalchemy.Dialect) -> bool:
    """Tell whether two types are one to the database; unknown ones are not."""
    return old is new or (old is not None and new is not None
                          and _spelled(old, dialect) == _spelled(new, dialect))


def are_texts(*types: Any) -> bool:
    """Tell whether all of them are VARCHAR or a text."""
    return all(isinstance(one, sqlalchemy.String)
               and not isinstance(one, sqlalchemy.Enum | sqlalchemy.CHAR) for one in types)


def narrows(old: Any, new: Any, dialect: sqlalchemy.Dialect) -> bool:
    """Tell whether a value of the one may not fit into the other.

    Nobody knows it of an unknown type, or of a type of another family.
    """
    if old is None or new is None:
        return True
    spelled = _spelled(new, dialect)
    old, new = of(old, dialect), of(new, dialect)
    if isinstance(old, sqlalchemy.Enum) and isinstance(new, sqlalchemy.Enum):
        return not set(old.enums) <= set(new.enums)
    if isinstance(new, sqlalchemy.Enum) or isinstance(old, sqlalchemy.JSON):
        return not are_same(old, new, dialect)
    if isinstance(old, sqlalchemy.Integer) and isinstance(new, sqlalchemy.Float):
        return 8 * _bytes(old) > _bits(spelled, dialect)
    for family, size in ((sqlalchemy.String, _length), (sqlalchemy.LargeBinary, _length),
                         (sqlalchemy.Integer, _bytes)):
        if isinstance(old, family) and isinstance(new, family):
            return size(new) < size(old)
    if isinstance(old, sqlalchemy.Numeric) and isinstance(new, sqlalchemy.Numeric):
        return _is_narrower_number(old, new)
    if isinstance(new, sqlalchemy.String):
        return _length(new) < (_DIGITS if isinstance(old, sqlalchemy.Integer) else _UNBOUND)
    return not are_same(old, new, dialect)


def _spelled(type_: Any, dialect: sqlalchemy.Dialect) -> str:
    text = _WIDTH.sub(r'\1', words.type_name(type_, dialect).upper())
    first, bracket, rest = text.partition('(')
    return _SPELLINGS.get(first, first) + bracket + rest


def _length(type_: Any) -> int:
    found = [size for kind, size in _TEXTS if isinstance(type_, kind)]
    if isinstance(type_, sqlalchemy.Enum):
        return max(map(len, type_.enums), default=0)
    return found[0] if found else getattr(type_, 'length', None) or _UNBOUND


def _bytes(type_: Any) -> int:
    return next(size for kind, size in _INTEGERS if isinstance(type_, kind))


def _bits(spelled: str, dialect: sqlalchemy.Dialect) -> int:
    """Return how many bits of an integer a type of floating point holds.

    FLOAT without a precision has 8 bytes, but on MariaDB and MySQL; REAL has 4.
    """
    if dialect.name == 'sqlite' or spelled.startswith('DOUBLE'):
        return 53
    precision = _PRECISION.match(spelled)
    is_double = int(precision[1]) > 24 if precision else (
        spelled == 'FLOAT' and dialect.name != 'mysql')
    return 53 if is_double else 24


def _is_narrower_number(old: Any, new: Any) -> bool:
    if new.precision is None:
        return False
    if old.precision is None:
        return True
    old_scale, new_scale = old.scale or 0, new.scale or 0
    return new_scale < old_scale or new.precision - new_scale < old.precision - old_scale
