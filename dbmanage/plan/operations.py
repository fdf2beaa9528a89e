# SPDX-License-Identifier: Apache-2.0
"""What a statement does, in plain words, from the construct that it is."""

from __future__ import annotations

import dataclasses
import functools
import re
from collections.abc import Iterable
from typing import Any

import sqlalchemy
from alembic.ddl import base
from alembic.ddl import mysql
from sqlalchemy import schema

from dbmanage import words
from dbmanage.plan import alterations
from dbmanage.plan import columns

_SHOWN = 80  # characters of a statement that was written by hand
_KINDS: tuple[tuple[type[schema.Constraint], str], ...] = (
    (schema.PrimaryKeyConstraint, 'primary key'), (schema.UniqueConstraint, 'unique'),
    (schema.ForeignKeyConstraint, 'foreign key'), (schema.CheckConstraint, 'check'),
    (schema.Constraint, 'constraint'))


@dataclasses.dataclass(frozen=True)
class Operation:
    """What a statement, or some that belong together, does.

    ``tables`` are those that it locks, its own first.
    """

    words: str
    tables: tuple[columns.Name, ...]
    actions: tuple[alterations.Action, ...]
    sql: tuple[str, ...] = ()


@functools.singledispatch
def of(construct: Any, tables: columns.Tables) -> Operation | None:
    """Return what a construct does; let ``tables`` be as it leaves them.

    None for one that reads.
    """
    verb = re.sub(r'(?<=[a-z])(?=[A-Z])', ' ', type(construct).__name__).lower()
    element = getattr(construct, 'element', None)  # of a schema its name
    name = element if isinstance(element, str) else getattr(element, 'name', None)
    return _operation(f'{verb} {name or ""}'.strip(), verb)


@of.register(sqlalchemy.Select)
def _(construct: Any, tables: columns.Tables) -> None:
    return None


@of.register(sqlalchemy.TextClause)
def _(construct: Any, tables: columns.Tables) -> Operation:
    return _written(construct.text)


@of.register(sqlalchemy.DDL)
def _(construct: Any, tables: columns.Tables) -> Operation:
    return _written(construct.statement)


@of.register(sqlalchemy.Insert)
def _(construct: Any, tables: columns.Tables) -> Operation:
    return _operation(f'insert into {shown(named(construct.table))}', 'insert', construct.table)


@of.register(sqlalchemy.Update)
def _(construct: Any, tables: columns.Tables) -> Operation:
    return _operation(f'update {shown(named(construct.table))}', 'update', construct.table)


@of.register(sqlalchemy.Delete)
def _(construct: Any, tables: columns.Tables) -> Operation:
    return _operation(f'delete from {shown(named(construct.table))}', 'delete', construct.table)


@of.register(schema.CreateTable)
def _(construct: Any, tables: columns.Tables) -> Operation:
    table = construct.element
    tables.create(named(table), map(columns.Column.of, table.columns))
    tables.keys.add(table.foreign_key_constraints)
    names = ', '.join(column.name for column in table.columns)
    return _operation(f'create table {shown(named(table))} ({names})', 'create table', table, table,
                      _referred(table.foreign_key_constraints))


@of.register(schema.DropTable)
def _(construct: Any, tables: columns.Tables) -> Operation:
    table = construct.element
    tables.drop(named(table))
    others = tables.keys.drop(named(table))
    return _operation(f'drop table {shown(named(table))}', 'drop table', table, None, others)


@of.register(base.RenameTable)
def _(construct: Any, tables: columns.Tables) -> Operation:
    old, new = _altered(construct), (construct.schema, str(construct.new_table_name))
    tables.rename(old, new)
    return Operation(f'rename table {shown(old)} to {new[1]}', (new,),
                     (alterations.Action('rename table'),))


@of.register(base.AddColumn)
def _(construct: Any, tables: columns.Tables) -> Operation:
    table, column = _altered(construct), construct.column
    tables.put(table, columns.Column.of(column))
    return Operation(
        f'add column {shown(table)}.{column.name} ({words.column(column, tables.dialect)})',
        (table,), (alterations.Action('add column', column),))


@of.register(base.DropColumn)
def _(construct: Any, tables: columns.Tables) -> Operation:
    table, name = _altered(construct), str(construct.column.name)
    old = tables.remove(table, name)
    return Operation(f'drop column {shown(table)}.{name}',
                     (table, *tables.keys.drop(table, column=name)),
                     (alterations.Action('drop column', old=old),))


@of.register(base.ColumnComment)
def _(construct: Any, tables: columns.Tables) -> Operation:
    table = _altered(construct)
    return Operation(f'comment on column {shown(table)}.{construct.column_name}', (table,),
                     (alterations.Action('comment'),))


