"""Wire protocols, one folder each: neutral request to body, bytes to neutral events. No I/O."""
