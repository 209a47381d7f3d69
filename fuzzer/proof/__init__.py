"""From a verdict to a finding: certified, placed, labelled, shrunk on demand; calls that raise, crash or answer differently twice."""
