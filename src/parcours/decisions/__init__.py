"""Decisions: what is offered to whom, within what merchants allow."""
