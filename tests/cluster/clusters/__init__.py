"""What the cluster suite is made of: a driver of tools/cluster, clients that move between pods, and the cases."""
