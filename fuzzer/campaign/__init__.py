"""The campaign: plan, shard, search, place, shrink, engine, run. Ties inputs, frameworks, oracles, judge and findings together."""
