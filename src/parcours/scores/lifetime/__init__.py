"""Value: how often customers will buy, what they will spend, and whether they are still customers."""
