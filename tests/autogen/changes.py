# SPDX-License-Identifier: Apache-2.0
"""Tables that are one thing in a database, and another in the models."""

import sqlalchemy as sa
from sqlalchemy.dialects import mysql

STRING, INTEGER, NUMERIC = sa.String(80), sa.Integer(), sa.Numeric(10, 2)
NATIONAL = sa.NVARCHAR(80).with_variant(STRING, 'postgresql')
BYTES = [sa.BINARY(size).with_variant(sa.LargeBinary, 'postgresql') for size in (16, 32)]
UNLIMITED = sa.String().with_variant(STRING, 'mysql')
BIT = INTEGER.with_variant(mysql.BIT(1), 'mysql')


class Change:
    """A table in the database and in the models, and the kinds of difference."""

    def __init__(self, database, models, *kinds, **by_database):
        self._sides = (database, models)
        self._kinds = kinds
        self._by_database = by_database

    def kinds(self, database):
        """Return the kinds that are found on a database."""
        return self._by_database.get(database, self._kinds)

    def table(self, name, metadata, side):
        """Make the table as it is on a side: 0 is the database, 1 the models."""
        if self._sides[side] is not None:
            sa.Table(name, metadata, sa.Column('id', sa.Integer, primary_key=True),
                     *self._sides[side]())


def make(metadata, side):
    """Make all tables as they are on a side."""
    sa.Table('parents', metadata, sa.Column('id', sa.Integer, primary_key=True))
    for name, change in CHANGES.items():
        change.table(name, metadata, side)


def many(*words):
    """Return an array of an enum, where there are arrays."""
    return sa.JSON().with_variant(sa.ARRAY(sa.Enum(*words, name='kind_4')), 'postgresql')


def variant(*words):
    """Return an enum of some databases."""
    return STRING.with_variant(sa.Enum(*words, name='kind_5'), 'postgresql', 'mysql')


def _column(*arguments, **options):
    return lambda: [sa.Column('c', *arguments, **options)]


def _columns(constraint=None, *arguments, **options):
    """Return two columns, and perhaps a constraint or an index."""
    return lambda: [sa.Column('c', sa.Integer), sa.Column('d', sa.Integer), *(
        [] if constraint is None else [constraint(*arguments, **options)])]


def _computed(expression):
    return lambda: [sa.Column('c', sa.Integer), sa.Column(
        'd', sa.Integer, sa.Computed(expression, persisted=True))]


def _key(name, **options):
    return _columns(sa.ForeignKeyConstraint, ['c'], ['parents.id'], name=name, **options)


def _default(type_, *defaults):
    return [_column(type_, server_default=default) for default in defaults]


