"""Speed and size, measured against a floor in the same run. `python -m bench` prints the table."""
