"""What tools/cluster is made of: processes, the network between them, ZooKeeper servers and pods."""
