# SPDX-License-Identifier: Apache-2.0
"""Soundness, against what Alembic takes for a graph."""

import itertools
import unittest

from alembic.script import revision

from dbmanage.timeline import directory
from dbmanage.timeline import files
from dbmanage.timeline import soundness

IDS = ('a', 'b', 'c')
PATH = 'x.py'


class GraphTests(unittest.TestCase):
    """Every graph of three revisions: what is no problem is none to Alembic."""

    def test_parents(self):
        """Any revision may follow any others, or itself."""
        for below in itertools.product(_subsets(IDS), repeat=3):
            self._check([files.File(PATH, *one) for one in zip(IDS, below, strict=True)])

    def test_dependencies(self):
        """Any may depend on any others, by their ids or by a label."""
        for below, needed in itertools.product(
                itertools.product(('', *IDS), repeat=2),
                itertools.product(_subsets(('a', 'c', 'label', 'x')), repeat=2)):
            self._check([
                files.File(PATH, 'a', depends_on=needed[0]),
                files.File(PATH, 'b', files.as_tuple(below[0] or None), ('label',)),
                files.File(
                    PATH, 'c', files.as_tuple(below[1] or None), depends_on=needed[1])])

    def test_labels(self):
        """Any may have any labels, the id of another one too."""
        for labels in itertools.product(_subsets(('a', 'x', 'y')), repeat=3):
            self._check([files.File(PATH, id_, (), names)
                         for id_, names in zip(IDS, labels, strict=True)])

    def _check(self, found):
        problems = soundness.graph_problems(found)
        self.assertEqual(_is_graph(found), not problems, (found, problems))


def _subsets(names):
    return [() if not size else chosen for size in range(len(names) + 1)
            for chosen in itertools.combinations(names, size)]


def _is_graph(found):
    try:
        revisions = map(directory.Script, map(files.Revision, found))
        return revision.RevisionMap(lambda: revisions).heads is not None
    except (revision.RevisionError, KeyError):
        return False
