"""All tests. What belongs in which folder: CONTRIBUTING.md."""
