# SPDX-License-Identifier: Apache-2.0
"""A walk through the revisions, and the models at its end."""

import pathlib

from dbmanage.testing import case


class WalkTests(case.Case):
    """The revisions, one by one, with rows in the tables.

    ``_pre_upgrade_<revision>(connection)`` is called before a revision,
    ``_check_<revision>(connection)`` after it, each in a transaction.
    """

    def test_walk(self) -> None:
        """Each revision runs on its own, because operators have rows, and stop anywhere.

        A revision that was only run on empty tables meets its first row there.
        """
        self._assert_hooks_are_called()
        deployment = self.deploy()
        for revision in self.revisions:
            self.prepare(revision.revision, deployment)
            self.succeed(deployment, 'upgrade', revision.revision)
            with deployment.engine.begin() as connection:
                self.after_revision(revision.revision, connection)

        self.succeed(deployment, 'current', '--check')

    def _assert_hooks_are_called(self) -> None:
        prefixes = ('_pre_upgrade_', '_check_')
        called = {case.hook_name(prefix, one.revision)
                  for prefix in prefixes for one in self.revisions}
        hooks = {name for name in dir(self) if name.startswith(prefixes)}
        self.assert_none(sorted(hooks - called), 'these hooks name no revision')


class ModelsTests(case.Case):
    """The models; ``known_differences`` is a file of ``check --write-ignore``."""

    known_differences: str | pathlib.Path | None = None

    def test_models(self) -> None:
        """The revisions make what the models say, because the service runs on both.

        A column that only the models have is missing in each upgraded database.
        """
        deployment = self.deploy()
        self.succeed(deployment, 'upgrade', 'heads')
        known = ['--ignore', str(self.known_differences)] if self.known_differences else []
        result = deployment.run('check', *known)

        if result.code:
            self.fail(f'the models are not what the revisions make:\n{result.out}{result.err}')
