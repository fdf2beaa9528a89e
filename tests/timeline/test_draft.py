# SPDX-License-Identifier: Apache-2.0
"""Drafts that no command line makes."""

from dbmanage import errors
from dbmanage import timeline
from dbmanage.timeline import draft
from tests.timeline import test_files


class DraftTests(test_files.FilesTestCase):
    """A file that would be broken."""

    def test_body_that_is_no_python(self):
        """What a service's render_item makes up is read before it is kept."""
        revisions = timeline.Timeline([self.directory])

        with self.assertRaisesRegex(errors.Failed, r'SyntaxError'):
            revisions.write(draft.Draft('x'), 'op.create_table(')
        self.assertEqual([], list(self.directory.iterdir()))

    def test_draft_left_behind(self):
        """A process that was killed while it wrote leaves no revision."""
        self.write('.001_x.py.4711', 'revision =')
        revisions = timeline.Timeline([self.directory])

        self.assertEqual([], revisions.problems())
        self.assertEqual(0, len(revisions.heads()))
