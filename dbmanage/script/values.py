# SPDX-License-Identifier: Apache-2.0
"""Values in a script: what the driver would send with an online run."""

from __future__ import annotations

import decimal
from typing import Any

import sqlalchemy
from sqlalchemy import exc
from sqlalchemy.engine import interfaces
from sqlalchemy.sql import compiler

from dbmanage.script import clients

_CASTS = interfaces.BindTyping.RENDER_CASTS
# Alembic writes four spaces for a tab. This is no character, so no text has it.
_TAB = '\ufdd0'


class _Statement(compiler.SQLCompiler):
    """A compiler of statements, before that of a dialect."""

    client: clients.Client

    def __str__(self) -> str:
        # Alembic asks for it last: whatever has no value by now gets none.
        for name in [*self.bind_names.values(), *self.prefetch]:
            raise clients.Unwritten(
                f'there is no value for {name}; a default that Python computes is none')
        return super().__str__()

    def render_literal_value(self, value: Any, type_: Any) -> str:
        """Return the literal of what the type makes of a value."""
        impl = type_.dialect_impl(self.dialect)
        bound = _bound(value, impl, self.dialect)
        found: Any = self.client.literal(bound)
        if found is None and isinstance(bound, float | decimal.Decimal):
            raise clients.Unwritten(f'there is no literal for {bound}')
        if found is None:
            return _keep_tabs(self._literal(value, type_))
        if impl.render_bind_cast and self.dialect.bind_typing is _CASTS:
            found = self.render_bind_cast(type_, impl, found)  # type: ignore[no-untyped-call]
        return _keep_tabs(found)

    def _literal(self, value: Any, type_: Any) -> str:
        try:
            return super().render_literal_value(value, type_)
        except exc.CompileError as e:
            raise clients.Unwritten(str(e.args[0])) from e

    def render_literal_bindparam(self, bindparam: Any, *args: Any, **kw: Any) -> str:
        """Let the type see that a value is None: JSON has a null of its own."""
        if bindparam.required:
            raise exc.CompileError(f'there is no value for :{bindparam.key}')
        if bindparam.value is None and bindparam.type.should_evaluate_none:
            kw['render_literal_value'] = None
        parent: Any = super()
        return parent.render_literal_bindparam(bindparam, *args, **kw)

    def visit_textclause(self, *args: Any, **kw: Any) -> str:
        """Return SQL that was written by hand."""
        parent: Any = super()
        return _keep_tabs(parent.visit_textclause(*args, **kw))


class _Definition(compiler.DDLCompiler):
    """A compiler of DDL, before that of a dialect."""

    def visit_ddl(self, *args: Any, **kw: Any) -> str:
        """Return DDL that was written by hand."""
        parent: Any = super()
        return _keep_tabs(parent.visit_ddl(*args, **kw))


def write_out(dialect: sqlalchemy.Dialect, client: clients.Client) -> None:
    """Let a dialect write each value out, and no RETURNING that nobody reads."""
    dialect.statement_compiler = type(
        'Statement', (_Statement, dialect.statement_compiler), {'client': client})
    dialect.ddl_compiler = type('Definition', (_Definition, dialect.ddl_compiler), {})
    # As where MariaDB 10.7 or newer is connected to.
    dialect.supports_native_uuid |= sqlalchemy.Uuid in dialect.colspecs
    dialect.insert_returning = dialect.update_returning = dialect.delete_returning = False


def with_tabs(text: str) -> str:
    """Return a text that went through Alembic as it was."""
    return text.replace(_TAB, '\t')


def _keep_tabs(text: str) -> str:
    return text.replace('\t', _TAB)


def _bound(value: Any, impl: Any, dialect: sqlalchemy.Dialect) -> Any:
    if value is None and not impl.should_evaluate_none:
        return None
    bind = impl.bind_processor(dialect)
    return bind(value) if bind else value
