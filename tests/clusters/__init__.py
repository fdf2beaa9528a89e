# SPDX-License-Identifier: Apache-2.0
"""What the other tests assert, on pgbouncer and on a Galera cluster."""
