# SPDX-License-Identifier: Apache-2.0
"""The floors and the shape of the code, as its sources stand."""

import ast
import pathlib
import subprocess
import sys
import unittest
from collections.abc import Iterator

from tests import base

PACKAGE = base.ROOT / 'dbmanage'

# A room imports from floors below its own. On one floor errors, service and
# conf stand on each other in this order, and so do output and database; alter
# stands below the others of its floor.
FLOORS = {
    'errors': 0.0, 'version': 0.0, 'usage': 0.1, 'service': 0.1, 'conf': 0.2,
    'output': 1.0, 'words': 1.0, 'database': 1.1,
    'alter': 1.9, 'standing': 1.9,
    'migrator': 2, 'timeline': 2, 'script': 2, 'autogen': 2, 'plan': 2.5, 'awaiting': 2.5,
    'commands': 3, 'context': 3,
    'cli': 4,
    '__init__': 5, '__main__': 5, 'testing': 5,
}
# What a service uses of this package; no room imports a service.
SERVICES = {'migrations': set(), 'reference': {'service'}}
ALEMBIC_ROOMS = {
    'alter', 'migrator', 'timeline', 'script', 'autogen', 'plan', 'testing', 'migrations'}
SQLALCHEMY_ROOMS = ALEMBIC_ROOMS | {'database', 'output', 'words', 'reference'}
HEAVY = ('alembic', 'sqlalchemy', 'pymysql', 'psycopg2')

LOADED = f"""
import sys
import dbmanage
try:
    code = dbmanage.main(argv=sys.argv[1:])
except SystemExit as e:
    code = e.code
heavy = [name for name in {HEAVY} if name in sys.modules]
print(code, ' '.join(heavy), file=sys.__stderr__)
"""


class FloorsTests(unittest.TestCase):
    """Who imports whom, lazily too."""

    def test_every_room_has_a_floor(self):
        """A new room is entered in the architecture's floors, and here."""
        rooms = {_room(path) for path in _sources()}

        self.assertEqual(set(), rooms - set(FLOORS) - set(SERVICES))

    def test_rooms_import_from_lower_floors(self):
        """A room sees its own folder and the floors below its own."""
        wrong = [
            f'{path}: {imported}'
            for path, imported in _imports('dbmanage')
            if not _below(_room(path), _imported_room(imported))
        ]

        self.assertEqual([], wrong)

    def test_alembic_stays_on_its_floor(self):
        """Only the rooms that work with revisions know Alembic."""
        wrong = [
            f'{path}: {name}'
            for path, name in _imports('alembic')
            if _room(path) not in ALEMBIC_ROOMS
        ]

        self.assertEqual([], wrong)

    def test_sqlalchemy_stays_on_its_floors(self):
        """Only the rooms that speak to a database know SQLAlchemy."""
        wrong = [
            f'{path}: {name}'
            for path, name in _imports('sqlalchemy')
            if _room(path) not in SQLALCHEMY_ROOMS
        ]

        self.assertEqual([], wrong)


class ShapeTests(unittest.TestCase):
    """What no module may hold, and how long it may be."""

    def test_only_cli_prints_and_exits(self):
        """Elsewhere results are returned and errors are raised."""
        self.assertEqual([], _found(_is_shell, lambda path: _room(path) != 'cli'))

    def test_no_global_configuration(self):
        """A ConfigOpts is an argument, never oslo.config's global one."""
        self.assertEqual([], _found(_is_global_configuration))

    def test_modules_are_short(self):
        """A module of more than 250 lines has more than one job."""
        lengths = {path: len(path.read_text().splitlines()) for path in _sources()}

        self.assertEqual({}, {path: lines for path, lines in lengths.items() if lines > 250})

    def test_functions_are_short(self):
        """A function has 25 lines at most; a revision is as long as it must."""
        self.assertEqual([], _found(_is_long_function, lambda path: 'versions' not in path.parts))

    def test_sources_name_their_licence(self):
        """The first line is the SPDX line, the second begins the docstring."""
        folders = ('dbmanage', 'tests', 'tools')
        files = [path for folder in folders for path in (base.ROOT / folder).rglob('*.py')]
        wrong = [
            path
            for path in files
            if not path.read_text().startswith('# SPDX-License-Identifier: Apache-2.0\n"""')
        ]

        self.assertEqual([], wrong)


