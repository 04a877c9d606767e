"""What others may see of a call."""
