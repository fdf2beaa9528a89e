# SPDX-License-Identifier: Apache-2.0
"""The configuration: where it comes from, and what is wrong with it."""

import contextlib
import io
import json
import os
import pathlib

import dbmanage
from tests import base
from tests import databases
from tests import timelines


class SourceTests(databases.SQLite, base.CommandTestCase):
    """Where the options come from."""

    def setUp(self):
        super().setUp()
        self.service(timelines.line('one'))

    def test_environment(self):
        """``OS_DATABASE__CONNECTION`` is enough."""
        self.configure(database={'connection': None})
        os.environ['OS_DATABASE__CONNECTION'] = self.url
        result = self.run_command('upgrade', 'head')

        self.assertEqual((0, ''), (result.code, result.out), result.err)
        self.assertEqual(['001'], timelines.recorded(self.engine()))

    def test_last_file(self):
        """Of several files the last one wins."""
        other = self._file('other.conf', '[database]\nconnection = nonsense\n')
        result = self.run_command('--config-file', other, 'current')

        self.assertEqual((2, ''), (result.code, result.out))
        self.assertIn('is not a database URL', result.err)

    def test_folder(self):
        """The files of ``--config-dir`` are read, too."""
        self.configure(database={'connection': None})
        self._file('conf.d/database.conf', f'[database]\nconnection = {self.url}\n')
        result = self.run_command('--config-dir', str(self.directory / 'conf.d'), 'current')

        self.assertEqual((0, ''), (result.code, result.out))
        self.assertIn('never versioned', result.err)

    def test_options_of_others(self):
        """Options that are not known are none of our business."""
        self.configure(
            DEFAULT={'transport_url': 'rabbit://u:p@h', 'debug': 'perhaps'},
            database={'nope': 1}, api={'port': 'none'})
        result = self.run_command('upgrade', 'head')

        self.assertEqual((0, ''), (result.code, result.out), result.err)

    def test_other_section(self):
        """``[dbmanage] database_group`` names the section of the connection."""
        self.configure(
            database={'connection': None}, dbmanage={'database_group': 'api_database'},
            api_database={'connection': self.url})
        result = self.run_command('upgrade', 'head')

        self.assertEqual((0, ''), (result.code, result.out), result.err)

    def test_section_with_a_colon(self):
        """Its name is taken as it is, in the file, the variable and the message."""
        self.configure(database={'connection': None},
                       dbmanage={'database_group': 'storage:sqlalchemy'})
        missing = self.run_command('current')
        os.environ['OS_STORAGE:SQLALCHEMY__CONNECTION'] = self.url
        variable = self.run_command('upgrade', 'head')
        del os.environ['OS_STORAGE:SQLALCHEMY__CONNECTION']
        self.configure(**{'storage:sqlalchemy': {'connection': self.url}})
        file = self.run_command('current')

        self.assertEqual((2, 0, 0), (missing.code, variable.code, file.code), variable.err)
        self.assertIn(f'[storage:sqlalchemy] connection is not set in {self.config_file} '
                      '(or OS_STORAGE:SQLALCHEMY__CONNECTION)', missing.err)
        self.assertEqual('001 (head)\n', file.out)

    def _file(self, name, text):
        path = self.directory / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        return str(path)


class WrongTests(databases.SQLite, base.CommandTestCase):
    """A configuration that cannot be used: exit 2, one line, nothing touched."""

    def setUp(self):
        super().setUp()
        self.service(timelines.line('one'))

    def test_missing_file(self):
        """Its name is said."""
        self._assert_refused('/nowhere/acme.conf', '--config-file', '/nowhere/acme.conf')

    def test_missing_folder(self):
        """Its name is said."""
        self._assert_refused('/nowhere/conf.d', '--config-dir', '/nowhere/conf.d')

    def test_folder_as_a_file(self):
        """Its name is said."""
        self._assert_refused(str(self.directory), '--config-file', str(self.directory))

    def test_file_that_is_no_configuration(self):
        """Its name and the line are said."""
        self.config_file.write_text('[database]\nnonsense\n')

        self._assert_refused(f'{self.config_file}:2, No \':\' or \'=\' found')

    def test_missing_connection(self):
        """The option, the variable and the files that were read are named."""
        other = self.directory / 'other.conf'
        other.write_text('')
        self.configure(database={'connection': None})

        self._assert_refused(
            f'[database] connection is not set in {self.config_file}, {other} '
            '(or OS_DATABASE__CONNECTION)', '--config-file', str(other))

    def test_empty_connection(self):
        """It is as good as none."""
        self.configure(database={'connection': ''})

        self._assert_refused('[database] connection is not set')

    def test_missing_connection_of_a_section(self):
        """The section and its own variable are named."""
        self.configure(dbmanage={'database_group': 'api_database'})

        self._assert_refused('[api_database] connection is not set')
        self._assert_refused('(or OS_API_DATABASE__CONNECTION)')

    def test_no_file(self):
        """That none was read is said; there is no silent SQLite file."""
        os.environ['HOME'] = str(self.directory / 'home')
        err = io.StringIO()
        with contextlib.redirect_stderr(err):
            code = dbmanage.main(argv=['upgrade', 'head'])

        self.assertEqual(2, code)
        self.assertEqual(
            'db-manage: error: [database] connection is not set in any file: none was read '
            '(or OS_DATABASE__CONNECTION)\n', err.getvalue())

    def test_wrong_values(self):
        """The option and the place of the value are named."""
        for option, value in (
            ('max_retries', 'many'), ('retry_interval', '1.5'), ('connection_debug', '500'),
            ('sqlite_synchronous', 'perhaps'), ('connection_recycle_time', 'never'),
        ):  # fmt: skip
            with self.subTest(option):
                self.configure(database={option: value})
                self._assert_refused(f'Value for option {option} ')
                self._assert_refused(str(self.config_file))
                self.configure(database={option: None})

    def test_wrong_value_in_the_environment(self):
        """The variable is named."""
        os.environ['OS_DATABASE__MAX_RETRIES'] = 'many'

        self._assert_refused('OS_DATABASE__MAX_RETRIES')

    def test_unused_wrong_value(self):
        """A value is checked, though this connection would not need it."""
        self.configure(database={'mysql_wsrep_sync_wait': 'perhaps'})

        self._assert_refused('Value for option mysql_wsrep_sync_wait ')

    def test_json(self):
        """The error has its code and its name."""
        self.configure(database={'connection': None})
        result = self.run_command('upgrade', 'head', '--format', 'json')

        error = json.loads(result.out)['error']
        self.assertEqual((2, 2, 'usage'), (result.code, error['code'], error['name']))

    def _assert_refused(self, reason, *options):
        result = self.run_command(*options, 'upgrade', 'head')

        self.assertEqual((2, ''), (result.code, result.out), result.err)
        self.assertIn(reason, result.err)
        self.assertEqual(1, len(result.err.splitlines()))
        self.assertFalse(pathlib.Path(self.url.removeprefix('sqlite:///')).exists())
