"""The command line. The only place that reads flags and the environment, and the only one that prints."""

import atexit
import gc

# Next to nothing here refers to itself. By default the collector would look for what does all the time, and once more
# through everything at the end, when the process gives its memory back anyway: an eighth of the time with a small log.
gc.set_threshold(200_000, 20, 20)
atexit.register(gc.freeze)
