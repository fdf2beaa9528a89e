# SPDX-License-Identifier: Apache-2.0
"""The timeline as an answer: history, heads, branches, show, soundness."""

import dataclasses
from collections.abc import Collection
from collections.abc import Sequence

from dbmanage import errors
from dbmanage import output
from dbmanage import timeline
from dbmanage.timeline import files


class Listing:
    """The commands that show the timeline."""

    def __init__(self, revisions: timeline.Timeline) -> None:
        self.timeline = revisions

    def history(
        self, span: str | None = None, verbose: bool = False,
        current: Collection[str] = (),
    ) -> output.Answer:
        """List the revisions of a span FROM:TO, newest first."""
        base, colon, head = (':' if span is None else span).partition(':')
        if not colon or ':' in head:
            raise errors.UsageError(f'{span!r} is not a range FROM:TO, FROM: or :TO')
        for name in filter(None, (base, head)):
            self.timeline.resolve(name)
        found = self.timeline.walk(base or 'base', head or 'heads')
        return _answer(found, [_line(one, verbose, one.revision in current) for one in found])

    def heads(self, verbose: bool = False) -> output.Answer:
        """List the heads."""
        found = [self.timeline.get(id_) for id_ in self.timeline.heads()]
        return _answer(found, [
            one.log_entry if verbose else one.title for one in found])

    def branches(self, verbose: bool = False) -> output.Answer:
        """List the branch points, and what follows each."""
        found = [one for one in self.timeline.walk() if one.is_branch_point]
        return _answer(found, [
            line for one in found for line in (
                one.log_entry if verbose else f'{one.title}{one.points}',
                *(f'{" " * len(one.revision)} -> {_branch(above, verbose)}'
                  for above in map(self.timeline.get, sorted(one.nextrev))), '')])

    def show(self, name: str) -> output.Answer:
        """Show what is known of the revisions that a name means."""
        found = self.timeline.resolve(name)
        return _answer(found, [one.log_entry for one in found])

    def check(self, static: bool = False) -> output.Answer:
        """List everything that is wrong with the timeline."""
        problems = self.timeline.problems(static)
        document = {'ok': not problems, 'problems': [dataclasses.asdict(one) for one in problems]}
        if problems:
            return output.Answer(document, [one.message for one in problems], code=3)
        count = len(self.timeline.ids())
        heads_ = ', '.join(self.timeline.heads()) or 'none'
        return output.Answer(document, [
            f'{count} revision{"" if count == 1 else "s"}, sound, head: {heads_}'])


def _line(revision: files.Revision, verbose: bool, current: bool) -> str:
    mark = ' (current)' if current else ''
    if verbose:
        return revision.log_entry.replace('\n', f'{mark}\n', 1)
    depends = f' ({", ".join(revision.dependencies)})' if revision.dependencies else ''
    return (f'{revision.parents}{depends} -> {revision.title}{mark}{revision.points}, '
            f'{revision.doc}')


def _branch(revision: files.Revision, verbose: bool) -> str:
    text = f'{revision.title}{revision.points}'
    return f'{text}, {revision.doc}' if verbose else text


def _answer(found: Sequence[files.Revision], lines: Sequence[str]) -> output.Answer:
    return output.Answer({'revisions': [one.document() for one in found]}, lines)
