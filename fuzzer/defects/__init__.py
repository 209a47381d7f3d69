"""Defects: findings that share cause and kernel; what casework knows of each. Plain data, and how findings become defects."""
