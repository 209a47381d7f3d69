"""What worker processes have before they are forked: the rooms of a search, the libraries of the oracles, the catalogue, and what is the same in
all of them and takes long to find out."""

import importlib
import pkgutil

import flint  # noqa: F401
import hypothesis  # noqa: F401
import mpmath  # noqa: F401
import scipy.linalg
import scipy.special  # noqa: F401

import ulpfuzz.oracles
from ulpfuzz.fuzzer.catalog.registry import ops
from ulpfuzz.fuzzer.evaluation.grid_memory import remembering
from ulpfuzz.fuzzer.formats import FORMATS
from ulpfuzz.fuzzer.inputs.regions import regions_of, special_grid
from ulpfuzz.fuzzer.proof import failures  # noqa: F401
from ulpfuzz.fuzzer.search import search  # noqa: F401
from ulpfuzz.oracles import memory, oracle  # noqa: F401
from ulpfuzz.oracles.arithmetic import pieces

ops()  # the records, which take most of a second to make
for module in pkgutil.walk_packages(
    ulpfuzz.oracles.__path__, f"{ulpfuzz.oracles.__name__}."
):  # definitions and special functions
    importlib.import_module(module.name)
for fmt in FORMATS.values():
    regions_of(fmt)
    special_grid(fmt)
with remembering():
    memory.read_table(pieces.TABLE)
