# SPDX-License-Identifier: Apache-2.0
"""The fault harness: runs of the command that are killed, stopped, crowded.

``tox -e faults`` runs all of it; the ordinary tests run a sample.
"""
