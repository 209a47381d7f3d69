"""The judge's steps, one module each, with the names and the order of docs/reference/error-model.md: each reads the Elements and says more."""
