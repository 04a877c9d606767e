"""The checks, one area a file. `catalogue.py` has them in their order."""
