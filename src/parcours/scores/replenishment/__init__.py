"""Replenishment: the rhythm in which customers come back to an item, and who is due when."""
