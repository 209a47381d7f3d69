"""One cell's batch through its calls to verdicts: evaluator, calls, references, deadlines, clock."""