class ImportCostTests(unittest.TestCase):
    """What a run that touches no database does not load."""

    def test_help(self):
        """``--help`` loads neither Alembic nor SQLAlchemy nor a driver."""
        self.assertEqual('0 ', _loaded('--help'))

    def test_version(self):
        """``--version`` loads none of them."""
        self.assertEqual('0 ', _loaded('--version'))

    def test_usage_error(self):
        """A wrong command line loads none of them."""
        self.assertEqual('2 ', _loaded('upgrade', 'head', '--nope'))

    def test_missing_configuration_file(self):
        """A configuration that is not there loads none of them."""
        self.assertEqual('2 ', _loaded('--config-file', '/nope.conf', 'upgrade', 'head'))

    def test_missing_connection(self):
        """A configuration without a connection loads none of them."""
        self.assertEqual('2 ', _loaded('--config-file', '/dev/null', 'upgrade', 'head'))

    def test_timeline(self):
        """The revisions are read, and not imported: none of them is loaded."""
        for argv in (('history', '-v'), ('history', ':head'), ('heads',), ('branches',),
                     ('show', '001'), ('check_migration', '--static')):
            with self.subTest(argv):
                self.assertEqual('0 ', _loaded('--config-file', '/dev/null', *argv))


def _sources() -> list[pathlib.Path]:
    return sorted(PACKAGE.rglob('*.py'))


def _room(path: pathlib.Path) -> str:
    return path.relative_to(PACKAGE).with_suffix('').parts[0]


def _imports(package: str) -> Iterator[tuple[pathlib.Path, str]]:
    """Yield what each module imports of a package, as dotted names."""
    for path in _sources():
        for node in _executed(ast.parse(path.read_text())):
            for name in _imported(node):
                if name.split('.')[0] == package:
                    yield path, name


def _executed(node: ast.AST) -> Iterator[ast.AST]:
    """Walk a tree without what only type checkers read."""
    if isinstance(node, ast.If) and ast.unparse(node.test).endswith('TYPE_CHECKING'):
        return
    yield node
    for child in ast.iter_child_nodes(node):
        yield from _executed(child)


def _imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        # A relative import has no place in these sources: show it as wrong.
        module = node.module if node.level == 0 else 'dbmanage.relative'
        return [f'{module}.{alias.name}' for alias in node.names]
    return []


def _imported_room(name: str) -> str:
    """Return the room of a dotted name; a name that is none is __init__'s."""
    room = name.partition('.')[2].partition('.')[0]
    return room if room in FLOORS or room in {*SERVICES, 'relative'} else '__init__'


def _below(room: str, imported: str) -> bool:
    if imported == room:
        return room != '__init__'
    if room in SERVICES:
        return imported in SERVICES[room]
    return imported in FLOORS and room in FLOORS and FLOORS[imported] < FLOORS[room]


def _found(wrong, where=lambda path: True) -> list[str]:
    """Return the places of the nodes that are wrong."""
    return [
        f'{path}:{node.lineno}'
        for path in _sources()
        if where(path)
        for node in ast.walk(ast.parse(path.read_text()))
        if wrong(node)
    ]


def _is_shell(node: ast.AST) -> bool:
    if isinstance(node, ast.Raise):
        return 'SystemExit' in ast.unparse(node)
    if isinstance(node, ast.Name):
        return node.id == 'print'
    if isinstance(node, ast.ImportFrom):
        return node.module == 'sys'
    return isinstance(node, ast.Attribute) and ast.unparse(node) in ('sys.exit', 'sys.argv')


def _is_global_configuration(node: ast.AST) -> bool:
    if isinstance(node, ast.ImportFrom):
        return any(alias.name == 'CONF' for alias in node.names)
    return isinstance(node, ast.Attribute) and node.attr == 'CONF'


def _is_long_function(node: ast.AST) -> bool:
    if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return False
    return (node.end_lineno or node.lineno) - node.lineno >= 25


def _loaded(*argv: str) -> str:
    """Run the command; return its exit code and the heavy modules loaded."""
    done = subprocess.run(
        [sys.executable, '-c', LOADED, *argv],
        cwd=base.ROOT,
        text=True,
        capture_output=True,
        check=False,
    )
    return done.stderr.splitlines()[-1]
