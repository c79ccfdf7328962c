"""`python -m parcours.cli.reference`: writes docs/reference/ anew."""

import sys
from pathlib import Path

from parcours.cli.reference import FOLDER, write

folder = Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER
print(f"{folder}: {', '.join(write(folder)) or 'nothing to change'}")
