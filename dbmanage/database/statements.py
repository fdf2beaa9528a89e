# SPDX-License-Identifier: Apache-2.0
"""The statements of MariaDB and MySQL: what they are, how they answer."""

import hashlib
import re
from typing import Any

_COMMENT = re.compile(r'\s*(?:(?:/\*(?!!).*?\*/|--[^\n]*\n|#[^\n]*\n)\s*)*', re.DOTALL)
_DDL = re.compile(
    r'(?:alter|analyze|create|drop|grant|optimize|rename|repair|revoke|truncate)\b', re.IGNORECASE)
_DML = re.compile(
    r'(?:call|delete|insert|load|replace|update|with\b.*\b(?:delete|update))\b',
    re.IGNORECASE | re.DOTALL)
# A constraint or an index without a name gets another one when it is added
# again, and two tables that were swapped would be swapped back.
_ALTERED = re.compile(
    r'(?:alter\s+(?:online\s+|ignore\s+)*table|rename\s+tables?)\s+(?:if\s+exists\s+)?'
    r'(?P<table>(?:`[^`]+`|\w+)(?:\.(?:`[^`]+`|\w+))?)(?P<rest>.*)',
    re.IGNORECASE | re.DOTALL)
_TWICE = re.compile(r'\b(?:check|foreign|fulltext|index|key|spatial|unique)\b|,', re.IGNORECASE)
# What a DDL statement answers that was done before: a table, column, key,
# constraint, view, trigger, routine, event, partition or sequence is there
# already, or is gone already. The last three are MySQL's, for a CHECK.
_DONE = {
    1022, 1050, 1051, 1054, 1060, 1061, 1068, 1091, 1146, 1176, 1304, 1305, 1359, 1360, 1507,
    1517, 1537, 1539, 1826, 4091, 4092, 3821, 3822, 3940}
_DUPLICATE_FOREIGN_KEY = (1005, 'errno: 121')


def is_ddl(statement: str) -> bool:
    """Tell whether the server commits before it, and cannot roll it back."""
    return bool(_DDL.match(statement, _start(statement)))


def is_dml(statement: str) -> bool:
    """Tell whether it changes rows, in the open transaction."""
    return bool(_DML.match(statement, _start(statement)))


def altered(statement: str) -> str | None:
    """Return the table of a DDL that no refusal keeps from being done twice."""
    match = _ALTERED.match(statement, _start(statement))
    return match['table'] if match and _TWICE.search(match['rest']) else None


def hashed_table(definition: str) -> str:
    """Return what tells the definition of a table from every other."""
    return hashed(re.sub(r' AUTO_INCREMENT=\d+', '', definition), None)


def hashed(statement: str, parameters: Any) -> str:
    """Return what tells a statement from every other."""
    return hashlib.sha256(f'{statement}\0{parameters!r}'.encode()).hexdigest()


def means_done(error: Any) -> bool:
    """Tell whether a DDL was refused because it was done before."""
    number, message = error.args[0], str(error.args[-1])
    return number in _DONE or (
        number == _DUPLICATE_FOREIGN_KEY[0] and _DUPLICATE_FOREIGN_KEY[1] in message)


def _start(statement: str) -> int:
    return _COMMENT.match(statement).end()  # type: ignore[union-attr]
