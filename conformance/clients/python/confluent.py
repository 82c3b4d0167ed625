"""confluent-kafka (librdkafka), told what to do line by line (see ../driver.ts)."""

import sys
import threading
import time

from confluent_kafka import (
    TIMESTAMP_NOT_AVAILABLE,
    Consumer,
    KafkaError,
    KafkaException,
    Producer,
    TopicPartition,
)
from confluent_kafka.admin import (
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    NewPartitions,
    NewTopic,
    ResourceType,
)

from serve import consumed, decoded, serve

BOOTSTRAP = sys.argv[1]
WAIT_S = 15


class Operations:
    def __init__(self):
        self.admin = AdminClient({"bootstrap.servers": BOOTSTRAP})

    def produce(self, topic, codec, acks, idempotent, records):
        producer = Producer(
            {
                "bootstrap.servers": BOOTSTRAP,
                "acks": acks,
                "compression.type": codec,
                "enable.idempotence": idempotent,
                "message.max.bytes": 2_000_000,
            }
        )
        delivered = Delivered()
        for index, record in enumerate(records):
            send(producer, topic, record, delivered.at(index))
        producer.flush(30)
        return [{"partition": place[0], "offset": place[1]} for place in delivered.places(len(records))]

    def consume(self, topic, partition, count, **given):
        consumer = Consumer(
            {
                "bootstrap.servers": BOOTSTRAP,
                # librdkafka wants a name, though nothing here asks for a coordinator.
                "group.id": "none",
                "enable.auto.commit": False,
                "auto.offset.reset": "earliest",
                **given.pop("options", {}),
            }
        )
        start = 0 if given["from"] == "earliest" else given["from"]
        if given["from"] == "earliest":
            start, _ = consumer.get_watermark_offsets(TopicPartition(topic, partition), timeout=WAIT_S)
        consumer.assign([TopicPartition(topic, partition, start)])
        records = taken(consumer, count)
        consumer.close()
        return records

    def offsets(self, topic, partition, timestamp):
        consumer = Consumer({"bootstrap.servers": BOOTSTRAP, "group.id": "none"})
        earliest, latest = consumer.get_watermark_offsets(TopicPartition(topic, partition), timeout=WAIT_S)
        [found] = consumer.offsets_for_times([TopicPartition(topic, partition, timestamp)], timeout=WAIT_S)
        consumer.close()
        return {"earliest": earliest, "latest": latest, "atTime": max(-1, found.offset)}

    def create(self, topic, partitions, configs):
        done(self.admin.create_topics([NewTopic(topic, partitions, 1, config=configs)]))

    def topics(self):
        return sorted(self.admin.list_topics(timeout=WAIT_S).topics)

    def describe(self, topic):
        return len(self.admin.list_topics(topic, timeout=WAIT_S).topics[topic].partitions)

    def grow(self, topic, partitions):
        done(self.admin.create_partitions([NewPartitions(topic, partitions)]))

    def config(self, topic, name):
        [entries] = done(self.admin.describe_configs([ConfigResource(ResourceType.TOPIC, topic)]))
        return entries[name].value

    def alter(self, topic, name, value):
        entry = ConfigEntry(name, value, incremental_operation=AlterConfigOpType.SET)
        resource = ConfigResource(ResourceType.TOPIC, topic, incremental_configs=[entry])
        done(self.admin.incremental_alter_configs([resource]))

    def deleteRecords(self, topic, partition, before):
        [deleted] = done(self.admin.delete_records([TopicPartition(topic, partition, before)]))
        return deleted.low_watermark

    def delete(self, topic):
        done(self.admin.delete_topics([topic]))

    def group(self, topic, group, count, protocol="classic"):
        consumer = Consumer(
            {
                "bootstrap.servers": BOOTSTRAP,
                "group.id": group,
                "group.protocol": protocol,
                "auto.offset.reset": "earliest",
                "enable.auto.commit": False,
            }
        )
        consumer.subscribe([topic])
        records = taken(consumer, count)
        consumer.commit(asynchronous=False)
        consumer.close()
        return records

    def consumerGroup(self, topic, group, count):
        return self.group(topic, group, count, protocol="consumer")

    def transaction(self, topic, transactionalId, commit, abort):
        producer = Producer({"bootstrap.servers": BOOTSTRAP, "transactional.id": transactionalId})
        producer.init_transactions(WAIT_S)
        delivered = Delivered()
        for records, end in ((commit, producer.commit_transaction), (abort, producer.abort_transaction)):
            producer.begin_transaction()
            for record in records:
                send(producer, topic, record, delivered.at(0))
            producer.flush(WAIT_S)
            end(WAIT_S)

    def transfer(self, source, topic, group, transactionalId, count, commits):
        consumer = Consumer(
            {
                "bootstrap.servers": BOOTSTRAP,
                "group.id": group,
                "auto.offset.reset": "earliest",
                "enable.auto.commit": False,
                "isolation.level": "read_committed",
            }
        )
        consumer.subscribe([source])
        producer = Producer({"bootstrap.servers": BOOTSTRAP, "transactional.id": transactionalId})
        producer.init_transactions(WAIT_S)
        records = taken(consumer, count)
        producer.begin_transaction()
        for record in records:
            producer.produce(topic, value=decoded(record["value"]), partition=0)
        next_offsets = {record["partition"]: record["offset"] + 1 for record in records}
        places = [TopicPartition(source, partition, offset) for partition, offset in next_offsets.items()]
        producer.send_offsets_to_transaction(places, consumer.consumer_group_metadata(), WAIT_S)
        producer.commit_transaction(WAIT_S) if commits else producer.abort_transaction(WAIT_S)
        consumer.close()
        return [record["offset"] for record in records]

    def fence(self, topic, transactionalId, zombie, heir):
        options = {"bootstrap.servers": BOOTSTRAP, "transactional.id": transactionalId}
        delivered = Delivered()
        producers = []
        for record in (zombie, heir):
            producers.append(Producer(options))
            producers[-1].init_transactions(WAIT_S)
            producers[-1].begin_transaction()
            send(producers[-1], topic, record, delivered.at(0))
            producers[-1].flush(WAIT_S)
        producers[1].commit_transaction(WAIT_S)
        try:
            producers[0].commit_transaction(WAIT_S)
        except KafkaException as problem:
            return str(problem)
        return "nothing"

    def consumeCommitted(self, topic, partition, count):
        options = {"isolation.level": "read_committed"}
        return self.consume(topic, partition, count, options=options, **{"from": "earliest"})


    def startLoad(self, topic, perSecond):
        self.load = Load(topic, perSecond)
        self.load.start()

    def stopLoad(self):
        return self.load.end()

    def startTransactions(self, topic, transactionalId, count):
        self.transactions = Transactions(topic, transactionalId, count)
        self.transactions.start()

    def stopTransactions(self):
        return self.transactions.end()


