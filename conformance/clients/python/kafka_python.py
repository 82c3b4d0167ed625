"""kafka-python, told what to do line by line (see ../driver.ts). Serves 2.0.2 and 3, which differ in the admin."""

import json
import sys
import time

import kafka
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import ConfigResource, ConfigResourceType, NewPartitions, NewTopic
from kafka.errors import KafkaError
from kafka.structs import OffsetAndMetadata

from serve import consumed, decoded, serve

BOOTSTRAP = sys.argv[1]
IS_OLD = kafka.__version__.startswith("2.0")
IDLE_MS = 15_000
# What a producer throws while no broker is there has another name in 3.
NoBrokersAvailable = getattr(kafka.errors, "NoBrokersAvailable", kafka.errors.KafkaTimeoutError)


class Operations:
    def __init__(self):
        self.admin_client = None

    @property
    def admin(self):
        if self.admin_client is None:
            self.admin_client = KafkaAdminClient(bootstrap_servers=BOOTSTRAP)
        return self.admin_client

    def produce(self, topic, codec, acks, idempotent, records):
        options = {} if IS_OLD else {"enable_idempotence": idempotent}
        producer = KafkaProducer(
            bootstrap_servers=BOOTSTRAP,
            acks=acks if acks == "all" else int(acks),
            compression_type=None if codec == "none" else codec,
            linger_ms=5,
            **options,
        )
        futures = [send(producer, topic, record) for record in records]
        producer.flush()
        places = [future.get(timeout=30) for future in futures]
        producer.close()
        return [{"partition": place.partition, "offset": place.offset} for place in places]

    def consume(self, topic, partition, count, **given):
        consumer = KafkaConsumer(
            bootstrap_servers=BOOTSTRAP,
            consumer_timeout_ms=IDLE_MS,
            max_partition_fetch_bytes=2 * 1024 * 1024,
            **given.pop("options", {}),
        )
        place = TopicPartition(topic, partition)
        consumer.assign([place])
        if given["from"] == "earliest":
            consumer.seek_to_beginning(place)
        else:
            consumer.seek(place, given["from"])
        return taken(consumer, count)

    def offsets(self, topic, partition, timestamp):
        consumer = KafkaConsumer(bootstrap_servers=BOOTSTRAP)
        place = TopicPartition(topic, partition)
        found = consumer.offsets_for_times({place: timestamp})[place]
        answer = {
            "earliest": consumer.beginning_offsets([place])[place],
            "latest": consumer.end_offsets([place])[place],
            "atTime": -1 if found is None else found.offset,
        }
        consumer.close()
        return answer

    def create(self, topic, partitions, configs):
        self.admin.create_topics([NewTopic(topic, partitions, 1, topic_configs=configs)])

    def topics(self):
        consumer = KafkaConsumer(bootstrap_servers=BOOTSTRAP)
        names = sorted(consumer.topics())
        consumer.close()
        return names

    def describe(self, topic):
        [description] = self.admin.describe_topics([topic])
        return len(description["partitions"])

    def grow(self, topic, partitions):
        self.admin.create_partitions({topic: NewPartitions(partitions)})

    def config(self, topic, name):
        resource = ConfigResource(ConfigResourceType.TOPIC, topic)
        if not IS_OLD:
            described = self.admin.describe_configs([resource], config_filter="all")
            return described["topic" if "topic" in described else ConfigResourceType.TOPIC][topic][name]["value"]
        [response] = self.admin.describe_configs([resource])
        [(_, _, _, _, entries)] = response.resources
        return next(entry[1] for entry in entries if entry[0] == name)

    def alter(self, topic, name, value):
        answer = self.admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, topic, configs={name: value})])
        # The client tells of an error in what it returns.
        problem = answer.resources[0][1] if IS_OLD else answer["topic"][topic]
        if problem not in (None, "", "OK"):
            raise RuntimeError(problem)

    def deleteRecords(self, topic, partition, before):
        place = TopicPartition(topic, partition)
        return self.admin.delete_records({place: before})[place]["low_watermark"]

    def delete(self, topic):
        self.admin.delete_topics([topic])

    def group(self, topic, group, count):
        consumer = KafkaConsumer(
            topic,
            bootstrap_servers=BOOTSTRAP,
            group_id=group,
            auto_offset_reset="earliest",
            enable_auto_commit=False,
            consumer_timeout_ms=IDLE_MS,
        )
        return taken(consumer, count, commits=True)

    def transaction(self, topic, transactionalId, commit, abort):
        producer = KafkaProducer(bootstrap_servers=BOOTSTRAP, transactional_id=transactionalId)
        producer.init_transactions()
        for records, end in ((commit, producer.commit_transaction), (abort, producer.abort_transaction)):
            producer.begin_transaction()
            for record in records:
                send(producer, topic, record)
            producer.flush()
            end()
        producer.close()

    def transfer(self, source, topic, group, transactionalId, count, commits):
        consumer = KafkaConsumer(
            source,
            bootstrap_servers=BOOTSTRAP,
            group_id=group,
            auto_offset_reset="earliest",
            enable_auto_commit=False,
            isolation_level="read_committed",
            consumer_timeout_ms=IDLE_MS,
        )
        producer = KafkaProducer(bootstrap_servers=BOOTSTRAP, transactional_id=transactionalId)
        producer.init_transactions()
        offsets, next_offsets = [], {}
        producer.begin_transaction()
        for record in consumer:
            producer.send(topic, value=record.value, partition=0)
            offsets.append(record.offset)
            next_offsets[TopicPartition(source, record.partition)] = OffsetAndMetadata(record.offset + 1, "", -1)
            if len(offsets) == count:
                break
        producer.send_offsets_to_transaction(next_offsets, group)
        producer.commit_transaction() if commits else producer.abort_transaction()
        producer.close()
        consumer.close(autocommit=False)
        return offsets

    def fence(self, topic, transactionalId, zombie, heir):
        producers = []
        for record in (zombie, heir):
            producers.append(KafkaProducer(bootstrap_servers=BOOTSTRAP, transactional_id=transactionalId))
            producers[-1].init_transactions()
            producers[-1].begin_transaction()
            send(producers[-1], topic, record).get(15)
        producers[1].commit_transaction()
        producers[1].close()
        try:
            producers[0].commit_transaction()
        except KafkaError as problem:
            return repr(problem)
        finally:
            producers[0].close(timeout=1)
        return "nothing"

    def consumeCommitted(self, topic, partition, count):
        options = {"isolation_level": "read_committed"}
        return self.consume(topic, partition, count, options=options, **{"from": "earliest"})

    def walkthrough(self, name, topic):
        return {"W4": w4, "W4 group": w4_group, "W11": w11}[name](topic)


