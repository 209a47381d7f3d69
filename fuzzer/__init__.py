"""ulpfuzz: a differential fuzzing harness that judges deep-learning frameworks against proven truth.

Importing this package imports no framework and no oracle; see README.md for the three jobs.
"""

__version__ = "0.1.0"
