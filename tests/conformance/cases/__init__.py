"""The cases, a file for each chapter."""
