"""A member of a group, by kafka-python (see ../member.ts)."""

import sys
import threading

from kafka import ConsumerRebalanceListener, KafkaConsumer
from kafka.errors import KafkaError

from tell import tell

bootstrap, topic, group, _, session_ms = sys.argv[1:]


class Listener(ConsumerRebalanceListener):
    def on_partitions_revoked(self, revoked):
        tell(assigned=[])

    def on_partitions_assigned(self, assigned):
        tell(assigned=sorted(each.partition for each in assigned))


consumer = KafkaConsumer(
    bootstrap_servers=bootstrap,
    group_id=group,
    auto_offset_reset="earliest",
    enable_auto_commit=False,
    session_timeout_ms=int(session_ms),
    heartbeat_interval_ms=1000,
)
consumer.subscribe([topic], listener=Listener())
ended = threading.Event()
threading.Thread(target=lambda: (sys.stdin.read(), ended.set()), daemon=True).start()
while not ended.is_set():
    polled = consumer.poll(timeout_ms=200)
    consumed = [[record.partition, record.offset] for records in polled.values() for record in records]
    if consumed:
        tell(consumed=consumed)
        try:
            consumer.commit()
        except KafkaError as problem:
            # Others read on from the last commit.
            print(problem, file=sys.stderr)
consumer.close()
