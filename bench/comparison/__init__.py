"""What bench/compare is made of: the scenarios, the brokers under test, the measurements and the report."""
