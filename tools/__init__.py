"""What keeps the book and the package together, such as `python -m tools.record`."""