CHANGES = {
    'table_extra': Change(_column(INTEGER, index=True), None, 'extra_table'),
    'table_missing': Change(None, _column(INTEGER, index=True), 'missing_table'),
    'column_extra': Change(_columns(), _column(INTEGER), 'extra_column'),
    'column_missing': Change(_column(INTEGER), _columns(), 'missing_column'),
    'null': Change(_column(STRING, nullable=False), _column(STRING), 'changed_nullable'),
    'not_null': Change(_column(STRING), _column(STRING, nullable=False), 'changed_nullable'),
    'longer': Change(_column(sa.String(40)), _column(STRING), 'changed_type'),
    'shorter_text': Change(_column(sa.Text()), _column(STRING), 'changed_type'),
    'bigger': Change(_column(INTEGER), _column(sa.BigInteger()), 'changed_type'),
    'number': Change(_column(STRING), _column(INTEGER), 'changed_type'),
    'precision': Change(_column(NUMERIC), _column(sa.Numeric(10, 3)), 'changed_type'),
    # PostgreSQL's FLOAT is a double.
    'double': Change(_column(sa.Float()), _column(sa.Double()), 'changed_type', postgresql=()),
    'real': Change(_column(sa.Float()), _column(sa.REAL()), 'changed_type'),
    'national': Change(_column(STRING), _column(NATIONAL), 'changed_type', postgresql=()),
    'byte_length': Change(_column(BYTES[0]), _column(BYTES[1]), 'changed_type', postgresql=()),
    'truth': Change(_column(INTEGER), _column(sa.Boolean()), 'changed_type'),
    'day': Change(_column(sa.DateTime()), _column(sa.Date()), 'changed_type'),
    'bytes': Change(_column(sa.Text()), _column(sa.LargeBinary()), 'changed_type'),
    # On SQLite the word is what is kept, whatever the words are.
    'words': Change(_column(sa.Enum('a', 'b', name='kind_1')),
                    _column(sa.Enum('a', 'c', name='kind_1')), 'changed_type', sqlite=()),
    'more_words': Change(_column(sa.Enum('a', 'b', name='kind_2')),
                         _column(sa.Enum('a', 'b', 'cc', name='kind_2')), 'changed_type'),
    'words_of_many': Change(_column(many('a', 'b')), _column(many('a', 'c')),
                            postgresql=('changed_type',)),
    'words_of_variant': Change(_column(variant('a', 'b')), _column(variant('a', 'c')),
                               'changed_type', sqlite=()),
    'unlimited': Change(_column(STRING), _column(UNLIMITED), 'changed_type', mariadb=()),
    'limited': Change(_column(UNLIMITED), _column(STRING), 'changed_type', mariadb=()),
    'any_number': Change(_column(NUMERIC), _column(sa.Numeric()), 'changed_type'),
    'a_number': Change(_column(sa.Numeric()), _column(NUMERIC), 'changed_type'),
    'default': Change(*_default(STRING, 'a', 'b'), 'changed_default'),
    'default_case': Change(*_default(STRING, 'a', 'A'), 'changed_default'),
    'default_empty': Change(*_default(STRING, '', 'a'), 'changed_default'),
    'default_quote': Change(*_default(STRING, "it's", 'its'), 'changed_default'),
    'default_quote_alone': Change(*_default(STRING, '', "'"), 'changed_default'),
    'default_quoted': Change(*_default(STRING, 'a', "'a'"), 'changed_default'),
    'default_extra': Change(*_default(STRING, 'a', None), 'changed_default'),
    'default_missing': Change(*_default(STRING, None, ''), 'changed_default'),
    'default_number': Change(*_default(INTEGER, '1', '10'), 'changed_default'),
    'default_numeric': Change(*_default(NUMERIC, '1.50', '1.05'), 'changed_default'),
    'default_truth': Change(*_default(sa.Boolean(), sa.true(), sa.false()), 'changed_default'),
    'default_digit': Change(*_default(sa.Boolean(), '0', '1'), 'changed_default'),
    'default_word': Change(*_default(sa.Enum('a', 'b', name='kind_3'), 'a', 'b'),
                           'changed_default'),
    'default_json': Change(*_default(sa.JSON(), '{}', '[]'), 'changed_default'),
    'default_day': Change(*_default(sa.DateTime(), '2020-01-01 00:00:00', '2021-01-01 00:00:00'),
                          'changed_default'),
    'default_now': Change(*_default(sa.DateTime(), None, sa.func.now()), 'changed_default'),
    'default_then': Change(*_default(sa.DateTime(), sa.func.now(), '2021-01-01 00:00:00'),
                           'changed_default'),
    'default_time': Change(*_default(sa.DateTime(), '2020-01-01', '2020-01-01 00:01:00'),
                           'changed_default'),
    # SQLite keeps what it was given.
    'default_midnight': Change(*_default(sa.DateTime(), '2020-01-01', '2020-01-01 00:00:00'),
                               sqlite=('changed_default',)),
    'default_backslash': Change(*_default(STRING, 'a\\b', r'a\\b'), 'changed_default'),
    'default_escape': Change(*_default(STRING, r'a\n', 'a\n'), 'changed_default'),
    'default_exponent': Change(*_default(sa.Float(), '1e3', '1e2'), 'changed_default'),
    'default_bit': Change(*_default(BIT, sa.text('0'), sa.text('1')), 'changed_default'),
    'default_function': Change(*_default(STRING, sa.func.lower('ABC'), sa.func.upper('ABC')),
                               'changed_default'),
    # PostgreSQL is asked what they are.
    'default_argument': Change(*_default(STRING, sa.func.lower('ABC'), sa.func.lower('abc')),
                               'changed_default', postgresql=()),
    'default_function_extra': Change(*_default(STRING, sa.func.lower('ABC'), None),
                                     'changed_default'),
    'computed': Change(_computed('c + 1'), _computed('c + 2'), 'changed_computed'),
    # SQLite keeps no comments.
    'comment': Change(_column(INTEGER, comment='a'), _column(INTEGER, comment='b'),
                      'changed_comment', sqlite=()),
    'index_extra': Change(_columns(sa.Index, 'ix_1', 'c'), _columns(), 'extra_index'),
    'index_missing': Change(_columns(), _columns(sa.Index, 'ix_2', 'c'), 'missing_index'),
    'index_columns': Change(_columns(sa.Index, 'ix_3', 'c', 'd'),
                            _columns(sa.Index, 'ix_3', 'd', 'c'), 'changed_index'),
    'index_unique': Change(_columns(sa.Index, 'ix_4', 'c'),
                           _columns(sa.Index, 'ix_4', 'c', unique=True), 'changed_index'),
    # Nobody else gives the order back.
    'index_order': Change(_columns(sa.Index, 'ix_5', 'c', 'd'),
                          _columns(sa.Index, 'ix_5', 'c', sa.desc('d')),
                          postgresql=('changed_index',)),
    'index_text': Change(_columns(sa.Index, 'ix_7', sa.text('c DESC')),
                         _columns(sa.Index, 'ix_7', sa.text('d DESC')), 'changed_index'),
    'index_descending': Change(_columns(sa.Index, 'ix_6', sa.desc('c')),
                               _columns(sa.Index, 'ix_6', sa.desc('d')), 'changed_index'),
    'unique_extra': Change(_columns(sa.UniqueConstraint, 'c', name='uq_1'), _columns(),
                           'extra_unique', mariadb=('extra_index',)),
    'unique_missing': Change(_columns(), _columns(sa.UniqueConstraint, 'c', name='uq_2'),
                             'missing_unique'),
    'unique_columns': Change(_columns(sa.UniqueConstraint, 'c', name='uq_3'),
                             _columns(sa.UniqueConstraint, 'c', 'd', name='uq_3'),
                             'changed_unique'),
    'unique_nameless': Change(_columns(), _columns(sa.UniqueConstraint, 'c'), 'missing_unique'),
    'key_extra': Change(_key('fk_1'), _columns(), 'extra_foreign_key'),
    'key_missing': Change(_columns(), _key('fk_2'), 'missing_foreign_key'),
    'key_delete': Change(_key('fk_3'), _key('fk_3', ondelete='CASCADE'), 'changed_foreign_key'),
    'key_update': Change(_key('fk_4', onupdate='CASCADE'), _key('fk_4', onupdate='SET NULL'),
                         'changed_foreign_key'),
    'check_extra': Change(_columns(sa.CheckConstraint, 'c > 0', name='ck_1'), _columns(),
                          'extra_check'),
    'check_missing': Change(_columns(), _columns(sa.CheckConstraint, 'c > 0', name='ck_2'),
                            'missing_check'),
    'primary_key': Change(_column(INTEGER, nullable=False), _column(INTEGER, primary_key=True),
                          'changed_primary_key'),
}
