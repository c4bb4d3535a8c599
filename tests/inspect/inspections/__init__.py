"""Cases of tests/inspect/run."""
