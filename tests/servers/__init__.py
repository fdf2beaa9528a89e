# SPDX-License-Identifier: Apache-2.0
"""Private database servers for the tests: a module for each kind."""
