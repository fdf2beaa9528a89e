# SPDX-License-Identifier: Apache-2.0
"""Which types hold less than others."""

import unittest

import sqlalchemy as sa
from sqlalchemy.dialects import mysql
from sqlalchemy.dialects import postgresql

from dbmanage.plan import types

POSTGRESQL, MYSQL = postgresql.dialect(), mysql.dialect()
LONG_TEXT = sa.Text().with_variant(mysql.LONGTEXT(), 'mysql')


class Encoded(sa.TypeDecorator):
    """A type that a service has made of another."""

    impl = LONG_TEXT
    cache_ok = True


WIDER = [
    (sa.String(20), sa.String(30)), (sa.String(20), sa.Text()), (sa.String(20), sa.String(20)),
    (sa.Text(), LONG_TEXT), (sa.SmallInteger(), sa.Integer()), (sa.Integer(), sa.BigInteger()),
    (sa.Numeric(8, 2), sa.Numeric(10, 2)), (sa.Numeric(8, 2), sa.Numeric(10, 4)),
    (sa.Numeric(8, 2), sa.Numeric()), (sa.Integer(), sa.String(20)), (sa.Integer(), sa.Text()),
    (sa.Integer(), sa.Double()), (sa.SmallInteger(), sa.Float()),
    (sa.DateTime(), sa.Text()), (sa.Enum('a', 'b'), sa.Enum('a', 'b', 'c')),
    (sa.Enum('a', 'bcd'), sa.String(3)), (sa.Boolean(), sa.Boolean()),
    (mysql.INTEGER(display_width=11), sa.Integer()), (mysql.TINYINT(1), sa.Boolean())]
NARROWER = [
    (sa.String(30), sa.String(20)), (sa.Text(), sa.String(255)), (LONG_TEXT, sa.Text()),
    (sa.Integer(), sa.SmallInteger()), (sa.BigInteger(), sa.Integer()),
    (sa.Numeric(10, 2), sa.Numeric(8, 2)), (sa.Numeric(8, 2), sa.Numeric(8, 4)),
    (sa.Numeric(8, 4), sa.Numeric(8, 2)), (sa.Numeric(), sa.Numeric(8, 2)),
    (sa.Integer(), sa.Float()), (sa.BigInteger(), sa.Double()),
    (sa.Integer(), sa.String(5)), (sa.String(20), sa.Integer()), (sa.DateTime(), sa.Date()),
    (sa.Enum('a', 'b'), sa.Enum('a')), (sa.Enum('a', 'bcd'), sa.String(2)),
    (sa.String(20), sa.Enum('a')), (None, sa.String(20))]


class NarrowsTests(unittest.TestCase):
    """A type is changed into another."""

    def test_wider(self):
        """Every value fits."""
        for old, new in WIDER:
            with self.subTest(f'{old!r} -> {new!r}'):
                self.assertFalse(types.narrows(old, new, MYSQL))

    def test_narrower(self):
        """A value may not fit, or nobody knows."""
        for old, new in NARROWER:
            with self.subTest(f'{old!r} -> {new!r}'):
                self.assertTrue(types.narrows(old, new, MYSQL))

    def test_type_of_a_service(self):
        """What it is made of counts."""
        self.assertFalse(types.narrows(sa.String(80), Encoded(), MYSQL))
        self.assertTrue(types.narrows(Encoded(), sa.String(80), MYSQL))

    def test_floats(self):
        """FLOAT has 8 bytes on PostgreSQL, which hold an INTEGER, and REAL has 4."""
        self.assertFalse(types.narrows(sa.Integer(), sa.Float(), POSTGRESQL))
        self.assertTrue(types.narrows(sa.BigInteger(), sa.Float(), POSTGRESQL))
        self.assertTrue(types.narrows(sa.Integer(), sa.Float(24), POSTGRESQL))
        self.assertTrue(types.narrows(sa.Integer(), sa.REAL(), POSTGRESQL))

    def test_variants(self):
        """What a type is on another database does not count."""
        self.assertFalse(types.narrows(LONG_TEXT, sa.Text(), POSTGRESQL))
