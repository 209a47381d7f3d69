"""Where ops run: torch, tensorflow, jax and numpy behind one small interface. Nothing here judges."""
