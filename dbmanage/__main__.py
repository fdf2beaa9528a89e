# SPDX-License-Identifier: Apache-2.0
"""``python -m dbmanage`` is ``db-manage``."""

from dbmanage import cli

cli.run()
