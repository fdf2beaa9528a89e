# SPDX-License-Identifier: Apache-2.0
"""The database: how it is reached, and what differs from one to the next."""
