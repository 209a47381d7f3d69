"""What worker processes have imported before they are forked: the rooms of a search, the libraries of the oracles, the catalogue."""

import flint  # noqa: F401
import hypothesis  # noqa: F401
import mpmath  # noqa: F401
import scipy.special  # noqa: F401

from ulpfuzz.fuzzer.catalog.registry import ops
from ulpfuzz.fuzzer.proof import failures  # noqa: F401
from ulpfuzz.fuzzer.search import search  # noqa: F401
from ulpfuzz.oracles import oracle  # noqa: F401

ops()  # the records, which take most of a second to make
