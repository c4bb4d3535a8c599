"""A player of what Kubernetes does to the pods of a StatefulSet: names, volumes, containers, the kubelet, the controller."""
