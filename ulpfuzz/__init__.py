"""ulpfuzz: a differential fuzzing harness that judges deep-learning frameworks against proven truth.

The parts are ulpfuzz.fuzzer, ulpfuzz.oracles, ulpfuzz.corpus and ulpfuzz.reports. In a clone they are links to the folders of these names at the top
level of the repository; in a wheel they are the folders themselves. Importing this package imports no part, no framework and no oracle.
"""

__version__ = "0.2.0"
