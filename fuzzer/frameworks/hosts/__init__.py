"""Hosts: a framework in a process of its own, of this interpreter or another."""
