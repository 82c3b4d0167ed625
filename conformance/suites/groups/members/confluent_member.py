"""A member of a group, by librdkafka (see ../member.ts)."""

import sys
import threading

from confluent_kafka import Consumer, KafkaException

from tell import tell

bootstrap, topic, group, protocol, session_ms = sys.argv[1:]
options = {"session.timeout.ms": int(session_ms), "heartbeat.interval.ms": 1000}
consumer = Consumer(
    {
        "bootstrap.servers": bootstrap,
        "group.id": group,
        "group.protocol": protocol,
        "auto.offset.reset": "earliest",
        "enable.auto.commit": False,
        "log_level": 0,
        **(options if protocol == "classic" else {}),
    }
)


def told(consumer, partitions):
    """By the eager protocol all is given and taken at once; by that of KIP-848 what changes."""
    own = {each.partition for each in consumer.assignment()}
    tell(assigned=sorted(own | {each.partition for each in partitions}))


def taken(consumer, partitions):
    own = {each.partition for each in consumer.assignment()}
    tell(assigned=sorted(own - {each.partition for each in partitions}))


consumer.subscribe([topic], on_assign=told, on_revoke=taken, on_lost=taken)
ended = threading.Event()
threading.Thread(target=lambda: (sys.stdin.read(), ended.set()), daemon=True).start()
while not ended.is_set():
    messages = consumer.consume(100, timeout=0.2)
    consumed = [[message.partition(), message.offset()] for message in messages if message.error() is None]
    if consumed:
        tell(consumed=consumed)
        try:
            consumer.commit(asynchronous=False)
        except KafkaException as problem:
            # Others read on from the last commit.
            print(problem, file=sys.stderr)
consumer.close()
