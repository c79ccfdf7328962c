"""Demand: what will be sold, what rises and falls, how long the stock lasts, and who waits for what is out of stock."""
