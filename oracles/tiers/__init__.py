"""The tiers of the oracle, cheapest first: columns (ball64, ball80, log64), Arb row by row, limits; and the audit of columns by Arb."""
