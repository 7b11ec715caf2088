"""`python -m iomodels` is `iomodels`."""

import sys

from iomodels.cli import main

if __name__ == "__main__":
    sys.exit(main())
