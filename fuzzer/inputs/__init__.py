"""Inputs that reach the edges: regions of a float format, relations between numbers, critical points, recipes, strategies.

- `regions`: where on the number line (subnormals, the last binade, integers +-k ulps, ...), as intervals of ordinals.
- `relations`, `vectors`, `matrices`: how numbers stand to each other (near-cancellation, common offset, rank deficient, ...).
- `landmarks`: critical points of an op, computed from the oracle's answers.
- `recipe`: the few small numbers that expand, vectorised, to a Batch.
- `grid`: the deterministic batch that every exploration starts from.
- `strategies`: the Hypothesis strategies `cases` and `recipes`, and `explore`, the campaign's use of them.

Everything is drawn with integers and exact operations, so the same recipe gives the same bits on every machine.
"""
