"""Data that every run starts from."""
