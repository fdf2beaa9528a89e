# SPDX-License-Identifier: Apache-2.0
"""Small timelines, as the files of a service, for the tests of commands."""

import sqlalchemy as sa

from dbmanage.database import tables as names
from tests import base

OWN = names.Tables('alembic_version', None)


def table(name: str) -> str:
    """Return the body of a revision that creates a table."""
    return f"op.create_table('{name}', sa.Column('id', sa.Integer(), primary_key=True))"


def line(*bodies: str) -> dict[str, str]:
    """Return revisions 001, 002 ... in a line; a bare word creates a table."""
    ids = [f'{number:03}' for number in range(1, len(bodies) + 1)]
    return {
        f'{id_}.py': _file(id_, down, body)
        for id_, down, body in zip(ids, [None, *ids], bodies, strict=False)
    }


def fork(**more: str) -> dict[str, str]:
    """Return a base, and the branches ``apples`` and ``pears`` that follow it."""
    return {
        'base.py': _file('base1', None, 'trunk'),
        'apple1.py': _file('apple1', 'base1', 'apple_one', branch_labels=('apples',)),
        'apple2.py': _file('apple2', 'apple1', 'apple_two'),
        'pear1.py': _file('pear1', 'base1', 'pear_one', branch_labels=('pears',)),
    } | more


def tables(engine: sa.Engine) -> list[str]:
    """Return the names of the tables, but for those of the runner."""
    return sorted(set(sa.inspect(engine).get_table_names()) - {OWN.version, *OWN.own})


def recorded(engine: sa.Engine) -> list[str] | None:
    """Return the revisions that a database records; None without the table."""
    if not sa.inspect(engine).has_table('alembic_version'):
        return None
    with engine.connect() as connection:
        return sorted(connection.scalars(sa.text('SELECT version_num FROM alembic_version')))


def record(engine: sa.Engine, revision: str) -> None:
    """Make a database say that it is at a revision, and at no other."""
    version = sa.Table(
        'alembic_version', sa.MetaData(), sa.Column('version_num', sa.String(32), primary_key=True)
    )
    with engine.begin() as connection:
        version.create(connection, checkfirst=True)
        connection.execute(version.delete())
        connection.execute(version.insert().values(version_num=revision))


def _file(id_: str, down: str | None, body: str, **identifiers: object) -> str:
    word = body.isidentifier() and body != 'pass'
    message = f'create {body}' if word else f'step {id_}'
    return base.revision_file(
        id_, down, table(body) if word else body, message=message, **identifiers
    )
