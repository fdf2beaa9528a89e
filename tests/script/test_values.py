# SPDX-License-Identifier: Apache-2.0
"""Values in a script: they come out as those of the online run."""


from tests import base
from tests import databases
from tests.script import scripts

# What a client, a driver, or Python's own formatting might trip over.
TEXTS = [
    "it's", "''", 'a "b" `c`', 'back\\slash', 'end\\', "\\'", '\\n \\t \\0', '50% %s %(x)s %%',
    ':name ::x :1 ?', '$1 $$ $dbmanage$', '{x}', 'a\nb\r\nc\rd\n', 'tab\there', '\t', ' trailing ',
    '; -- x', '-- x', '/* x */', '# x', '🦄 ü\u2028\x0b\x0c\x85\ufeff', '', 'go\ngo\n/\n.quit\n',
    'DELIMITER $$', '\\q', '\\.', 'NULL', 'a' * 5000,
    'a\nDELIMITER //\nsource x\n\\! x\n\\q\n#\n']
CASES = f"""
import datetime, decimal, enum, math, uuid
import sqlalchemy as sa
from sqlalchemy.dialects import mysql, postgresql

TEXTS = {TEXTS!r}
NOON = datetime.datetime(2026, 1, 2, 12, 0, 5)
EAST = datetime.timezone(datetime.timedelta(hours=5))
NESTED = {{'a': TEXTS[:20], 'b': [None, True, 1.5, {{}}]}}


class Colour(enum.Enum):
    red = 1
    odd = 2


class Packed(sa.types.TypeDecorator):
    impl = sa.LargeBinary
    cache_ok = True

    def process_bind_param(self, value, dialect):
        return value and value.encode('utf-16')


CASES = {{
    'string': (sa.String(5000), TEXTS),
    'text': (sa.Text(), TEXTS),
    'boolean': (sa.Boolean(), [True, False]),
    'integer': (sa.Integer(), [0, -1, 2**31 - 1]),
    'big': (sa.BigInteger(), [2**63 - 1, -2**63]),
    'numeric': (sa.Numeric(38, 10), [
        decimal.Decimal(text) for text in (
            '1234567890123456.1234567890', '-0.0000000001', '1E+5', '1E-9', '0', '-0.0')]),
    'float': (sa.Float(53), [1.5, 0.1, 1e300, -1e-300, 5e22, -0.0]),
    'long': (sa.Text(), ["it's\\n;" * 9000]),
    'date': (sa.Date(), [datetime.date(2026, 1, 2), datetime.date(1970, 1, 1)]),
    'moment': (sa.DateTime(), [NOON, NOON.replace(microsecond=678)]),
    'aware': (sa.DateTime(), [NOON.replace(tzinfo=EAST)]),
    'zoned': (sa.DateTime(timezone=True), [NOON, NOON.replace(tzinfo=EAST)]),
    'time': (sa.Time(), [datetime.time(1, 2, 3)]),
    'interval': (sa.Interval(), [datetime.timedelta(days=3, seconds=4, microseconds=5)]),
    'binary': (sa.LargeBinary(), [b'', b'abc', bytes(range(256)), b"'\\\\%"]),
    'packed': (Packed(), ['abc']),
    'pickle': (sa.PickleType(), [{{'a': 1}}]),
    'json': (sa.JSON(), [NESTED, [], 'x', 1, True, {{}}, sa.JSON.NULL]),
    'json_null': (sa.JSON(none_as_null=True), [{{'a': None}}]),
    'enum': (sa.Enum('a b', "it's", name='an_enum'), ['a b', "it's"]),
    'colour': (sa.Enum(Colour, name='a_colour'), [Colour.red, 'odd']),
    'uuid': (sa.Uuid(), [uuid.UUID(int=5)]),
}}
OF_SQLITE = {{'infinite': (sa.Float(), [math.inf, -math.inf, math.nan])}}
OF_POSTGRESQL = {{
    'infinite': (sa.Float(), [math.inf, -math.inf]),
    'jsonb': (postgresql.JSONB(), [NESTED]),
    'bytea': (postgresql.BYTEA(), [bytes(range(256))]),
    'array': (postgresql.ARRAY(sa.String(200)), [TEXTS[:20], [], [None, 'a']]),
    'integers': (sa.ARRAY(sa.Integer), [[1, 2]]),
    'inet': (postgresql.INET(), ['10.0.0.0/8']),
    'duration': (postgresql.INTERVAL(), [datetime.timedelta(days=3, seconds=4)]),
}}
OF_MYSQL = {{
    'longblob': (mysql.LONGBLOB(), [bytes(range(256))]),
    'longtext': (mysql.LONGTEXT(), TEXTS),
    'fraction': (mysql.DATETIME(fsp=6), [NOON.replace(microsecond=678)]),
    'a_set': (mysql.SET('a', "b'c"), [{{'a', "b'c"}}]),
    'year': (mysql.YEAR(), [2026]),
    # PyMySQL 1.1 sends another one for what is below zero.
    'duration': (mysql.TIME(fsp=6), [datetime.timedelta(days=3, seconds=4, microseconds=5)]),
}}


def of(dialect):
    return CASES | {{
        'sqlite': OF_SQLITE, 'postgresql': OF_POSTGRESQL, 'mysql': OF_MYSQL}}[dialect]
"""
INSERT = """
from acme import cases
for name, (type_, values) in cases.of(op.get_context().dialect.name).items():
    op.create_table(
        name, sa.Column('id', sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column('value', type_))
    table = sa.table(name, sa.column('id'), sa.column('value', type_))
    rows = [{'id': number, 'value': value} for number, value in enumerate([*values, None])]
    op.bulk_insert(table, rows)
    for row in rows:
        op.execute(table.insert().values(id=row['id'] + 100, value=row['value']))
        op.execute(table.insert().values(id=row['id'] + 200))
        op.execute(table.update().where(table.c.id == row['id'] + 200).values(value=row['value']))
    op.get_bind().execute(table.insert(), [row | {'id': row['id'] + 300} for row in rows])
    op.get_bind().execute(table.insert(), rows[0] | {'id': 400})
"""
UNTYPED = """
op.create_table(
    'plain', sa.Column('id', sa.Integer(), primary_key=True), sa.Column('word', sa.Text()),
    sa.Column('number', sa.Integer()), sa.Column('flag', sa.Boolean()),
    sa.Column('day', sa.String(40)))
import datetime
plain = sa.table('plain', *map(sa.column, ('id', 'word', 'number', 'flag', 'day')))
op.bulk_insert(plain, [{'id': 1, 'word': 'a', 'number': 7, 'flag': True, 'day': None}])
op.execute(plain.insert().values(id=2, word=None, number=-7, flag=False))
op.execute(plain.update().where(plain.c.word == 'a').values(number=plain.c.number + 1))
op.execute(plain.update().where(plain.c.id.in_([1, 2])).values(day=datetime.date(2026, 1, 2)))
op.execute(plain.delete().where(plain.c.number.in_([])))
op.execute(sa.text('INSERT INTO plain (id, word) VALUES (:id, :word)')
           .bindparams(id=3, word="it's 50% \\\\\\\\ :x"))
op.get_bind().execute(sa.text('INSERT INTO plain (id, word) VALUES (:id, :word)'),
                      [{'id': 4, 'word': 'tab\\t;'}, {'id': 5, 'word': None}])
op.get_bind().exec_driver_sql("INSERT INTO plain (id, word) VALUES (6, 'a:b \\t c')")
"""
SUMS = """
op.create_table('sums', sa.Column('sum', sa.Float(53)))
op.execute(sa.table('sums', sa.column('sum')).insert().values(
    sum=sa.literal(0.1, sa.Float()) + sa.literal(0.2, sa.Float()) * sa.literal(1e-3)))
"""
# No nan equals another; its text does.
NO_NUMBERS = """
import decimal
op.create_table('words', sa.Column('word', sa.Text()))
for value, type_ in [(float('nan'), sa.Float()), (decimal.Decimal('NaN'), sa.Numeric())]:
    op.execute(sa.table('words', sa.column('word')).insert().from_select(
        ['word'], sa.select(sa.cast(sa.literal(value, type_), sa.Text()))))
"""
DEFAULTS = """
from acme import cases
texts = [text for text in cases.TEXTS if '\\r' not in text and len(text) < 200]
op.create_table('defaults', sa.Column('id', sa.Integer(), primary_key=True), *[
    sa.Column(f'c{number}', sa.String(200), server_default=text)
    for number, text in enumerate(texts)],
    sa.Column('made', sa.DateTime(), server_default=sa.func.now()),
    comment="it's 50% :x \\\\\\\\ done")
op.execute('INSERT INTO defaults (id) VALUES (1)')
op.add_column('defaults', sa.Column('flag', sa.Boolean(), nullable=False,
                                    server_default=sa.false()))
op.execute("UPDATE defaults SET made = '2026-01-02 03:04:05'")
"""


