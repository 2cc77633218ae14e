"""The replay: MetalLB's allocator, driven by events. Its state at a failed attempt is what a cause is judged on."""
