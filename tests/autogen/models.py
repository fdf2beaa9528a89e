# SPDX-License-Identifier: Apache-2.0
"""A model with every type, default, constraint and index that services use."""

import sqlalchemy as sa
from sqlalchemy.dialects import mysql

LATER = {'onupdate': 'CASCADE', 'ondelete': 'SET NULL'}


class Document(sa.types.TypeDecorator):
    """A type of a service, which is another one on each database."""

    impl = sa.Text
    cache_ok = True

    def load_dialect_impl(self, dialect):
        """Return the type that is used."""
        return dialect.type_descriptor(
            mysql.LONGTEXT() if dialect.name == 'mysql' else sa.Text())


def make(metadata: sa.MetaData) -> None:
    """Add the tables; call it for a MetaData of each database's own."""
    for name, elements in _tables().items():
        sa.Table(name, metadata, *elements)


def _tables():
    return {
        'parents': [
            # SQLAlchemy lets it be, and every database makes it NOT NULL.
            sa.Column('id', sa.String(36), primary_key=True, nullable=True),
            sa.Column('a', sa.Integer), sa.Column('b', sa.Integer),
            sa.UniqueConstraint('a', 'b'), sa.Index('ix_parents_b_a', 'b', sa.desc('a'))],
        # A constraint that repeats the primary key.
        'unique_keys': [sa.Column('id', sa.String(36), primary_key=True, unique=True)],
        'double_keys': [
            sa.Column('a', sa.String(36), primary_key=True),
            sa.Column('b', sa.Integer, primary_key=True), sa.UniqueConstraint('b', 'a')],
        'children': [
            sa.Column('id', sa.BigInteger().with_variant(sa.Integer, 'sqlite'), primary_key=True),
            sa.Column('up', sa.BigInteger().with_variant(sa.Integer, 'sqlite'),
                      sa.ForeignKey('children.id')),
            sa.Column('cascades', sa.String(36), sa.ForeignKey('parents.id', ondelete='CASCADE')),
            sa.Column('restricts', sa.String(36), sa.ForeignKey('parents.id', ondelete='RESTRICT')),
            sa.Column('lets', sa.String(36), sa.ForeignKey('parents.id', ondelete='NO ACTION')),
            sa.Column('later', sa.String(36), sa.ForeignKey('parents.id', **LATER), index=True),
            sa.Column('a', sa.Integer), sa.Column('b', sa.Integer),
            sa.ForeignKeyConstraint(['a', 'b'], ['parents.a', 'parents.b'], name='fk_a_b')],
        'numbers': list(_numbers()), 'texts': list(_texts()), 'times': list(_times()),
        'rules': list(_rules()),
    }


def _numbers():
    for name, default in (('zero', '0'), ('one', '1'), ('false', sa.false()), ('true', sa.true()),
                          ('text', sa.text('false'))):
        yield sa.Column(f'boolean_{name}', sa.Boolean, nullable=False, server_default=default)
    yield sa.Column('boolean', sa.Boolean)
    for type_ in (sa.Integer, sa.BigInteger, sa.SmallInteger, sa.Float, sa.Double):
        name = type_.__name__
        yield sa.Column(name, type_)
        yield sa.Column(f'{name}_text', type_, server_default='0')
        yield sa.Column(f'{name}_sql', type_, server_default=sa.text('-1'))
        yield sa.Column(f'{name}_spaced', type_, server_default=' 1')
    for type_ in (sa.Float, sa.Double, sa.Numeric(10, 2)):
        name = type_.__visit_name__
        yield sa.Column(f'{name}_exponent', type_, server_default='1e3')
        yield sa.Column(f'{name}_no_zero', type_, server_default='.5')
    yield sa.Column('amount', sa.Integer)
    yield sa.Column('real', sa.REAL)
    yield sa.Column('bit', sa.Integer().with_variant(mysql.BIT(1), 'mysql'),
                    server_default=sa.text('0'))
    yield sa.Column('float24', sa.Float(24), server_default='1.0')
    yield sa.Column('float53', sa.Float(53))
    yield sa.Column('numeric', sa.Numeric(10, 2), server_default='0')
    for type_ in (sa.Numeric(), sa.Numeric(12), sa.DECIMAL(8, 2), sa.DECIMAL()):
        yield sa.Column(f'{type_.__visit_name__}_{type_.precision}', type_)
    yield sa.Column('numeric_half', sa.Numeric(10, 2), server_default='2.5')
    yield sa.Column('numeric_sql', sa.Numeric(10, 2), server_default=sa.text('2.50'))
    yield sa.Column('counted', sa.Integer, sa.Identity())
    yield sa.Column('computed', sa.Integer, sa.Computed('amount + 1', persisted=True))


