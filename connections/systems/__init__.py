"""One module for each kind of external system; reached through `connections.registry` only."""
