"""Models of customers: how often they buy (BG/NBD, Pareto/NBD), for how much (Gamma-Gamma), and what that is worth."""
