"""Pages: where the frameworks' own documentation of a callable stands."""

from __future__ import annotations

DISTRIBUTIONS = "https://docs.pytorch.org/docs/stable/distributions.html"


def torch(name: str) -> str:
    return f"https://docs.pytorch.org/docs/stable/generated/{name}.html"


def tensorflow(name: str) -> str:
    """name: dotted, as tf.image.rgb_to_hsv."""
    return f"https://www.tensorflow.org/api_docs/python/{name.replace('.', '/')}"


def keras(path: str) -> str:
    """path: of a page, as layers/activations."""
    return f"https://keras.io/api/{path}/"


def jax(name: str) -> str:
    return f"https://docs.jax.dev/en/latest/_autosummary/{name}.html"


def scipy(name: str) -> str:
    return f"https://docs.scipy.org/doc/scipy/reference/generated/{name}.html"


def numpy(name: str) -> str:
    return f"https://numpy.org/doc/stable/reference/generated/{name}.html"
