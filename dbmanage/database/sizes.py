# SPDX-License-Identifier: Apache-2.0
"""How large tables are, as the catalog says: nothing is counted."""

from __future__ import annotations

import dataclasses

import sqlalchemy

# A partitioned table has its rows in its partitions, and a table that was
# never analyzed has -1: https://www.postgresql.org/docs/current/catalog-pg-class.html
# https://mariadb.com/kb/en/information-schema-tables-table/ says how exact it is.
_SIZES = {
    'postgresql': sqlalchemy.text(
        'WITH RECURSIVE part (oid) AS (SELECT to_regclass(:quoted)::oid UNION ALL'
        ' SELECT i.inhrelid FROM pg_inherits i JOIN part ON i.inhparent = part.oid)'
        ' SELECT CASE WHEN min(c.reltuples) >= 0 THEN sum(c.reltuples)::bigint END,'
        ' sum(pg_total_relation_size(c.oid))::bigint'
        " FROM part JOIN pg_class c USING (oid) WHERE c.relkind <> 'p'"),
    'mysql': sqlalchemy.text(
        'SELECT table_rows, data_length + index_length FROM information_schema.tables'
        ' WHERE table_schema = coalesce(:schema, database()) AND table_name = :name'),
}
_ANALYZED = sqlalchemy.text("SELECT stat FROM sqlite_stat1 WHERE tbl = :name LIMIT 1")


@dataclasses.dataclass(frozen=True)
class Size:
    """About how many rows a table has, and how many bytes with its indexes.

    None is what the catalog does not know. SQLite would have to read the
    table to know its bytes, and knows the rows since the last ANALYZE.
    """

    rows: int | None = None
    bytes: int | None = None


def of(connection: sqlalchemy.Connection, schema: str | None, name: str) -> Size | None:
    """Return the size of a table; None if there is no such table."""
    if not sqlalchemy.inspect(connection).has_table(name, schema=schema):
        return None
    if connection.dialect.name == 'sqlite':
        return _analyzed(connection, name)
    quoted = connection.dialect.identifier_preparer.format_table(
        sqlalchemy.table(name, schema=schema))
    row = connection.execute(_SIZES[connection.dialect.name], {
        'schema': schema, 'name': name, 'quoted': quoted}).one()
    return Size(*(None if value is None else int(value) for value in row))


def _analyzed(connection: sqlalchemy.Connection, name: str) -> Size:
    if not sqlalchemy.inspect(connection).has_table('sqlite_stat1'):
        return Size()
    found = connection.scalar(_ANALYZED, {'name': name})
    return Size(int(found.split()[0]) if found else None)
