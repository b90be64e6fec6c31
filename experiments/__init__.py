"""What is run: declare, train, cache. Start with ``python -m experiments status``."""
