"""What keeps the book and the package together: `python -m tools.record`, `python -m tools.cells`."""
