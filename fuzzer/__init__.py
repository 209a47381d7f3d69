"""The harness: catalogue, inputs, frameworks, judge, campaign, findings, command line. Importing it imports no framework and no oracle."""
