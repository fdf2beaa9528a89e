# SPDX-License-Identifier: Apache-2.0
"""The graph against Alembic's own, on timelines that are made up at random."""

import itertools
import os
import pathlib
import re
import tempfile
import unittest
import warnings

import hypothesis
from alembic import script
from alembic import util
from alembic.script import revision
from hypothesis import strategies

from dbmanage import errors
from dbmanage import timeline
from tests import base

EXAMPLES = hypothesis.settings(
    max_examples=int(os.environ.get('DBMANAGE_TEST_EXAMPLES', '40')),
    derandomize=True, deadline=None, database=None)
LABELS = ('apples', 'pears', 'plums')
STOCK = (util.CommandError, revision.RevisionError, KeyError, AssertionError)


@strategies.composite
def timelines(draw, dependencies=1):
    """Return what revision files declare; each goes on from some before it."""
    ids = draw(strategies.lists(strategies.text('abcdef', min_size=4, max_size=5),
                                min_size=1, max_size=9, unique=True))
    free = list(LABELS)
    found = []
    for number, id_ in enumerate(ids):
        down = draw(_some(ids[max(number - 3, 0):number], 2))
        needed = draw(_some([*set(ids[:number]) - {*down}], dependencies))
        labels = draw(_some(free, 1)) if draw(strategies.integers(0, 3)) == 0 else []
        free = [one for one in free if one not in labels]
        found.append((id_, tuple(down), tuple(needed), tuple(labels)))
    return draw(strategies.permutations(found))


def _some(names, most):
    return strategies.lists(strategies.sampled_from(sorted(names)), max_size=most,
                            unique=True) if names else strategies.just([])


class EquivalenceTests(unittest.TestCase):
    """What Alembic says of a folder, and what we say of it."""

    @EXAMPLES
    @hypothesis.given(timelines())
    def test_order(self, found):
        """Heads, history and branches are Alembic's, line by line."""
        stock, ours = self._load(found)

        self.assertEqual(sorted(stock.get_heads()), ours.heads())
        self.assertEqual(sorted(stock.get_heads(consider_depends_on=True)), ours.effective_heads())
        walked = list(stock.walk_revisions())
        self.assertEqual([_lines(one.cmd_format(
            False, include_branches=True, include_parents=True)) for one in walked], [
            _lines(f'{one.parents}{_needed(one)} -> {one.title}{one.points}')
            for one in ours.walk()])
        self.assertEqual([_lines(one.log_entry) for one in walked],
                         [_lines(one.log_entry) for one in ours.walk()])

    @EXAMPLES
    @hypothesis.given(timelines())
    def test_upgrade(self, found):
        """What lies between any revision and any target is Alembic's, in its order."""
        stock, ours = self._load(found)
        ids = [one[0] for one in found]

        for lower, target in itertools.product(
                [(), *((id_,) for id_ in ids), *itertools.combinations(ids[:4], 2)],
                [*ids, 'heads', 'head', *LABELS, '+1', 'apples@head', f'{ids[0]}+1']):
            self.assertEqual(
                _answer(lambda lower=lower, target=target: [one.revision for one in (
                    stock.iterate_revisions(target, lower, implicit_base=True))][::-1]),
                _answer(lambda lower=lower, target=target: [
                    one.revision for one in ours.between(lower, target)]),
                (found, lower, target))

    @EXAMPLES
    @hypothesis.given(timelines(), strategies.text('abcdefg', min_size=1, max_size=5))
    def test_names(self, found, name):
        """A name means what it means to Alembic, or nothing."""
        stock, ours = self._load(found)

        for one in (name, 'head', 'heads', 'base', *LABELS, 'pears@heads', f'{name}-1',
                    f'apples@{found[0][0]}', *(f'{id_[:4]}' for id_, *_ in found)):
            self.assertEqual(
                _answer(lambda one=one: sorted(it.revision for it in stock.get_revisions(one))),
                _answer(lambda one=one: sorted(it.revision for it in ours.resolve(one))),
                (found, one))

    @EXAMPLES
    @hypothesis.given(timelines(dependencies=3))
    def test_several_dependencies(self, found):
        """Alembic's order varies then; each revision comes after all it needs, in ours."""
        stock, ours = self._load(found)
        order = [one.revision for one in ours.walk()][::-1]

        self.assertEqual({one.revision for one in stock.walk_revisions()}, {*order})
        for id_, down, needed, _labels in found:
            for below in (*down, *needed):
                self.assertLess(order.index(below), order.index(id_))

    @EXAMPLES
    @hypothesis.given(timelines(), strategies.data())
    def test_broken(self, found, data):
        """What is no graph to Alembic is none to us."""
        id_, _down, needed, labels = found[0]
        names = [one[0] for one in found] + ['nowhere']
        down = data.draw(_some(names, 2))
        stock, ours = self._load([(id_, tuple(down), needed, labels), *found[1:]])

        heads = _answer(ours.heads)
        with warnings.catch_warnings(action='ignore'):
            theirs = _answer(lambda: sorted(stock.get_heads()))
        # Alembic overlooks some cycles of dependencies.
        if heads is not None:
            self.assertEqual(theirs, heads)

    def _load(self, found):
        folder = tempfile.TemporaryDirectory(prefix='dbmanage-')
        self.addCleanup(folder.cleanup)
        for number, (id_, down, needed, labels) in enumerate(found):
            pathlib.Path(folder.name, f'{number}.py').write_text(base.revision_file(
                id_, down or None, branch_labels=labels or None, depends_on=needed or None))
        return (script.ScriptDirectory(folder.name, version_locations=[folder.name]),
                timeline.Timeline([pathlib.Path(folder.name).resolve()]))


def _needed(one):
    return f' ({", ".join(one.dependencies)})' if one.dependencies else ''


def _lines(text):
    """Return a text with its lists sorted: Alembic keeps them in sets."""
    return [sorted(re.split(r'[ ,()]+', line)) for line in text.splitlines()]


def _answer(ask):
    """Return what is answered; None for a refusal of either."""
    try:
        return ask()
    except (*STOCK, errors.Error, LookupError):
        return None
