"""The campaign: settings and budget, plan, shards, the run that ties the rooms together, and what it learns from each shard."""
