"""Casework: what discovery found is explained, the gravest defect first: simplest and everyday case, extent, diagnosis, advice that was tried."""
