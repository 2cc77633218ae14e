"""Names, addresses and secrets taken out of inputs at their edge, so that every stage behind sees none of them.

Nothing stays unless it is known to tell nothing: MetalLB's and Kubernetes' own words, numbers, times, versions.
"""
