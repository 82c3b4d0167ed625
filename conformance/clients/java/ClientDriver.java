import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.consumer.ConsumerGroupMetadata;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/** Apache's own clients, told what to do line by line (see ../driver.ts). */
public class ClientDriver {
    static final ObjectMapper JSON = new ObjectMapper();
    static final Duration WAIT = Duration.ofSeconds(15);
    static String bootstrap;
    static Admin admin;

    public static void main(String[] given) throws Exception {
        bootstrap = given[0];
        admin = Admin.create(properties(Map.of()));
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, "UTF-8"));
        for (String line; (line = lines.readLine()) != null;) {
            Map<String, Object> answer = new HashMap<>();
            try {
                answer.put("result", run(JSON.readTree(line)));
            } catch (Exception problem) {
                Throwable cause = problem instanceof ExecutionException ? problem.getCause() : problem;
                answer.put("error", cause.toString());
            }
            System.out.println(JSON.writeValueAsString(answer));
        }
        admin.close();
    }

    static Object run(JsonNode given) throws Exception {
        String topic = given.path("topic").asText();
        int partition = given.path("partition").asInt();
        ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
        switch (given.get("operation").asText()) {
            case "produce": return produce(given);
            case "consume": return consume(given, Map.of());
            case "consumeCommitted": return consume(given, Map.of("isolation.level", "read_committed"));
            case "group": return group(given, "classic");
            case "consumerGroup": return group(given, "consumer");
            case "readAll": return readAll(given);
            case "committed": return committed(given);
            case "startLoad": return startLoad(topic, given.get("perSecond").asInt());
            case "stopLoad": return load.end();
            case "startTransactions": return startTransactions(given);
            case "stopTransactions": return transactions.end();
            case "describeAll": return describeAll();
            case "offsets": return offsets(new TopicPartition(topic, partition), given.get("timestamp").asLong());
            case "transaction": return transaction(given);
            case "transfer": return transfer(given);
            case "fence": return fence(given);
            case "openTransaction": return openTransaction(given);
            case "endTransaction": return endTransaction(given);
            case "create":
                Map<String, String> configs = JSON.convertValue(given.get("configs"), Map.class);
                NewTopic created = new NewTopic(topic, given.get("partitions").asInt(), (short) 1).configs(configs);
                return admin.createTopics(List.of(created)).all().get();
            case "topics": return admin.listTopics().names().get();
            case "describe":
                return admin.describeTopics(List.of(topic)).allTopicNames().get().get(topic).partitions().size();
            case "grow":
                NewPartitions grown = NewPartitions.increaseTo(given.get("partitions").asInt());
                return admin.createPartitions(Map.of(topic, grown)).all().get();
            case "config":
                String name = given.get("name").asText();
                return admin.describeConfigs(List.of(resource)).all().get().get(resource).get(name).value();
            case "alter":
                ConfigEntry entry = new ConfigEntry(given.get("name").asText(), given.get("value").asText());
                AlterConfigOp operation = new AlterConfigOp(entry, AlterConfigOp.OpType.SET);
                return admin.incrementalAlterConfigs(Map.of(resource, List.of(operation))).all().get();
            case "deleteRecords":
                TopicPartition place = new TopicPartition(topic, partition);
                RecordsToDelete before = RecordsToDelete.beforeOffset(given.get("before").asLong());
                return admin.deleteRecords(Map.of(place, before)).lowWatermarks().get(place).get().lowWatermark();
            case "delete": return admin.deleteTopics(List.of(topic)).all().get();
            case "walkthrough": return walkthrough6(given.get("name").asText(), topic);
            default: throw new IllegalArgumentException("no operation " + given);
        }
    }

    static List<Map<String, Object>> produce(JsonNode given) throws Exception {
        Properties properties = properties(Map.of(
            "acks", given.get("acks").asText(),
            "batch.size", given.path("batchBytes").asText("16384"),
            "compression.type", given.get("codec").asText(),
            "enable.idempotence", given.get("idempotent").asText(),
            "linger.ms", "5",
            "buffer.memory", "67108864"));
        try (KafkaProducer<byte[], byte[]> producer =
                new KafkaProducer<>(properties, new ByteArraySerializer(), new ByteArraySerializer())) {
            List<Map<String, Object>> places = new ArrayList<>();
            for (RecordMetadata sent : send(producer, given.get("topic").asText(), given.get("records")))
                places.add(Map.of("partition", sent.partition(), "offset", sent.hasOffset() ? sent.offset() : -1));
            return places;
        }
    }

    static List<RecordMetadata> send(KafkaProducer<byte[], byte[]> producer, String topic, JsonNode records)
            throws Exception {
        List<Future<RecordMetadata>> sending = new ArrayList<>();
        for (JsonNode from : records) {
            Integer partition = from.has("partition") ? from.get("partition").asInt() : null;
            Long timestamp = from.has("timestamp") ? from.get("timestamp").asLong() : null;
            List<Header> headers = new ArrayList<>();
            for (JsonNode header : from.get("headers"))
                headers.add(new RecordHeader(header.get(0).asText(), bytes(header.get(1))));
            sending.add(producer.send(new ProducerRecord<>(
                topic, partition, timestamp, bytes(from.get("key")), bytes(from.get("value")), headers)));
        }
        producer.flush();
        List<RecordMetadata> sent = new ArrayList<>();
        for (Future<RecordMetadata> each : sending) sent.add(each.get());
        return sent;
    }

    static List<Map<String, Object>> consume(JsonNode given, Map<String, String> more) {
        try (KafkaConsumer<byte[], byte[]> consumer = consumer(more)) {
            TopicPartition place = new TopicPartition(given.get("topic").asText(), given.path("partition").asInt());
            consumer.assign(List.of(place));
            if (given.path("from").isNumber()) consumer.seek(place, given.get("from").asLong());
            else consumer.seekToBeginning(List.of(place));
            return take(consumer, given.get("count").asInt());
        }
    }

    static List<Map<String, Object>> group(JsonNode given, String protocol) {
        Map<String, String> more = Map.of(
            "group.id", given.get("group").asText(),
            "group.protocol", protocol,
            "auto.offset.reset", "earliest",
            "enable.auto.commit", "false");
        try (KafkaConsumer<byte[], byte[]> consumer = consumer(more)) {
            consumer.subscribe(List.of(given.get("topic").asText()));
            List<Map<String, Object>> taken = take(consumer, given.get("count").asInt());
            consumer.commitSync();
            return taken;
        }
    }

    static KafkaConsumer<byte[], byte[]> consumer(Map<String, String> more) {
        return new KafkaConsumer<>(properties(more), new ByteArrayDeserializer(), new ByteArrayDeserializer());
    }

    static List<Map<String, Object>> take(KafkaConsumer<byte[], byte[]> consumer, int count) {
        List<Map<String, Object>> taken = new ArrayList<>();
        long end = System.nanoTime() + WAIT.toNanos();
        while (taken.size() < count && System.nanoTime() < end) {
            for (ConsumerRecord<byte[], byte[]> from : consumer.poll(Duration.ofMillis(200))) {
                if (taken.size() == count) break;
                taken.add(taken(from));
            }
        }
        return taken;
    }

    static Map<String, Object> taken(ConsumerRecord<byte[], byte[]> from) {
        List<Object[]> headers = new ArrayList<>();
        for (Header header : from.headers()) headers.add(new Object[] {header.key(), header.value()});
        Map<String, Object> to = new HashMap<>();
        to.put("partition", from.partition());
        to.put("offset", from.offset());
        to.put("timestamp", from.timestamp());
        to.put("key", from.key());
        to.put("value", from.value());
        to.put("headers", headers);
        return to;
    }

    /** Everything there is now, whatever the gaps: by the names of the partitions. */
    static Map<String, List<Map<String, Object>>> readAll(JsonNode given) {
        Map<String, List<Map<String, Object>>> taken = new HashMap<>();
        List<TopicPartition> places = new ArrayList<>();
        for (JsonNode topic : given.get("topics"))
            for (int partition = 0; partition < topic.get("partitions").asInt(); partition++)
                places.add(new TopicPartition(topic.get("name").asText(), partition));
        for (TopicPartition place : places) taken.put(place.toString(), new ArrayList<>());
        Map<String, String> more = Map.of("isolation.level", given.get("isolation").asText());
        try (KafkaConsumer<byte[], byte[]> consumer = consumer(more)) {
            consumer.assign(places);
            consumer.seekToBeginning(places);
            Map<TopicPartition, Long> ends = consumer.endOffsets(places);
            long end = System.nanoTime() + 2 * WAIT.toNanos();
            while (places.stream().anyMatch(place -> consumer.position(place) < ends.get(place))) {
                if (System.nanoTime() > end) throw new IllegalStateException("not all was read: " + ends);
                for (ConsumerRecord<byte[], byte[]> from : consumer.poll(Duration.ofMillis(100)))
                    taken.get(from.topic() + "-" + from.partition()).add(taken(from));
            }
        }
        return taken;
    }

    static long committed(JsonNode given) throws Exception {
        TopicPartition place = new TopicPartition(given.get("topic").asText(), given.path("partition").asInt());
        var found = admin.listConsumerGroupOffsets(given.get("group").asText()).partitionsToOffsetAndMetadata().get();
        return found.get(place) == null ? -1 : found.get(place).offset();
    }

    /** Each topic: its id, how many partitions it has, and the configs that were set for it. */
    static Map<String, Object> describeAll() throws Exception {
        Map<String, Object> all = new HashMap<>();
        var topics = admin.describeTopics(admin.listTopics().names().get()).allTopicNames().get();
        for (var topic : topics.values()) {
            ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, topic.name());
            Map<String, String> set = new java.util.TreeMap<>();
            for (ConfigEntry entry : admin.describeConfigs(List.of(resource)).all().get().get(resource).entries())
                if (entry.source() == ConfigEntry.ConfigSource.DYNAMIC_TOPIC_CONFIG) set.put(entry.name(), entry.value());
            all.put(topic.name(), Map.of(
                "id", topic.topicId().toString(), "partitions", topic.partitions().size(), "configs", set));
        }
        return all;
    }

    static Map<String, Object> offsets(TopicPartition place, long timestamp) {
        try (KafkaConsumer<byte[], byte[]> consumer = consumer(Map.of())) {
            var found = consumer.offsetsForTimes(Map.of(place, timestamp)).get(place);
            return Map.of(
                "earliest", consumer.beginningOffsets(List.of(place)).get(place),
                "latest", consumer.endOffsets(List.of(place)).get(place),
                "atTime", found == null ? -1 : found.offset());
        }
    }

    static Object transaction(JsonNode given) throws Exception {
        Properties properties = properties(Map.of("transactional.id", given.get("transactionalId").asText()));
        try (KafkaProducer<byte[], byte[]> producer =
                new KafkaProducer<>(properties, new ByteArraySerializer(), new ByteArraySerializer())) {
            producer.initTransactions();
            producer.beginTransaction();
            send(producer, given.get("topic").asText(), given.get("commit"));
            producer.commitTransaction();
            producer.beginTransaction();
            send(producer, given.get("topic").asText(), given.get("abort"));
            producer.abortTransaction();
        }
        return null;
    }

    static KafkaProducer<byte[], byte[]> transactional(String id) {
        Properties properties = properties(Map.of("transactional.id", id));
        KafkaProducer<byte[], byte[]> producer =
            new KafkaProducer<>(properties, new ByteArraySerializer(), new ByteArraySerializer());
        producer.initTransactions();
        return producer;
    }

    static List<Long> transfer(JsonNode given) throws Exception {
        String source = given.get("source").asText();
        Map<String, String> more = Map.of(
            "group.id", given.get("group").asText(), "auto.offset.reset", "earliest",
            "enable.auto.commit", "false", "isolation.level", "read_committed");
        List<Long> offsets = new ArrayList<>();
        try (KafkaConsumer<byte[], byte[]> consumer = consumer(more);
                KafkaProducer<byte[], byte[]> producer = transactional(given.get("transactionalId").asText())) {
            consumer.subscribe(List.of(source));
            Map<TopicPartition, OffsetAndMetadata> next = new HashMap<>();
            producer.beginTransaction();
            for (Map<String, Object> from : take(consumer, given.get("count").asInt())) {
                long offset = (Long) from.get("offset");
                offsets.add(offset);
                producer.send(new ProducerRecord<>(given.get("topic").asText(), 0, null, (byte[]) from.get("value")));
                next.put(new TopicPartition(source, (Integer) from.get("partition")), new OffsetAndMetadata(offset + 1));
            }
            producer.sendOffsetsToTransaction(next, consumer.groupMetadata());
            if (given.get("commits").asBoolean()) producer.commitTransaction();
            else producer.abortTransaction();
        }
        return offsets;
    }

    static final Map<String, KafkaProducer<byte[], byte[]>> open = new HashMap<>();

    static Object openTransaction(JsonNode given) throws Exception {
        String topic = given.get("topic").asText();
        String id = given.get("transactionalId").asText();
        KafkaProducer<byte[], byte[]> producer = transactional(id);
        producer.beginTransaction();
        producer.send(new ProducerRecord<>(topic, 0, null, id.getBytes())).get();
        OffsetAndMetadata offset = new OffsetAndMetadata(given.get("offset").asLong());
        ConsumerGroupMetadata group = new ConsumerGroupMetadata(given.get("group").asText());
        producer.sendOffsetsToTransaction(Map.of(new TopicPartition(topic, 0), offset), group);
        open.put(id, producer);
        return null;
    }

    static Object endTransaction(JsonNode given) {
        try (KafkaProducer<byte[], byte[]> producer = open.remove(given.get("transactionalId").asText())) {
            if (given.get("commits").asBoolean()) producer.commitTransaction();
            else producer.abortTransaction();
        }
        return null;
    }

    static String fence(JsonNode given) throws Exception {
        String topic = given.get("topic").asText();
        String id = given.get("transactionalId").asText();
        try (KafkaProducer<byte[], byte[]> zombie = transactional(id)) {
            zombie.beginTransaction();
            send(zombie, topic, JSON.createArrayNode().add(given.get("zombie")));
            try (KafkaProducer<byte[], byte[]> heir = transactional(id)) {
                heir.beginTransaction();
                send(heir, topic, JSON.createArrayNode().add(given.get("heir")));
                heir.commitTransaction();
            }
            zombie.commitTransaction();
        } catch (KafkaException problem) {
            return problem.toString();
        }
        return "nothing";
    }

    /** W6: an administrator's topic, a producer of texts, and with "group" a consumer in one. */
    static Object walkthrough6(String name, String topic) throws Exception {
        if (name.equals("W6 group")) {
            Map<String, String> more = Map.of("group.id", "walkthrough-6", "auto.offset.reset", "earliest");
            List<String> values = new ArrayList<>();
            try (KafkaConsumer<String, String> consumer =
                    new KafkaConsumer<>(properties(more), new StringDeserializer(), new StringDeserializer())) {
                consumer.subscribe(List.of(topic));
                long end = System.nanoTime() + WAIT.toNanos();
                while (values.size() < 3 && System.nanoTime() < end)
                    consumer.poll(Duration.ofMillis(200)).forEach(each -> values.add(each.key() + "=" + each.value()));
            }
            return values.stream().sorted().toList();
        }
        String refusal = null;
        try {
            admin.createTopics(List.of(new NewTopic(topic, 3, (short) 3))).all().get();
        } catch (ExecutionException problem) {
            refusal = problem.getCause().getClass().getSimpleName();
        }
        if (refusal != null) admin.createTopics(List.of(new NewTopic(topic, 3, (short) 1))).all().get();
        try (KafkaProducer<String, String> producer =
                new KafkaProducer<>(properties(Map.of()), new StringSerializer(), new StringSerializer())) {
            for (int number = 0; number < 3; number++)
                producer.send(new ProducerRecord<>(topic, "key-" + number, "value-" + number)).get();
        }
        return refusal;
    }

    static TransactionsLoad transactions;

    static Object startTransactions(JsonNode given) {
        Properties properties = properties(Map.of("transactional.id", given.get("transactionalId").asText()));
        String group = given.has("group") ? given.get("group").asText() : null;
        String topic = given.get("topic").asText();
        transactions = new TransactionsLoad(properties, topic, given.get("count").asInt(), group);
        transactions.start();
        return null;
    }

    static Load load;

    static Object startLoad(String topic, int perSecond) {
        load = new Load(topic, perSecond);
        load.start();
        return null;
    }

    /** Sends numbered records to two partitions in turns, whatever happens to the server, until it is told to stop. */
    static class Load extends Thread {
        final String topic;
        final int perSecond;
        final KafkaProducer<byte[], byte[]> producer;
        final List<long[]> acknowledged = new ArrayList<>();
        final List<String> failures = new ArrayList<>();
        volatile boolean isStopping;
        int sent;

        Load(String topic, int perSecond) {
            this.topic = topic;
            this.perSecond = perSecond;
            Properties properties = properties(Map.of(
                "linger.ms", "5", "reconnect.backoff.max.ms", "100", "retry.backoff.max.ms", "200",
                "request.timeout.ms", "10000"));
            producer = new KafkaProducer<>(properties, new ByteArraySerializer(), new ByteArraySerializer());
        }

        @Override
        public void run() {
            for (long begun = System.nanoTime(); !isStopping; sent++) {
                int number = sent;
                int partition = number % 2;
                byte[] value = (number + ":" + "x".repeat(100)).getBytes();
                producer.send(new ProducerRecord<>(topic, partition, null, value), (where, problem) -> {
                    synchronized (acknowledged) {
                        if (problem != null) failures.add(number + ": " + problem);
                        else acknowledged.add(new long[] {number, partition, where.offset()});
                    }
                });
                long aheadMs = sent * 1000L / perSecond - (System.nanoTime() - begun) / 1_000_000;
                if (aheadMs > 5) rest(aheadMs);
            }
        }

        static void rest(long ms) {
            try {
                Thread.sleep(ms);
            } catch (InterruptedException problem) {
                throw new IllegalStateException(problem);
            }
        }

        Object end() throws Exception {
            isStopping = true;
            join();
            producer.close();
            return Map.of("sent", sent, "acknowledged", acknowledged, "failures", failures);
        }
    }

    static Properties properties(Map<String, String> more) {
        Properties properties = new Properties();
        // A list of brokers, one of which is not there.
        properties.put("bootstrap.servers", "127.0.0.1:1," + bootstrap);
        properties.putAll(more);
        return properties;
    }

    static byte[] bytes(JsonNode text) {
        return text.isNull() ? null : Base64.getDecoder().decode(text.asText());
    }
}
