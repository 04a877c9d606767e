"""What follows a bare prompt, or fills a gap in it: one module for each provider's words."""
