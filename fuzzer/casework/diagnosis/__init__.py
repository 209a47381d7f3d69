"""Diagnosis: why an answer is wrong, by experiments: the formula step by step in the dtype, the framework's own steps, the call made otherwise."""
