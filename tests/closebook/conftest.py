"""The frameworks are read as text by the tests, and not imported by pytest."""

collect_ignore_glob = ["frameworks/*"]
