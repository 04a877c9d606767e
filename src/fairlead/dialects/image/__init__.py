"""Drawing pictures: one module for each way to ask."""
