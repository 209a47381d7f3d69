"""Targets: where an op runs, by name: which there are here, with which settings, and what starts them."""