def _texts():
    for name, default in (('empty', ''), ('word', 'x'), ('quote', "it's"), ('number', '0'),
                          ('percent', '100%'), ('percents', 'a%%s'), ('colon', 'http://:80/:x'),
                          ('percent_sql', sa.text("'1%'")), ('colon_sql', sa.text(r"'a \:b'")),
                          ('null', sa.null()), ('empty_sql', sa.text("''")),
                          ('word_sql', sa.text("'y'")), ('quote_alone', "'"), ('quoted', "'x'"),
                          ('backslash', 'a\\b'), ('escape', r'a\n'),
                          ('lines', "it's\r\n\tmore\n"), ('lower', sa.func.lower('ABC')),
                          ('upper', sa.func.upper('abc'))):
        yield sa.Column(f'string_{name}', sa.String(80), server_default=default)
    yield sa.Column('unicode', sa.Unicode(80), server_default='ü')
    yield sa.Column('char', sa.CHAR(36))
    yield sa.Column('nchar', sa.NCHAR(36))
    yield sa.Column('nvarchar', sa.NVARCHAR(80).with_variant(sa.String(80), 'postgresql'))
    for name, type_ in (('binary_fixed', sa.BINARY(16)), ('binary_varying', sa.VARBINARY(16))):
        yield sa.Column(name, type_.with_variant(sa.LargeBinary, 'postgresql'))
    yield sa.Column('enum', sa.Enum('a', "it's", name='kind'), server_default='a', nullable=False)
    yield sa.Column('enum_schema', sa.Enum(
        'a', 'b', name='kind_of').with_variant(sa.Enum('a', 'b', name='kind_of', schema='public'),
                                               'postgresql'))
    yield sa.Column('enums', sa.JSON().with_variant(
        sa.ARRAY(sa.Enum('a', 'b', name='kind_many')), 'postgresql'))
    yield sa.Column('unlimited', sa.String().with_variant(sa.String(80), 'mysql'))
    yield sa.Column('words', sa.Enum('a', 'bcd', native_enum=False))
    yield sa.Column('checked', sa.Enum(
        'a', 'b', name='ck_checked', native_enum=False, create_constraint=True))
    yield sa.Column('flag', sa.Boolean(name='ck_flag', create_constraint=True))
    yield sa.Column('json', sa.JSON)
    yield sa.Column('json_text', sa.JSON, server_default='{"a": 1}')
    yield sa.Column('json_sql', sa.JSON, server_default=sa.text("'[]'"))
    yield sa.Column('text', sa.Text)
    yield sa.Column('long', sa.Text().with_variant(mysql.LONGTEXT(), 'mysql', 'mariadb'))
    for length in (60, 20_000, 2**24):
        yield sa.Column(f'text{length}', sa.Text().with_variant(sa.Text(length), 'mysql'))
        yield sa.Column(f'binary{length}', sa.LargeBinary(length))
    yield sa.Column('blob', sa.LargeBinary().with_variant(mysql.LONGBLOB(), 'mysql', 'mariadb'))
    yield sa.Column('binary', sa.LargeBinary)
    yield sa.Column('document', Document)
    yield sa.Column('uuid', sa.Uuid)
    yield sa.Column('uuid_text', sa.Uuid(native_uuid=False))
    yield sa.Column('native_uuid', sa.UUID)
    yield sa.Column('told', sa.Integer, comment="what it's for")


def _times():
    now = sa.func.now()
    for name, type_ in (('datetime', sa.DateTime()), ('zoned', sa.DateTime(timezone=True)),
                        ('timestamp', sa.TIMESTAMP())):
        yield sa.Column(name, type_, nullable=True)
        yield sa.Column(f'{name}_now', type_, nullable=False, server_default=now)
        yield sa.Column(f'{name}_sql', type_, server_default=sa.text('CURRENT_TIMESTAMP'))
        yield sa.Column(f'{name}_day', type_, server_default='2020-01-01 00:00:00')
        yield sa.Column(f'{name}_day_alone', type_, server_default='2020-01-01')
        yield sa.Column(f'{name}_iso', type_, server_default='2020-01-01T10:20')
    yield sa.Column('date', sa.Date, server_default='2020-01-01')
    yield sa.Column('date_today', sa.Date, server_default=sa.func.current_date())
    yield sa.Column('time', sa.Time, server_default='00:00:00')
    yield sa.Column('time_short', sa.Time, server_default='10:20')
    yield sa.Column('interval', sa.Interval)


def _rules():
    yield sa.Column('id', sa.Integer, primary_key=True)
    yield sa.Column('x', sa.Integer)
    yield sa.Column('y', sa.Integer)
    yield sa.Column('z', sa.Integer, unique=True)
    yield sa.Column('indexed', sa.String(30), index=True, unique=True)
    yield sa.Column('text', sa.Text)
    yield sa.Index('ix_x_y', 'x', 'y')
    yield sa.Index('ix_x_y_descending', 'x', sa.desc('y'))
    yield sa.Index('ix_x_descending', sa.text('x DESC'))
    yield sa.Index('ix_y_unique', 'y', unique=True)
    yield sa.Index('ix_text', 'text', mysql_length=30)
    yield sa.UniqueConstraint('x', 'z')
    yield sa.CheckConstraint('x > 0', name='ck_positive')
    yield sa.CheckConstraint('y > 0')
    yield sa.CheckConstraint('x % 2 = 0', name='ck_even')
