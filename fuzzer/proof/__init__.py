"""From a verdict to a finding: certified, shrunk, placed, labelled; calls that raise, end the process or answer differently twice."""
