# SPDX-License-Identifier: Apache-2.0
"""The services whose revisions the harness disturbs, with rows in their tables."""

import dataclasses
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from dbmanage import reference
from tests import base
from tests.reference import samples

_Rows = list[tuple[str, dict[str, Any]]]

# Each statement shows in the rows if it is run twice, or out of order.
_BODIES = [
    """
    op.create_table('counter', sa.Column('id', sa.Integer(), primary_key=True),
                    sa.Column('n', sa.BigInteger(), nullable=False))
    op.create_table('log', sa.Column('id', sa.Integer(), primary_key=True, autoincrement=False),
                    sa.Column('word', sa.String(50)))
    op.execute('INSERT INTO counter (id, n) VALUES (1, 0)')
    """,
    """
    count()
    op.add_column('log', sa.Column('note', sa.String(50)))
    count()
    log('noted')
    op.create_index('ix_log_word', 'log', ['word'])
    log('indexed')
    count()
    """,
    """
    log('before')
    connection = op.get_bind()
    for word in ('one', 'two', 'three'):
        connection.execute(
            sa.text('INSERT INTO log (id, word)'
                    ' SELECT COALESCE(MAX(id), 0) + 1, :word FROM log'), {'word': word})
    op.create_table('copy', sa.Column('id', sa.Integer(), primary_key=True, autoincrement=False))
    table = sa.table('copy', sa.column('id'))
    op.bulk_insert(table, [{'id': number} for number in range(20)])
    connection.execute(table.insert(), [{'id': number} for number in range(20, 40)])
    count()
    """,
    """
    connection = op.get_bind()
    for (id_,) in connection.execute(sa.text('SELECT id FROM log ORDER BY id')).all():
        connection.execute(
            sa.text("UPDATE log SET note = CONCAT(COALESCE(note, ''), 'x') WHERE id = :id"
                    if connection.dialect.name != 'sqlite' else
                    "UPDATE log SET note = COALESCE(note, '') || 'x' WHERE id = :id"),
            {'id': id_})
    op.rename_table('copy', 'copies')
    count()
    """,
    """
    if op.get_context().dialect.name == 'postgresql':
        with op.get_context().autocommit_block():
            op.create_index('ix_log_note', 'log', ['note'], postgresql_concurrently=True,
                            if_not_exists=True)
    else:
        count()
        op.create_index('ix_log_note', 'log', ['note'])
        count()
    """,
    """
    count()
    op.drop_index('ix_log_note', table_name='log')
    log('dropped')
    op.drop_table('copies')
    count()
    """,
]
_HEAD = '''

def count():
    op.execute('UPDATE counter SET n = 2 * n + 1')


def log(word):
    op.execute(
        sa.text('INSERT INTO log (id, word) SELECT COALESCE(MAX(id), 0) + 1, :word FROM log')
        .bindparams(word=word))
'''

# One statement lasts as long as the row of ``pace`` says, in seconds.
_PACE = """
    op.create_table('pace', sa.Column('seconds', sa.Integer(), nullable=False))
    op.execute('INSERT INTO pace (seconds) VALUES ({})')
    op.create_table('log', sa.Column('id', sa.Integer(), primary_key=True, autoincrement=False),
                    sa.Column('word', sa.String(50)))
"""
_LONG = """
    log('begun')
    op.execute({!r})
    log('ended')
"""
_SLOW = {
    'sqlite': """
        CREATE TABLE slow AS WITH RECURSIVE numbers (n) AS (
            SELECT seconds * 20000000 FROM pace UNION ALL SELECT n - 1 FROM numbers WHERE n > 0)
        SELECT count(*) AS n FROM numbers""",
    'postgresql': 'CREATE TABLE slow AS SELECT seconds AS n, pg_sleep(seconds)::text FROM pace',
    'mysql': 'CREATE TABLE slow AS SELECT seconds AS n, SLEEP(seconds) AS slept FROM pace',
}
_SLEEPERS = {
    'postgresql': (
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        " AND wait_event = 'PgSleep'"),
    'mysql': (
        'SELECT COUNT(*) FROM information_schema.processlist WHERE db = DATABASE()'
        " AND state = 'User sleep'"),
}


@dataclasses.dataclass(frozen=True)
class Timeline:
    """Revisions to stop at, and the rows that are inserted before some of them.

    ``files`` are those of a service made for it; the reference service has its own.
    """

    revisions: list[str]
    rows: Mapping[str, _Rows] = dataclasses.field(default_factory=dict)
    files: Mapping[str, str] = dataclasses.field(default_factory=dict)


def line(*bodies: str) -> Timeline:
    """Return a timeline of revisions with these bodies, that may count and log."""
    ids = [f'{number:03}' for number in range(1, len(bodies) + 1)]
    files = {
        f'{id_}.py': base.revision_file(id_, down, body) + _HEAD
        for id_, down, body in zip(ids, [None, *ids], bodies, strict=False)
    }
    return Timeline(ids, files=files)


def slow(dialect: str, seconds: int) -> Timeline:
    """Return a timeline whose second revision has a long statement."""
    return line(_PACE.format(seconds), _LONG.format(_SLOW[dialect]))


def is_slow(engine: sa.Engine) -> bool:
    """Tell whether the long statement runs."""
    with engine.connect() as connection:
        if engine.dialect.name != 'sqlite':
            return bool(connection.scalar(sa.text(_SLEEPERS[engine.dialect.name])))
        try:
            connection.exec_driver_sql('PRAGMA busy_timeout = 0')
            connection.exec_driver_sql('BEGIN IMMEDIATE')
        except sa.exc.OperationalError:
            return True
        connection.rollback()
        return False


REFERENCE = Timeline(
    sorted(path.name[:3] for folder in reference.SERVICE.folders()
           for path in folder.glob('[0-9]*.py')),
    rows={
        '002': samples.DEFINITIONS,
        '003': samples.EXECUTIONS,
        '004': samples.TRIGGERS,
        '005': samples.CLUSTERS,
        '016': [('health_checks', {
            'id': 'h1', 'verification_id': 'k0', 'name': 'disk', 'status': 'GREEN'})],
    })
COUNTING = line(*_BODIES)

# Runs of several revisions each, and all of them in one run.
REFERENCE_SAMPLE = Timeline(['004', '009', '012', '020'], rows={'009': samples.EVERYTHING})
COUNTING_SAMPLE = dataclasses.replace(COUNTING, revisions=['002', '004', '006'])
COUNTING_AT_ONCE = dataclasses.replace(COUNTING, revisions=['head'])
