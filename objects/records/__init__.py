"""The record store: all SQL for records, and the only door through which they are written.

`read.lock` first, then read, decide, and `write.write`: writers of one object queue at its row
in `object_seq`, which also numbers changes in the order in which they are committed.
"""
