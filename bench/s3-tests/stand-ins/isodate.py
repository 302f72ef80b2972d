"""The tests import it, and use nothing of it."""
