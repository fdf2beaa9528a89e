# SPDX-License-Identifier: Apache-2.0
"""What is measured, against whom: ``python -m benchmarks``."""
