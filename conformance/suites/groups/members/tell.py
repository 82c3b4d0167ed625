"""What happens to a member goes out as one JSON line."""

import json
import sys


def tell(**what):
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()
