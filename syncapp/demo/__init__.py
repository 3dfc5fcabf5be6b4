"""The demo: an external system of our own, and what the demo tenant starts with."""
