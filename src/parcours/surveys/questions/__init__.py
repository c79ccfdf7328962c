"""Kinds of question, one a file."""
