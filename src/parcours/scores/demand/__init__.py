"""Demand: what will be sold, what rises and falls, how long the stock lasts."""
