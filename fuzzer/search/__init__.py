"""The search of a cell: where it looks next, what it keeps of each symptom."""
