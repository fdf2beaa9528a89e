# SPDX-License-Identifier: Apache-2.0
"""What a database holds, to be compared with another one."""

import collections
from collections.abc import Collection
from collections.abc import Iterator
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

# What the runner keeps beside the version table; no schema of a service.
OWN_TABLES = ('alembic_version_journal', 'alembic_version_lease')


def snapshot(engine: sa.Engine, without: Collection[str] = OWN_TABLES) -> dict[str, Any]:
    """Return the schema of a database, to be compared with another's."""
    with engine.connect() as connection:
        return _snapshot(sa.inspect(connection), without)


def rows(
    engine: sa.Engine, without: Collection[str] = OWN_TABLES, unlike: Collection[str] = (),
) -> dict[str, list[tuple[Any, ...]]]:
    """Return the rows of all tables, sorted, without the columns that are ``unlike``."""
    with engine.connect() as connection:
        tables = sorted(set(sa.inspect(connection).get_table_names()) - set(without))
        return {table: _rows(connection, table, unlike) for table in tables}


def lines(schema: Mapping[str, Any], found: Mapping[str, list[tuple[Any, ...]]]) -> Iterator[str]:
    """Give a line for each thing in a schema, and in its rows."""
    for table, parts in schema['tables'].items():
        for what, part in parts.items():
            yield from _named(f'{table}, {what}', part)
    for what in schema.keys() - {'tables'}:
        yield from _named(what, schema[what])
    for table, its_rows in found.items():
        times = collections.Counter(map(repr, its_rows))
        yield from (f'{table}, rows: {number} of {row}' for row, number in times.items())


def _named(name: str, part: Any) -> Iterator[str]:
    things = part.items() if isinstance(part, dict) else part if isinstance(part, list) else [part]
    for number, thing in enumerate(things, 1):
        # Columns have an order.
        yield f'{name} {number}: {thing}' if name.endswith('columns') else f'{name}: {thing}'


def _rows(
    connection: sa.Connection, table: str, unlike: Collection[str],
) -> list[tuple[Any, ...]]:
    found = connection.execute(sa.select(sa.text('*')).select_from(sa.table(table)))
    kept = [number for number, name in enumerate(found.keys()) if f'{table}.{name}' not in unlike]
    return sorted((tuple(row[number] for number in kept) for row in found), key=repr)


def _snapshot(inspector: Any, without: Collection[str]) -> dict[str, Any]:
    views = sorted(inspector.get_view_names())
    schema: dict[str, Any] = {
        'tables': _tables(inspector, without),
        'views': {view: inspector.get_view_definition(view) for view in views},
    }
    if inspector.dialect.name == 'postgresql':
        schema['enums'] = _sorted(inspector.get_enums())
        schema['sequences'] = sorted(inspector.get_sequence_names())
    return schema


def _tables(inspector: Any, without: Collection[str]) -> dict[str, dict[str, Any]]:
    dialect = inspector.dialect
    # All tables at once: PostgreSQL has an answer for each question, not for each table.
    found = {
        'columns': inspector.get_multi_columns(),
        'primary key': inspector.get_multi_pk_constraint(),
        'foreign keys': inspector.get_multi_foreign_keys(),
        'unique constraints': inspector.get_multi_unique_constraints(),
        'indexes': inspector.get_multi_indexes(),
        'checks': inspector.get_multi_check_constraints(),
        'options': inspector.get_multi_table_options() if dialect.name == 'mysql' else {},
        'comment': inspector.get_multi_table_comment() if dialect.supports_comments else {},
    }
    for columns in found['columns'].values():
        for column in columns:
            column['type'] = f'{column["type"]!r} {column["type"].compile(dialect)}'
    keys = sorted(key for key in found['columns'] if key[1] not in without)
    return {key[1]: {what: _settled(answers.get(key)) for what, answers in found.items()}
            for key in keys}


def _settled(found: Any) -> Any:
    """Return what was found, in an order that does not change; columns have theirs."""
    if isinstance(found, list) and not (found and 'nullable' in found[0]):
        return _sorted(found)
    return found


def _sorted(found: Any) -> list[Any]:
    return sorted(found, key=repr)
