# SPDX-License-Identifier: Apache-2.0
"""Alembic's own commands, to compare the text of ours with."""

import io
import re
from typing import Any

from alembic import command
from alembic import config

from tests import base

ENV = """
from alembic import context
import sqlalchemy

engine = sqlalchemy.create_engine(context.config.attributes['url'])
with engine.connect() as connection:
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()
engine.dispose()
"""
TEXT = """Explain in a line

Say more in a paragraph, which goes on
for two lines.

And more."""

LINE = {
    '001.py': base.revision_file('001'),
    '002.py': base.revision_file('002', '001', message=TEXT),
    '003.py': base.revision_file('003', '002', message='Use "quotes", ünïcode and 100 %'),
}
BRANCHES = {
    '001.py': base.revision_file('001'),
    '002.py': base.revision_file('002', '001'),
    '003.py': base.revision_file('003', '001'),
    '004.py': base.revision_file('004', '003'),
}
MERGE = BRANCHES | {
    '005.py': base.revision_file('005', ('002', '004')),
    '006.py': base.revision_file('006', '005'),
}
DEPENDENCIES = {
    '001.py': base.revision_file('001'),
    '002.py': base.revision_file('002', '001'),
    'a01.py': base.revision_file('a01', depends_on='001'),
    'a02.py': base.revision_file('a02', 'a01', depends_on=('002',)),
}
LABELS = {
    '001.py': base.revision_file('001', branch_labels=('main', 'trunk')),
    '002.py': base.revision_file('002', '001'),
    '003.py': base.revision_file('003', '001', branch_labels=('side',)),
    '004.py': base.revision_file('004', '003', depends_on='002'),
    'b01.py': base.revision_file('b01', branch_labels=('other',), depends_on='side'),
}

_NAMES = re.compile(r'(Branches into: |Branch names: |\()([\w, ]+)')
_CHILDREN = re.compile(r'(?:^ +-> .*\n)+', re.MULTILINE)


class SameTextTests:
    """A command's text on each kind of timeline is that of Alembic.

    But for the order of what Alembic keeps in sets, which is another in each
    process: branch labels and the revisions after a branch point.
    """

    maxDiff = None

    def calls(self, timeline: dict[str, str]) -> dict[tuple[str, ...], dict[str, Any]]:
        """Return command lines, and the arguments of Alembic's command."""
        raise NotImplementedError

    def test_line(self):
        """One revision follows the other; a title has quotes, a text paragraphs."""
        self._compare(LINE)

    def test_branches(self):
        """Two revisions follow one."""
        self._compare(BRANCHES)

    def test_merge(self):
        """The branches come together again."""
        self._compare(MERGE)

    def test_dependencies(self):
        """A head that another branch depends on is an effective head."""
        self._compare(DEPENDENCIES)

    def test_labels(self):
        """Branches have names, one of them two."""
        self._compare(LABELS)

    def test_empty(self):
        """There is no revision."""
        self._compare({})

    def _compare(self, timeline: dict[str, str]) -> None:
        folder = self.service(timeline) / 'versions'
        (self.directory / 'env.py').write_text(ENV)
        for argv, arguments in self.calls(timeline).items():
            result = self.run_command(*argv)
            self.assertEqual((0, ''), (result.code, result.err))
            self.assertEqual(_ordered(self._run(folder, argv[0], arguments)), _ordered(result.out))

    def _run(self, folder, name, arguments):
        stdout = io.TextIOWrapper(io.BytesIO(), encoding='utf-8')
        settings = config.Config(stdout=stdout, attributes={'url': self.url})
        settings.set_main_option('script_location', str(self.directory))
        settings.set_main_option('version_locations', str(folder))
        settings.set_main_option('path_separator', 'newline')
        getattr(command, name)(settings, **arguments)
        stdout.seek(0)
        return stdout.read()


def _ordered(text: str) -> str:
    text = _NAMES.sub(lambda found: found[1] + ', '.join(sorted(found[2].split(', '))), text)
    return _CHILDREN.sub(lambda found: ''.join(sorted(found[0].splitlines(True))), text)
