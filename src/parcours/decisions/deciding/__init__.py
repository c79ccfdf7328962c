"""The flow of a decision: candidates, rules and filters, scores, choice."""
