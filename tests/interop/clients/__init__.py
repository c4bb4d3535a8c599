"""Real clients against the broker, a module for each."""
