"""What people tell of themselves when they are asked: kinds of question, and answers as the live side hears them."""

from parcours.surveys.answers import EVENT, Answered, Declared, declared, read, tastes

__all__ = ["EVENT", "Answered", "Declared", "declared", "read", "tastes"]
