# SPDX-License-Identifier: Apache-2.0
"""How the database is reached."""
