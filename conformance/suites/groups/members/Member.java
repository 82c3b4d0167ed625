import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Properties;
import java.util.TreeSet;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/** A member of a group, by Apache's consumer (see ../member.ts). */
public class Member {
    static final TreeSet<Integer> assigned = new TreeSet<>();

    public static void main(String[] given) throws Exception {
        Properties properties = new Properties();
        properties.put("bootstrap.servers", given[0]);
        properties.put("group.id", given[2]);
        properties.put("group.protocol", given[3]);
        properties.put("auto.offset.reset", "earliest");
        properties.put("enable.auto.commit", "false");
        if (given[3].equals("classic")) {
            properties.put("session.timeout.ms", given[4]);
            properties.put("heartbeat.interval.ms", "1000");
        }
        for (int at = 5; at < given.length; at++) {
            String[] property = given[at].split("=", 2);
            properties.put(property[0], property[1]);
        }
        KafkaConsumer<byte[], byte[]> consumer =
            new KafkaConsumer<>(properties, new ByteArrayDeserializer(), new ByteArrayDeserializer());
        Thread listening = new Thread(() -> {
            try {
                while (System.in.read() >= 0) continue;
            } catch (Exception ignored) {
                // The end, too.
            }
            consumer.wakeup();
        });
        listening.setDaemon(true);
        listening.start();
        consumer.subscribe(List.of(given[1]), new ConsumerRebalanceListener() {
            public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
                for (TopicPartition each : partitions) assigned.add(each.partition());
                tell();
            }

            public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
                for (TopicPartition each : partitions) assigned.remove(each.partition());
                tell();
            }
        });
        try {
            while (true) {
                List<String> consumed = new ArrayList<>();
                for (ConsumerRecord<byte[], byte[]> each : consumer.poll(Duration.ofMillis(200)))
                    consumed.add("[" + each.partition() + "," + each.offset() + "]");
                if (consumed.isEmpty()) continue;
                System.out.println("{\"consumed\":[" + String.join(",", consumed) + "]}");
                try {
                    consumer.commitSync();
                } catch (WakeupException end) {
                    throw end;
                } catch (RuntimeException problem) {
                    // Others read on from the last commit.
                    System.err.println(problem);
                }
            }
        } catch (WakeupException end) {
            consumer.close();
        }
    }

    static void tell() {
        System.out.println("{\"assigned\":" + assigned + "}");
    }
}
