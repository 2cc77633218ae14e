"""What would happen if: changes tried on the replayed state, with the allocator of the log's MetalLB version."""
