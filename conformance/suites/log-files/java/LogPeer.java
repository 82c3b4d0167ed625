import java.io.BufferedReader;
import java.io.File;
import java.io.InputStreamReader;
import java.util.Optional;
import java.util.Properties;

import org.apache.kafka.common.utils.Time;
import org.apache.kafka.server.util.KafkaScheduler;
import org.apache.kafka.storage.internals.log.Cleaner;
import org.apache.kafka.storage.internals.log.LogConfig;
import org.apache.kafka.storage.internals.log.LogDirFailureChannel;
import org.apache.kafka.storage.internals.log.LogToClean;
import org.apache.kafka.storage.internals.log.ProducerStateManagerConfig;
import org.apache.kafka.storage.internals.log.SkimpyOffsetMap;
import org.apache.kafka.storage.internals.log.UnifiedLog;
import org.apache.kafka.storage.internals.utils.Throttler;
import org.apache.kafka.storage.log.metrics.BrokerTopicStats;

/**
 * Opens partition directories with Apache's own classes. A line per job on standard input, fields by tabs:
 * directory, first dirty offset, time, segment.bytes. Each is compacted as the broker would; the answer is how many
 * producers the log knew when it was opened, and the end of what is clean now.
 */
public class LogPeer {
    private static final int DAYS_20_MS = 20 * 86_400_000;

    public static void main(String[] arguments) throws Exception {
        KafkaScheduler scheduler = new KafkaScheduler(1);
        scheduler.startup();
        BufferedReader jobs = new BufferedReader(new InputStreamReader(System.in));
        for (String job = jobs.readLine(); job != null; job = jobs.readLine()) {
            String[] fields = job.split("\t");
            UnifiedLog log = open(new File(fields[0]), fields[3], scheduler);
            log.updateHighWatermark(log.logEndOffset());
            int producers = log.activeProducers().size();
            long clean = compact(log, Long.parseLong(fields[1]), Long.parseLong(fields[2]));
            System.out.println(producers + "\t" + clean);
            log.close();
        }
        scheduler.shutdown();
    }

    private static UnifiedLog open(File directory, String segmentBytes, KafkaScheduler scheduler) throws Exception {
        Properties properties = new Properties();
        properties.put("cleanup.policy", "compact");
        properties.put("internal.segment.bytes", segmentBytes);
        properties.put("file.delete.delay.ms", "0");
        return UnifiedLog.create(directory, new LogConfig(properties), 0L, 0L, scheduler, new BrokerTopicStats(), Time.SYSTEM,
            900_000, new ProducerStateManagerConfig(DAYS_20_MS, false), 600_000, new LogDirFailureChannel(1), true,
            Optional.empty());
    }

    private static long compact(UnifiedLog log, long firstDirty, long now) throws Exception {
        Throttler unlimited = new Throttler(Double.MAX_VALUE, 300, "cleaner-io", "bytes", Time.SYSTEM);
        Cleaner cleaner = new Cleaner(0, new SkimpyOffsetMap(1 << 20), 65_536, 1 << 20, 0.9, unlimited, Time.SYSTEM, partition -> { });
        long firstUncleanable = Math.max(firstDirty, Math.min(log.lastStableOffset(), log.activeSegment().baseOffset()));
        return cleaner.doClean(new LogToClean(log, firstDirty, firstUncleanable, true), now).getKey();
    }
}
