"""`python -m assay_client`: the same as the command `assay`."""

import sys

from assay_client.command_line import main

if __name__ == "__main__":
    sys.exit(main())
