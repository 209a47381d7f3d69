"""The catalogue: what is fuzzed. `families` holds the records, `op` says what a record is, `registry` finds them; see CONTRIBUTING.md."""
