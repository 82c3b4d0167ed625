import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.clients.consumer.ConsumerGroupMetadata;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** One transaction after the other, whatever happens to the server, until it is told to stop. */
class TransactionsLoad extends Thread {
    final Properties properties;
    final String topic;
    final int count;
    final String group;
    final List<Integer> committed = new ArrayList<>();
    final List<Integer> aborted = new ArrayList<>();
    final List<Integer> unknown = new ArrayList<>();
    volatile boolean isStopping;

    /** @param group null: no offsets are sent. */
    TransactionsLoad(Properties properties, String topic, int count, String group) {
        this.properties = properties;
        this.topic = topic;
        this.count = count;
        this.group = group;
        properties.putAll(Map.of("reconnect.backoff.max.ms", "100", "retry.backoff.max.ms", "200", "request.timeout.ms", "10000"));
    }

    @Override
    public void run() {
        KafkaProducer<byte[], byte[]> producer = null;
        for (int number = 0; !isStopping || producer == null; number++) {
            boolean isAborting = number % 4 == 3;
            try {
                if (producer == null) {
                    // It ends what the one before has left open.
                    producer = new KafkaProducer<>(properties, new ByteArraySerializer(), new ByteArraySerializer());
                    producer.initTransactions();
                    if (isStopping) break;
                }
                transact(producer, number, isAborting);
                (isAborting ? aborted : committed).add(number);
            } catch (KafkaException problem) {
                unknown.add(number);
                producer.close(Duration.ZERO);
                producer = null;
            }
        }
        producer.close();
    }

    void transact(KafkaProducer<byte[], byte[]> producer, int number, boolean isAborting) {
        producer.beginTransaction();
        for (int index = 0; index < count; index++)
            producer.send(new ProducerRecord<>(topic, index % 2, null, (number + ":" + index).getBytes()));
        if (group != null) {
            Map<TopicPartition, OffsetAndMetadata> offset =
                Map.of(new TopicPartition(topic, 0), new OffsetAndMetadata(number));
            producer.sendOffsetsToTransaction(offset, new ConsumerGroupMetadata(group));
        }
        if (isAborting) producer.abortTransaction();
        else producer.commitTransaction();
    }

    Object end() throws InterruptedException {
        isStopping = true;
        join();
        return Map.of("committed", committed, "aborted", aborted, "unknown", unknown);
    }
}
