"""Testing: a function of somebody's own held to an op's definition, in this process: the search, the proofs and the shrinker of a campaign."""
