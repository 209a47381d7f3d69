"""What is right where a definition says nothing: its parts, each named for its noun; `ulpfuzz.oracles.limits_at_infinity` calls them."""
