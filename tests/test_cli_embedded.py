# SPDX-License-Identifier: Apache-2.0
"""``dbmanage.main``, as the program of a service calls it."""

import contextlib
import io
import json
import logging
import os
import sys

from oslo_config import cfg
from oslo_db import options

import dbmanage
from tests import base
from tests import databases
from tests import timelines


class EmbeddedTestCase(databases.SQLite, base.CommandTestCase):
    """A test of a program with a Service, and perhaps a ConfigOpts, of its own."""

    def setUp(self):
        super().setUp()
        self.service(timelines.line('one', 'two'))
        self.acme = dbmanage.Service(name='acme', versions='acme:versions')

    def main(self, *argv, conf=None):
        """Return what a run leaves; it returns an int, whatever happens."""
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = dbmanage.main(self.acme, argv, conf)
        self.assertIs(int, type(code))
        return base.Result(code, out.getvalue(), err.getvalue())

    def files(self):
        """Return the arguments that name the configuration file."""
        return '--config-file', str(self.configure(dbmanage={'versions': None, 'name': None}))


class MainTests(EmbeddedTestCase):
    """A service alone."""

    def test_codes(self):
        """The exit code is returned, that of help and of usage errors too."""
        for code, argv in ((0, ('heads',)), (0, ('--help',)), (0, ('--version',)),
                           (2, ('show', 'xyz')), (2, ()), (3, ('current', '--check'))):
            with self.subTest(argv=argv):
                self.assertEqual(code, self.main(*self.files(), *argv).code)

    def test_name(self):
        """The program is called after the service."""
        version = self.main('--version')
        error = self.main(*self.files(), 'show', 'xyz')

        self.assertEqual(f'acme-db-manage {dbmanage.__version__}\n', version.out)
        self.assertEqual("acme-db-manage: error: Can't locate revision 'xyz'\n", error.err)

    def test_warnings(self):
        """They are told as the program tells its own."""
        self.service(timelines.line('one') | {'002.py': base.revision_file(
            '002', '001', body='import warnings\nwarnings.warn("beware")')})
        with self.assertWarnsRegex(UserWarning, 'beware'):
            result = self.main(*self.files(), 'upgrade', 'head')

        self.assertEqual(0, result.code)
        self.assertNotIn('beware', result.err)

    def test_upgrade(self):
        """The service's revisions are applied."""
        result = self.main(*self.files(), 'upgrade', 'head')

        self.assertEqual((0, ''), (result.code, result.out), result.err)
        self.assertEqual(['one', 'two'], timelines.tables(self.engine()))

    def test_dbmanage_group(self):
        """A [dbmanage] section describes no other service then."""
        self.configure(dbmanage={'service': 'nothing.there:SERVICE'})
        result = self.main('--config-file', str(self.config_file), 'heads')

        self.assertEqual((0, '002 (head)\n', ''), (result.code, result.out, result.err))

    def test_default_files(self):
        """Without --config-file the files of the service are read, from ~ for one."""
        (self.directory / 'acme.conf').write_text(f'[database]\nconnection = {self.url}\n')
        result = self.main('upgrade', 'head')

        self.assertEqual((0, ''), (result.code, result.out), result.err)
        self.assertEqual(['002'], timelines.recorded(self.engine()))

    def test_argv_of_the_process(self):
        """Without argv it is that of the process."""
        saved, sys.argv = sys.argv, ['acme-db-manage', *self.files(), 'heads']
        self.addCleanup(setattr, sys, 'argv', saved)
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            code = dbmanage.main(self.acme)

        self.assertEqual((0, '002 (head)\n'), (code, out.getvalue()))

    def test_nothing_left_behind(self):
        """Neither the path, the environment nor the streams of the process are changed."""
        before = [*sys.path], dict(os.environ), sys.stdout, sys.stderr
        self.main(*self.files(), 'upgrade', 'head')
        self.main(*self.files(), 'show', 'xyz')

        self.assertEqual(before, ([*sys.path], dict(os.environ), sys.stdout, sys.stderr))

    def test_logging(self):
        """The service's handlers and loggers work as before, and hear of nothing twice."""
        stream = io.StringIO()
        handler, root, logger = (
            logging.StreamHandler(stream), logging.getLogger(), logging.getLogger('acme.api'))
        root.addHandler(handler)
        self.addCleanup(root.removeHandler, handler)
        before = [*root.handlers], root.level, logger.disabled, logger.level
        result = self.main(*self.files(), 'upgrade', 'head')
        logger.error('still here')

        self.assertEqual(0, result.code, result.err)
        self.assertEqual(before, ([*root.handlers], root.level, logger.disabled, logger.level))
        self.assertEqual('still here\n', stream.getvalue())

    def test_code_that_exits(self):
        """A model that leaves the process while it is imported is an error: exit 2."""
        self.service({}, {'models.py': 'raise SystemExit(0)'})
        self.acme = dbmanage.Service(
            name='acme', versions='acme:versions', models=['acme.models'],
            metadata='acme.models:metadata')
        result = self.main(*self.files(), 'upgrade', 'head')

        self.assertEqual(
            (2, '', 'acme-db-manage: error: cannot import acme.models: SystemExit: 0\n'),
            (result.code, result.out, result.err))
        self.assertIsNone(timelines.recorded(self.engine()))


