"""The command line. The only place that reads flags and the environment, and the only one that prints."""

import gc

# Next to nothing here refers to itself. By default the collector would look for what does all the time.
gc.set_threshold(200_000, 20, 20)

# Blocks of a log are larger than what glibc takes from the system each time and gives back at once, page by page. What
# it keeps is what the largest freed so far was (mallopt(3), M_MMAP_THRESHOLD): this one, of which no page is touched.
bytes(16 << 20)
