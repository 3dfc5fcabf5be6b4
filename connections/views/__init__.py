"""Pages of configs and connections."""
