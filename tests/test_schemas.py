# SPDX-License-Identifier: Apache-2.0
"""The schema of the documents: sound, whole, and that of the page.

What the commands write is compared with it wherever a test runs one with
``-f json``: ``base.CommandTestCase`` sees to that.
"""

import contextlib
import re
import unittest

import jsonschema

from dbmanage import commands
from dbmanage import errors
from tests import base
from tests import databases
from tests import schemas
from tests import timelines

PAGE = (base.ROOT / 'doc' / 'json.md').read_text()
SECTION = re.compile(r'^## (.*?)\n(.*?)(?=^## |\Z)', re.MULTILINE | re.DOTALL)
# Of what the commands have in common the sections of all of them tell.
SHARED = {
    'run': 'upgrade', 'scripts': 'upgrade --sql --split', 'revisions': 'history',
    'revision_on_disk': 'history', 'recorded': 'current', 'statement': 'repair',
    'difference': 'check', 'dialect': 'plan', 'error': 'An error',
}
REFUSED = {'downgrade'}
LINES = (
    'upgrade 001', 'plan head', 'upgrade 001:head --sql --split change', 'current', 'status',
    'wait --timeout 0', 'upgrade head', 'check', 'populate', 'populate_actions', 'repair', 'unlock',
    'stamp 001', 'history', 'heads', 'branches', 'show 001', 'check_migration', 'revision -m x',
    'revision -m y --head base', 'merge heads -m z',
)
MODULES = """
import sqlalchemy as sa

metadata = sa.MetaData()


def write(connection):
    return {'added': 1}
"""


class SchemaTests(unittest.TestCase):
    """``doc/json.schema.json``."""

    def test_schema_of_the_schema(self):
        """It is a schema, and each reference leads somewhere."""
        defined = schemas.schema()['$defs']

        jsonschema.Draft202012Validator.check_schema(schemas.schema())
        self.assertEqual(set(), {one.rpartition('/')[2] for one in _references(defined)}
                         - defined.keys())

    def test_commands(self):
        """Each command has its document there, and nothing else has but what they share."""
        self.assertEqual(
            set(commands.COMMANDS) - REFUSED | set(SHARED), schemas.schema()['$defs'].keys())

    def test_errors(self):
        """The codes and names of errors are those of the code."""
        kinds = errors.Error.__subclasses__()
        properties = schemas.schema()['$defs']['error']['properties']['error']['properties']

        self.assertEqual({kind.code for kind in kinds}, {*properties['code']['enum']})
        self.assertEqual({kind.name for kind in kinds}, {*properties['name']['enum']})

    def test_every_key_is_required(self):
        """A caller need not ask whether a key is there."""
        for name, node in _objects(schemas.schema()['$defs']):
            with self.subTest(name):
                self.assertEqual([*node['properties']], node['required'])

    def test_page(self):
        """Each key is in the section of its command."""
        sections = {name: text for names, text in SECTION.findall(PAGE)
                    for name in (names, *names.split(', '))}
        for name, node in schemas.schema()['$defs'].items():
            text = sections[SHARED.get(name, name)] + PAGE.partition('## ')[0]
            for _, one in _objects({name: node}):
                for key in one['properties']:
                    with self.subTest(name, key=key):
                        self.assertRegex(text, f'["`]{key}["`]')

    def test_wrong_document(self):
        """A key that is missing, and one that is not described, are found."""
        for wrong in ('{\n"released": true}', '{\n"released": true, "holder": null, "more": 1}',
                      '{\n"released": 1, "holder": null}', '{\n"error": {}}'):
            with self.assertRaises(jsonschema.ValidationError):
                schemas.check(['unlock', '-f', 'json'], wrong)
        schemas.check(['unlock', '-f', 'json'], '{\n"released": true, "holder": null}')


class EveryCommandTests(databases.SQLite, base.CommandTestCase):
    """Each command writes what the schema describes."""

    def test_documents(self):
        """There is a document of each, and it is no error."""
        self.service(timelines.line('one', 'two'), {'code.py': MODULES},
                     metadata='acme.code:metadata', populate='actions:acme.code:write')
        self.enterContext(contextlib.chdir(self.directory))
        for line in LINES:
            result = self.run_command(*line.split(), '-f', 'json')

            self.assertIn(result.code, (0, 3), result.err)
            self.assertNotIn('"error"', result.out)
            self.assertTrue(result.out.startswith('{\n'), line)
        self.assertEqual(set(commands.COMMANDS) - REFUSED, {line.split()[0] for line in LINES})


def _references(node):
    if isinstance(node, dict):
        yield from [node['$ref']] if '$ref' in node else []
        for one in node.values():
            yield from _references(one)
    elif isinstance(node, list):
        for one in node:
            yield from _references(one)


def _objects(node, name=''):
    """Yield each part that describes the keys of an object, with its place."""
    if isinstance(node, dict):
        if 'required' in node and isinstance(node['required'], list):
            yield name, node
        for key, one in node.items():
            yield from _objects(one, f'{name}/{key}')
    elif isinstance(node, list):
        for one in node:
            yield from _objects(one, name)
