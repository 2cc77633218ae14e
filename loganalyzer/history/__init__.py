"""What happened over time: who held which address from when to when, who waited, how full the pools were."""
