"""Python types and functions as JSON Schema, and JSON values back as Python: pure, no I/O."""
