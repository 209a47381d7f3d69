"""Findings: what a user acts on, their identity, their store, their history between runs."""
