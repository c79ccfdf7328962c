"""What is learned of arms (variants, articles, coupons) from the people they were shown to, and who is shown which.

Pure mathematics: arrays in, arrays out. Nothing here reads a clock, a file or a table, and chance is a hash, so that
one person now and a table of people get the same answer.
"""