class ConfigurationTests(EmbeddedTestCase):
    """A service that brings a ConfigOpts with options of its own."""

    def setUp(self):
        super().setUp()
        self.conf = cfg.ConfigOpts()

    def test_options_of_the_service(self):
        """They are read from the same files."""
        self.conf.register_opts([cfg.IntOpt('workers', default=1)], 'api')
        self.configure(api={'workers': 7})
        result = self.main(*self.files(), 'heads', conf=self.conf)

        self.assertEqual((0, ''), (result.code, result.err))
        self.assertEqual(7, self.conf.api.workers)

    def test_options_of_oslo_db(self):
        """That they are registered already is no conflict."""
        options.set_defaults(self.conf)
        result = self.main(*self.files(), 'upgrade', 'head', conf=self.conf)

        self.assertEqual((0, ''), (result.code, result.out), result.err)
        self.assertEqual(['002'], timelines.recorded(self.engine()))
        self.assertEqual(self.url, self.conf.database.connection)

    def test_options_of_another_shape(self):
        """A service that declared the connection itself keeps its option."""
        self.conf.register_opts([cfg.StrOpt('connection', help='ours')], 'database')
        self.conf.register_cli_opts([cfg.BoolOpt('debug', default=False)])
        result = self.main(*self.files(), 'current', '-f', 'json', conf=self.conf)

        self.assertEqual((0, []), (result.code, json.loads(result.out)['current']), result.err)

    def test_twice(self):
        """The same ConfigOpts serves a second run, after the service has read it."""
        self.conf([], project='acme', default_config_files=[])
        first = self.main(*self.files(), 'upgrade', '001', conf=self.conf)
        second = self.main(*self.files(), 'upgrade', 'head', conf=self.conf)

        self.assertEqual((0, 0), (first.code, second.code), first.err + second.err)
        self.assertEqual(['002'], timelines.recorded(self.engine()))

    def test_other_database(self):
        """A run leaves nothing in it that the next one would go by."""
        options.set_defaults(self.conf)
        self.main(*self.files(), 'upgrade', 'head', conf=self.conf)
        self.url = self._create()
        self.configure(database={'connection': self.url})
        second = self.main(*self.files(), 'upgrade', 'head', conf=self.conf)

        self.assertEqual(0, second.code, second.err)
        self.assertEqual(['002'], timelines.recorded(self.engine()))
        self.assertEqual(self.url, self.conf.database.connection)
        self.assertIsNone(self.conf.database.slave_connection)

    def test_override(self):
        """What the service's code sets wins over the files, as everywhere."""
        options.set_defaults(self.conf)
        self.conf.set_override('connection', 'nonsense', 'database')
        result = self.main(*self.files(), 'upgrade', 'head', conf=self.conf)

        self.assertEqual((2, ''), (result.code, result.out))
        self.assertIn('[database] connection is not a database URL', result.err)

    def test_override_that_is_kept(self):
        """It is there as it was when the run has ended."""
        options.set_defaults(self.conf)
        self.conf.set_override('connection', self.url, 'database')
        self.configure(database={'connection': 'nonsense'})
        result = self.main(*self.files(), 'upgrade', 'head', conf=self.conf)

        self.assertEqual((0, ''), (result.code, result.out), result.err)
        self.assertEqual(self.url, self.conf.database.connection)

    def test_default_of_the_connection(self):
        """What the service's code gives for a default is not ours to refuse."""
        options.set_defaults(self.conf, connection=self.url)
        result = self.main('upgrade', 'head', conf=self.conf)

        self.assertEqual((0, ''), (result.code, result.out), result.err)
        self.assertEqual(['002'], timelines.recorded(self.engine()))

    def test_required_option(self):
        """An option of the service that must be set, and is not, is named: exit 2."""
        self.conf.register_opts([cfg.StrOpt('host', required=True)], 'api')
        result = self.main(*self.files(), 'heads', conf=self.conf)

        self.assertEqual((2, ''), (result.code, result.out))
        self.assertRegex(result.err, r'^acme-db-manage: error: .*\bhost\b.*\n$')
