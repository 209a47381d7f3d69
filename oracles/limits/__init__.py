"""What is right where a definition says nothing: its parts, each named for its noun; `oracles.limits_at_infinity` asks them."""
