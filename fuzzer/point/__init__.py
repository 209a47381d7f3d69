"""A single point: probed as a user types it, or reproduced as it is stored."""
