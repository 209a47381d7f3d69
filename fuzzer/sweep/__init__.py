"""Sweeps: every number of a format, chunk by chunk, and what they prove."""
