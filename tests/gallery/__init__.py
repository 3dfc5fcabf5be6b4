"""A gallery of the furniture with made-up data: every kind of page, without a database.

`python -m tests.gallery.shots /tmp/shots` photographs it in light and dark, wide and narrow, and
lets axe look for barriers. Browser tests serve it too.
"""
