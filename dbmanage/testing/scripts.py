# SPDX-License-Identifier: Apache-2.0
"""The SQL of the revisions, against the revisions run online."""

from collections.abc import Collection

from dbmanage.testing import case


class ScriptTests(case.Case):
    """``--sql``, run by the client of the database: sqlite3, psql or mariadb.

    ``readers``, if they are named, are the revisions that have no SQL, because
    they read the database.
    """

    readers: Collection[str] | None = None

    def test_script(self) -> None:
        """The SQL of a revision leaves the schema and the rows that the run leaves.

        Where a DBA runs the scripts nobody else notices that they are different. A
        revision that has no SQL is run online, as the DBA has to.
        """
        by_script, online = self.deploy(), self.deploy_another()
        unwritten = []
        for revision in self.revisions:
            name = revision.revision
            self.prepare(name, by_script, online)
            self.succeed(online, 'upgrade', name)
            if not self._run_script(by_script, name):
                unwritten.append(name)
                self.succeed(by_script, 'upgrade', name)
            self.assert_same(f'after revision {name}', online=online, by_script=by_script)

        if self.readers is not None:
            self.assertEqual(sorted(self.readers), sorted(unwritten), 'readers')

    def _run_script(self, deployment: case.Deployment, revision: str) -> bool:
        """Run the SQL of a revision; tell whether there is any."""
        result = deployment.run('upgrade', f'current:{revision}', '--sql')
        if 'cannot be written as SQL' in result.err:
            return False
        if result.code:
            self.fail(f'no script of revision {revision}, exit code {result.code}:\n{result.err}')
        done = self.client(result.out)
        if done.returncode:
            self.fail(f'the script of revision {revision} failed:\n{done.stderr}')
        return True
