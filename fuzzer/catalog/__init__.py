"""The catalogue: what is fuzzed. A module per family lists its records in OPS; see CONTRIBUTING.md."""
