"""Set before anything imports torch: the networks of the tests are too small for two threads."""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")