def w4(topic):
    """As guides write it: JSON values, a retry while no broker is there, a topic that the first send makes, a loop."""
    producer = None
    while producer is None:
        try:
            producer = KafkaProducer(
                bootstrap_servers=[BOOTSTRAP], value_serializer=lambda value: json.dumps(value).encode("utf-8")
            )
        except NoBrokersAvailable:
            time.sleep(0.2)
    for number in range(10):
        producer.send(topic, {"number": number})
    producer.flush()
    return [value["number"] for value in loop(topic)]


def w4_group(topic):
    return [value["number"] for value in loop(topic, group_id="walkthrough-4")]


def w11(topic):
    """Where each reading began: after a commit by hand, from an older offset, ahead, and after an automatic commit."""
    producer = KafkaProducer(bootstrap_servers=[BOOTSTRAP])
    for number in range(10):
        producer.send(topic, str(number).encode(), partition=0)
    producer.flush()
    producer.close()
    begun = []
    for is_automatic, wanted in ((False, [None]), (True, [None, 2, 8]), (False, [None])):
        consumer = KafkaConsumer(
            topic,
            bootstrap_servers=[BOOTSTRAP],
            group_id="walkthrough-11",
            auto_offset_reset="earliest",
            enable_auto_commit=is_automatic,
            consumer_timeout_ms=IDLE_MS,
            max_poll_records=1,
        )
        for offset in wanted:
            if offset is not None:
                consumer.seek(TopicPartition(topic, 0), offset)
            begun.append(next(consumer).offset)
        if begun == [0]:
            for _ in range(4):
                next(consumer)
            consumer.commit()
        consumer.close(autocommit=is_automatic)
    return begun


def loop(topic, **given):
    consumer = KafkaConsumer(
        topic,
        bootstrap_servers=[BOOTSTRAP],
        auto_offset_reset="earliest",
        value_deserializer=lambda data: json.loads(data.decode("utf-8")),
        **given,
    )
    values = []
    for message in consumer:
        values.append(message.value)
        if len(values) == 10:
            break
    consumer.close()
    return values


def send(producer, topic, record):
    return producer.send(
        topic,
        value=decoded(record["value"]),
        key=decoded(record["key"]),
        headers=[(name, decoded(content)) for name, content in record["headers"]],
        partition=record.get("partition"),
        timestamp_ms=record.get("timestamp"),
    )


def taken(consumer, count, commits=False):
    records = []
    for record in consumer:
        headers = record.headers
        records.append(
            consumed(record.partition, record.offset, record.timestamp, record.key, record.value, headers)
        )
        if len(records) == count:
            break
    if commits:
        consumer.commit()
    consumer.close()
    return records


serve(Operations())
