"""Next baskets: what each customer will probably buy in the next days."""
