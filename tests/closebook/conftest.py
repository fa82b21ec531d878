"""The frameworks are read as text by the tests, and imported from a place of their own."""

collect_ignore_glob = ["frameworks/*"]
