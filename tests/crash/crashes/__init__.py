"""What the crash suite is made of: clients that behave across crashes, the ledger of promises, and the cases."""
