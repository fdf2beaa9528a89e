# SPDX-License-Identifier: Apache-2.0
"""The code of a drafted revision, where Alembic's is not whole."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import sqlalchemy
from sqlalchemy import sql

_NESTED = re.compile(r'\b((postgresql|mysql|sqlite|mssql|oracle)\.\w+\((?:\w+=)?)([A-Z]\w*)\(')


def prefix(options: Mapping[str, Any]) -> str:
    """Return the name of SQLAlchemy in a revision, with its dot."""
    return str(options.get('sqlalchemy_module_prefix', 'sa.'))


def item(kind: str, thing: Any, imports: set[str], options: Mapping[str, Any]) -> str | bool:
    """Return the code of a thing; False leaves it to Alembic.

    Alembic loses the quotes at the ends of a server default, and the backslash before
    its colon. It names a type of the service, whose module is added to ``imports``.
    """
    module = type(thing).__module__
    if (kind == 'type' and 'user_module_prefix' not in options
            and not module.startswith('sqlalchemy.')):
        imports.add(f'import {module}')
    text = getattr(thing, 'arg', None) if kind == 'server_default' else None
    if isinstance(text, sql.elements.TextClause) and not thing.reflected:
        return f'{prefix(options)}text({text.text!r})'
    return isinstance(text, str) and repr(text)


def qualified(body: str, sa: str) -> str:
    """Return code in which the types inside the types of a dialect have a module.

    For those of another dialect than that of the database, Alembic writes
    their repr: ``postgresql.JSONB(astext_type=Text())``.
    """
    before = None
    while before != body:  # one may be inside another
        before, body = body, _NESTED.sub(
            lambda found: f'{found[1]}{sa if hasattr(sqlalchemy, found[3]) else found[2] + "."}'
                          f'{found[3]}(', body)
    return body
