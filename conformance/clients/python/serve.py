"""What the Python clients' programs share: they answer one JSON line with one (see ../driver.ts)."""

import base64
import json
import sys


def decoded(text):
    return None if text is None else base64.b64decode(text)


def encoded(data):
    return None if data is None else base64.b64encode(data).decode()


def consumed(partition, offset, timestamp, key, value, headers):
    """A record as it is answered."""
    return {
        "partition": partition,
        "offset": offset,
        "timestamp": timestamp,
        "key": encoded(key),
        "value": encoded(value),
        "headers": [[name, encoded(content)] for name, content in headers or []],
    }


def serve(operations):
    for line in sys.stdin:
        given = json.loads(line)
        name = given.pop("operation")
        try:
            answer = {"result": getattr(operations, name)(**given)}
        except Exception as error:
            answer = {"error": f"{type(error).__name__}: {error}"}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()
