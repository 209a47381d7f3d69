"""What `--json` prints and report.json holds, as types: JSON Schemas, the page of the reference and the tests are made from them.

The classes below are never made. A key may be added, none is renamed (CHANGELOG, What is stable). The comment above a key is its description.
"""