class Transactions(threading.Thread):
    """One transaction after the other, whatever happens to the server, until it is told to stop."""

    def __init__(self, topic, transactional_id, count):
        super().__init__(daemon=True)
        self.topic, self.count = topic, count
        self.ends = {"committed": [], "aborted": [], "unknown": []}
        self.is_stopping = False
        self.options = {
            "bootstrap.servers": BOOTSTRAP,
            "transactional.id": transactional_id,
            "reconnect.backoff.ms": 50,
            "reconnect.backoff.max.ms": 200,
            "log_level": 0,
        }

    def run(self):
        number, producer = 0, None
        while not self.is_stopping or producer is None:
            try:
                if producer is None:
                    producer = Producer(self.options)
                    persist(lambda: producer.init_transactions(WAIT_S))
                    if self.is_stopping:
                        return
                producer.begin_transaction()
                for index in range(self.count):
                    producer.produce(self.topic, f"{number}:{index}".encode(), partition=index % 2)
                if number % 4 == 3:
                    persist(lambda: producer.abort_transaction(WAIT_S))
                else:
                    persist(lambda: producer.commit_transaction(WAIT_S))
                self.ends["aborted" if number % 4 == 3 else "committed"].append(number)
            except KafkaException:
                # A new one with the same id ends what was left open.
                self.ends["unknown"].append(number)
                producer = None
            number += 1

    def end(self):
        self.is_stopping = True
        self.join()
        return self.ends


def persist(call):
    """As long as trying again may help."""
    while True:
        try:
            return call()
        except KafkaException as problem:
            if not problem.args[0].retriable():
                raise


class Load(threading.Thread):
    """Sends numbered records to two partitions in turns, whatever happens to the server, until it is told to stop."""

    def __init__(self, topic, per_second):
        super().__init__(daemon=True)
        self.topic, self.per_second = topic, per_second
        self.sent, self.acknowledged, self.failures = 0, [], []
        self.is_stopping = False
        self.producer = Producer(
            {
                "bootstrap.servers": BOOTSTRAP,
                "enable.idempotence": True,
                "linger.ms": 5,
                "reconnect.backoff.ms": 50,
                "reconnect.backoff.max.ms": 200,
                "log_level": 0,
            }
        )

    def run(self):
        begun = time.monotonic()
        while not self.is_stopping:
            number = self.sent
            value = f"{number}:{'x' * 100}".encode()
            try:
                self.producer.produce(self.topic, value, partition=number % 2, on_delivery=self.report(number))
            except BufferError:
                self.producer.poll(0.05)
                continue
            self.sent += 1
            ahead = self.sent / self.per_second - (time.monotonic() - begun)
            self.producer.poll(max(0, ahead) if ahead > 0.005 else 0)

    def report(self, number):
        def delivered(error, message):
            if error is not None:
                self.failures.append(f"{number}: {error}")
            else:
                self.acknowledged.append([number, message.partition(), message.offset()])

        return delivered

    def end(self):
        self.is_stopping = True
        self.join()
        self.producer.flush(60)
        return {"sent": self.sent, "acknowledged": self.acknowledged, "failures": self.failures}


class Delivered:
    """Where each record went, or why it did not."""

    def __init__(self):
        self.found = {}

    def at(self, index):
        def report(error, message):
            self.found[index] = error or (message.partition(), message.offset() if message.offset() is not None else -1)

        return report

    def places(self, count):
        for index in range(count):
            place = self.found.get(index)
            if not isinstance(place, tuple):
                raise RuntimeError(f"record {index} was not delivered: {place}")
        return [(partition, max(-1, offset)) for partition, offset in (self.found[index] for index in range(count))]


def send(producer, topic, record, report):
    options = {name: record[name] for name in ("partition", "timestamp") if name in record}
    while True:
        try:
            producer.produce(
                topic,
                value=decoded(record["value"]),
                key=decoded(record["key"]),
                headers=[(name, decoded(content)) for name, content in record["headers"]],
                on_delivery=report,
                **options,
            )
            return
        except BufferError:
            producer.poll(0.1)


def taken(consumer, count):
    records = []
    while len(records) < count:
        message = consumer.poll(WAIT_S)
        if message is None:
            break
        if message.error():
            if message.error().code() == KafkaError._PARTITION_EOF:
                break
            raise KafkaException(message.error())
        kind, timestamp = message.timestamp()
        assert kind != TIMESTAMP_NOT_AVAILABLE
        records.append(
            consumed(
                message.partition(), message.offset(), timestamp, message.key(), message.value(), message.headers()
            )
        )
    return records


def done(futures):
    return [future.result(WAIT_S) for future in futures.values()]


serve(Operations())