class ValueTests:
    """Revisions that hold values, run online and by their script."""

    def test_types(self):
        """A value of any type, by each way into a table."""
        self._compare(INSERT)

    def test_types_that_are_not_told(self):
        """A value speaks for itself, as it does for the driver."""
        self._compare(UNTYPED)

    def test_sums(self):
        """A float is no decimal, so that a sum comes out as the driver's."""
        self._compare(SUMS)

    def test_server_defaults(self):
        """The default of a column, and a comment."""
        self._compare(DEFAULTS)

    def _compare(self, body):
        self.service({'001.py': base.revision_file('001', None, body)}, {'cases.py': CASES})
        self.upgrade('head')
        online = self.found()
        self.use_another_database()
        script = self.script('head')
        self.run_script(script)

        self.assertNotIn('RETURNING', script)
        schema, rows = self.found()
        for table in online[1]:
            with self.subTest(table):
                self.assertEqual(online[0]['tables'][table], schema['tables'][table])
                self.assertEqual(online[1][table], rows[table])
        self.assertEqual(online[0], schema)


class ValuesOnSQLite(ValueTests, databases.SQLite, scripts.ScriptTestCase):
    """Values in sqlite3."""


class ValuesOnPostgreSQL(ValueTests, databases.PostgreSQL, scripts.ScriptTestCase):
    """Values in psql."""

    def test_no_numbers(self):
        """PostgreSQL has a word for what is no number."""
        self._compare(NO_NUMBERS)


class ValuesOnMariaDB(ValueTests, databases.MariaDB, scripts.ScriptTestCase):
    """Values in mariadb."""