@of.register(base.AlterColumn)
@of.register(mysql.MySQLAlterDefault)
def _(construct: Any, tables: columns.Tables) -> Operation:
    table, name = _altered(construct), str(construct.column_name)
    before = tables.column(table, name) or columns.Column(
        name, getattr(construct, 'existing_type', None),
        getattr(construct, 'existing_nullable', None))
    after = alterations.after(construct, before)
    using = bool(getattr(construct, 'using', None))
    found = tuple(alterations.actions(before, after, tables.dialect, using))
    is_typed = any(action.name == 'set type' for action in found)
    others = tables.keys.beyond(table, name) if is_typed else []
    tables.replace(table, name, after)
    said = ', '.join(alterations.said(action, tables.dialect) for action in found)
    verb = f'alter column {shown(table)}.{name}: '
    if [action.name for action in found] == ['rename column']:
        verb, said = f'rename column {shown(table)}.{name} to ', after.name
    return Operation(f'{verb}{said or "as it is"}', (table, *others),
                     found or (alterations.Action('set default'),))


@of.register(schema.CreateIndex)
def _(construct: Any, tables: columns.Tables) -> Operation:
    index = construct.element
    return _operation(f'create index {index.name} on {shown(named(index.table))} '
                      f'{words.index(index, tables.dialect)}', 'create index', index.table, index)


@of.register(schema.DropIndex)
def _(construct: Any, tables: columns.Tables) -> Operation:
    index = construct.element
    if index.table is None or index.table.name == 'no_table':  # Alembic's, where none is named
        return _operation(f'drop index {index.name}', 'drop index', None, index)
    return _operation(f'drop index {index.name} of {shown(named(index.table))}',
                      'drop index', index.table, index)


@of.register(schema.AddConstraint)
def _(construct: Any, tables: columns.Tables) -> Operation:
    constraint = construct.element
    keys = [constraint] if isinstance(constraint, schema.ForeignKeyConstraint) else []
    tables.keys.add(keys)
    return _operation(
        f'add {constraint_words(constraint, tables.dialect)} to {shown(named(constraint.table))}',
        f'add {kind(constraint)}', constraint.table, constraint, _referred(keys))


@of.register(schema.DropConstraint)
def _(construct: Any, tables: columns.Tables) -> Operation:
    constraint = construct.element
    return _operation(
        f'drop {kind(constraint)} {constraint.name} of {shown(named(constraint.table))}',
        'drop constraint', constraint.table, constraint,
        tables.keys.drop(named(constraint.table), name=constraint.name))


@of.register(schema.SetTableComment)
@of.register(schema.DropTableComment)
def _(construct: Any, tables: columns.Tables) -> Operation:
    table = construct.element
    return _operation(f'comment on table {shown(named(table))}', 'comment', table)


@of.register(schema.SetColumnComment)
@of.register(schema.DropColumnComment)
def _(construct: Any, tables: columns.Tables) -> Operation:
    table = construct.element.table
    return _operation(f'comment on column {shown(named(table))}.{construct.element.name}',
                      'comment', table)


def named(table: Any) -> columns.Name:
    """Return the schema and the name of a table."""
    return getattr(table, 'schema', None), str(table.name)


def shown(table: columns.Name) -> str:
    """Return the name of a table as people write it."""
    return '.'.join(part for part in table if part)


def kind(constraint: schema.Constraint) -> str:
    """Return what a constraint is called."""
    return next(word for class_, word in _KINDS if isinstance(constraint, class_))


def constraint_words(constraint: Any, dialect: sqlalchemy.Dialect) -> str:
    """Return what a constraint is, and what it demands."""
    name = f' {constraint.name}' if isinstance(constraint.name, str) else ''
    return f'{kind(constraint)}{name} {words.constraint(constraint, dialect)}'


def _operation(
    said: str, action: str, table: Any = None, new: Any = None,
    others: Iterable[columns.Name] = (),
) -> Operation:
    own = () if table is None else (named(table),)
    return Operation(said, (*own, *others), (alterations.Action(action, new),))


def _written(text: str) -> Operation:
    """Return what is known of a statement that was written by hand: its text."""
    line = ' '.join(text.split())
    shown_text = line if len(line) <= _SHOWN else f'{line[:_SHOWN]} ...'
    return Operation(f'run {shown_text}', (), (alterations.Action('text', text),))


def _altered(construct: Any) -> columns.Name:
    return construct.schema, str(construct.table_name)


def _referred(keys: Iterable[Any]) -> list[columns.Name]:
    """Return the other tables that foreign keys lead to."""
    found = {element.target_fullname.rpartition('.')[0] for key in keys
             for element in key.elements} - {shown(named(key.table)) for key in keys}
    places = [name.rpartition('.') for name in sorted(found)]
    return [(schema_name or None, table) for schema_name, _, table in places]
