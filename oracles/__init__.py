"""Truth: mathematical definitions and the arithmetics that evaluate them. Knows nothing of frameworks."""
