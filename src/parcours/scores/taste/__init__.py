"""Tastes: what customers buy more of than others do."""
