"""What is played: each function takes a stage, changes the world on it, and leaves it able to serve."""
