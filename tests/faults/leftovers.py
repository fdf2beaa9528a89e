# SPDX-License-Identifier: Apache-2.0
"""What a run must not leave behind: locks, sessions, settings, half indexes."""

import time

import sqlalchemy as sa

from dbmanage import reference
from dbmanage.database import tables

OWN = tables.Tables.of(reference.SERVICE)

_PATIENCE = 5.0  # seconds that a server may need to see that a client is gone
_QUERIES = {
    'sqlite': "SELECT 'table ' || name FROM sqlite_master WHERE substr(name, 1, 8) = '_alembic'",
    'postgresql': """
        SELECT 'advisory lock of ' || pid FROM pg_locks JOIN pg_database d ON d.oid = database
        WHERE locktype = 'advisory' AND datname = current_database()
        UNION ALL
        SELECT 'invalid index ' || indexrelid::regclass FROM pg_index WHERE NOT indisvalid
        UNION ALL
        SELECT state || ': ' || query FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid() AND state <> 'idle'
        UNION ALL
        SELECT 'leaked ' || name FROM pg_settings
        WHERE name IN ('idle_in_transaction_session_timeout', 'lock_timeout', 'statement_timeout')
        AND setting <> reset_val
        """,
    'mysql': """
        SELECT CONCAT('session: ', COALESCE(info, 'idle')) FROM information_schema.processlist
        WHERE db = DATABASE() AND id <> CONNECTION_ID()
        """,
}


def find(engine: sa.Engine, lease: bool = True, journal: bool = True) -> list[str]:
    """Return what is left over, once the server has tidied up by itself.

    A ``lease`` is left over if a run could have given it back, the rows of the
    ``journal`` if the revision is finished.
    """
    deadline = time.monotonic() + _PATIENCE
    while found := _find(engine, lease, journal):
        if time.monotonic() > deadline:
            return found
        time.sleep(0.02)
    return []


def _find(engine: sa.Engine, lease: bool, journal: bool) -> list[str]:
    questions = [_QUERIES[engine.dialect.name]]
    names = sa.inspect(engine).get_table_names()
    if journal and OWN.journal in names:
        questions.append(f'SELECT revision FROM {OWN.journal}')
    if lease and OWN.lease in names:
        questions.append(f'SELECT owner FROM {OWN.lease} WHERE owner IS NOT NULL')
    with engine.connect() as connection:
        return [str(row[0]) for question in questions
                for row in connection.exec_driver_sql(question.replace('%', '%%'))]
