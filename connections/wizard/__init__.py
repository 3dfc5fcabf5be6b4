"""The Connect Wizard: a connector described step by step, and made whole at the end.

plan        what a draft says, as it is stored
drafting    begin, change and discard drafts
sides       one side of a draft as a connection that does not exist yet
review      what is missing, and what speaks against it, by step
finish      everything at once, or nothing
"""
