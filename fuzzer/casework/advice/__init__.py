"""Advice: ways out of a defect, each tried before it is given (advise.advise)."""
