# SPDX-License-Identifier: Apache-2.0
"""The statements of an unfinished revision, where DDL cannot be rolled back.

A row costs a round trip and no commit, see ``recorder``. The rows go in the
transaction that records the revision.
"""

from __future__ import annotations

import dataclasses

import sqlalchemy

_LONG = sqlalchemy.Text().with_variant(sqlalchemy.Text(1 << 24), 'mysql')
ANY = ''  # the hash of a statement that a person has marked done


def table(schema: str | None, name: str) -> sqlalchemy.Table:
    """Return the table of the journal; it is empty between two revisions."""
    return sqlalchemy.Table(
        name, sqlalchemy.MetaData(schema=schema),
        sqlalchemy.Column('revision', sqlalchemy.String(32), primary_key=True),
        sqlalchemy.Column('number', sqlalchemy.Integer, primary_key=True, autoincrement=False),
        sqlalchemy.Column('fingerprint', sqlalchemy.String(64), nullable=False),
        sqlalchemy.Column('hash', sqlalchemy.String(64), nullable=False),
        sqlalchemy.Column('before', sqlalchemy.String(64), nullable=False),
        sqlalchemy.Column('reads', sqlalchemy.String(64), nullable=False),
        sqlalchemy.Column('answer', sqlalchemy.String(64), nullable=False),
        sqlalchemy.Column('answers', _LONG, nullable=False),
        sqlalchemy.Column('statement', _LONG, nullable=False),
        sqlalchemy.Column('done', sqlalchemy.Boolean, nullable=False),
        sqlalchemy.Column('runner', sqlalchemy.String(255), nullable=False),
        sqlalchemy.Column('connection', sqlalchemy.BigInteger, nullable=False),
        sqlalchemy.Column('started', sqlalchemy.DateTime, nullable=False),
        mysql_engine='InnoDB', mysql_default_charset='utf8mb4')


@dataclasses.dataclass(frozen=True)
class Entry:
    """A statement of the journal; ``number`` counts from 1.

    ``before`` is the hash of the table that a DDL alters, '' if there is none;
    ``reads`` that of what the revision had read, '' if it does not count; ``answers``
    are what was read since the statement before.
    """

    revision: str
    number: int
    fingerprint: str
    hash: str
    before: str
    statement: str
    done: bool
    runner: str
    reads: str = ''
    answer: str = ''
    answers: str = ''


def read(connection: sqlalchemy.Connection, journal: sqlalchemy.Table) -> list[Entry]:
    """Return the entries, in order; none where there is no journal.

    All but the last of a revision were done, or the next had not begun.
    """
    if not sqlalchemy.inspect(connection).has_table(journal.name, schema=journal.schema):
        return []
    rows = connection.execute(
        journal.select().order_by(journal.c.revision, journal.c.number)).mappings().all()
    last = {row['revision']: row['number'] for row in rows}
    names = [field.name for field in dataclasses.fields(Entry)]
    return [Entry(**{name: row[name] for name in names}
                  | {'done': row['done'] or row['number'] < last[row['revision']]})
            for row in rows]


def mark_done(connection: sqlalchemy.Connection, journal: sqlalchemy.Table, entry: Entry) -> None:
    """Let a statement be skipped by the next run, even if it is another one."""
    connection.execute(journal.update().where(
        journal.c.revision == entry.revision, journal.c.number == entry.number,
    ).values(done=True, hash=ANY))
    _disregard_reads(connection, journal, entry.revision)


def forget(connection: sqlalchemy.Connection, journal: sqlalchemy.Table, entry: Entry) -> None:
    """Let a statement, and those that follow it, be run by the next run."""
    connection.execute(journal.delete().where(
        journal.c.revision == entry.revision, journal.c.number >= entry.number))
    _disregard_reads(connection, journal, entry.revision)


def accept(connection: sqlalchemy.Connection, journal: sqlalchemy.Table, revision: str,
           fingerprint: str) -> None:
    """Let a revision be resumed by other code; by the same, with other rows."""
    connection.execute(journal.update().where(
        journal.c.revision == revision, journal.c.fingerprint == fingerprint).values(answers=''))
    connection.execute(journal.update().where(
        journal.c.revision == revision).values(fingerprint=fingerprint))
    _disregard_reads(connection, journal, revision)


def _disregard_reads(
    connection: sqlalchemy.Connection, journal: sqlalchemy.Table, revision: str,
) -> None:
    """Let what a revision reads be other than before: a person has looked."""
    connection.execute(journal.update().where(journal.c.revision == revision).values(reads=''))
