"""What MetalLB and Kubernetes are: versions, Services, pools, addresses, and the grammars of their texts.

Plain immutable data and pure functions; the first layer, which every other may import.
"""
