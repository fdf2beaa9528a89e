# SPDX-License-Identifier: Apache-2.0
"""The code of a drafted revision, where Alembic's is not whole."""

from __future__ import annotations

import re

import sqlalchemy

_NESTED = re.compile(r'\b((postgresql|mysql|sqlite|mssql|oracle)\.\w+\((?:\w+=)?)([A-Z]\w*)\(')


def qualified(body: str, prefix: str) -> str:
    """Return code in which the types inside the types of a dialect have a module.

    For those of another dialect than that of the database, Alembic writes
    their repr: ``postgresql.JSONB(astext_type=Text())``.
    """
    before = None
    while before != body:  # one may be inside another
        before, body = body, _NESTED.sub(
            lambda found: f'{found[1]}{prefix if hasattr(sqlalchemy, found[3]) else found[2] + "."}'
                          f'{found[3]}(', body)
    return body
