"""Backends: what runs a call in a framework that is installed, and what they share. Each imports its framework when it is made."""
