"""Writing down what is said: one module for each way to ask."""
