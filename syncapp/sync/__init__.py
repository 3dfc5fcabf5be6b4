"""The verb: runs, the engine, its present state (links, cursors, locks), schedule and retries."""
