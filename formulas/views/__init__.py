"""Pages of this room: value maps with their inbox, and the reference of functions."""
