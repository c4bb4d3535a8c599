"""What the suites of raw clients are made of: the wire format, a client, a broker process and the registry of cases."""
