"""The families of ops. Each module lists its records in OPS; see CONTRIBUTING.md."""
