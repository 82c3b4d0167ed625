import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.File;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.util.List;
import java.util.Optional;
import java.util.Properties;

import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.requests.ProduceRequest;
import org.apache.kafka.common.requests.ProduceResponse.RecordError;
import org.apache.kafka.common.utils.BufferSupplier;
import org.apache.kafka.common.utils.CloseableIterator;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.common.utils.Timer;
import org.apache.kafka.server.util.KafkaScheduler;
import org.apache.kafka.server.storage.log.FetchIsolation;
import org.apache.kafka.storage.internals.log.LogAppendInfo;
import org.apache.kafka.storage.internals.log.LogConfig;
import org.apache.kafka.storage.internals.log.LogDirFailureChannel;
import org.apache.kafka.storage.internals.log.ProducerStateManagerConfig;
import org.apache.kafka.storage.internals.log.RecordValidationException;
import org.apache.kafka.storage.internals.log.UnifiedLog;
import org.apache.kafka.storage.log.metrics.BrokerTopicStats;

/**
 * Appends batches to a log of Apache's as its broker would, at the time and with the topic configs given, and answers
 * with what became of each: the error code, the record errors and what is stored; and, of the batch that came, whether
 * a consumer can read it and whether its offsets are 0, 1, 2 and so on.
 */
public class ValidationPeer {
    private static long nowMs;

    public static void main(String[] arguments) throws Exception {
        KafkaScheduler scheduler = new KafkaScheduler(1);
        scheduler.startup();
        File directory = new File(Files.createTempDirectory("validation-peer").toFile(), "events-0");
        UnifiedLog log = UnifiedLog.create(directory, new LogConfig(new Properties()), 0L, 0L, scheduler,
            new BrokerTopicStats(), new FixedTime(), 900_000, new ProducerStateManagerConfig(86_400_000, false), 600_000,
            new LogDirFailureChannel(1), true, Optional.empty());
        Frames.serve((request, answer) -> {
            nowMs = request.readLong();
            int count = request.readInt();
            for (int index = 0; index < count; index++) answerOne(log, request, answer);
        });
        log.close();
        scheduler.shutdown();
        delete(directory.getParentFile());
    }

    private static void answerOne(UnifiedLog log, DataInputStream request, DataOutputStream answer) throws Exception {
        Properties properties = new Properties();
        int configs = request.readInt();
        for (int index = 0; index < configs; index++) {
            String name = Frames.readText(request);
            properties.put(name, Frames.readText(request));
        }
        log.updateConfig(new LogConfig(properties));
        short version = request.readShort();
        byte[] bytes = Frames.readBytes(request);
        int readability = readability(ByteBuffer.wrap(bytes.clone()));
        try {
            MemoryRecords records = MemoryRecords.readableRecords(ByteBuffer.wrap(bytes));
            ProduceRequest.validateRecords(version, records);
            LogAppendInfo info = log.appendAsLeader(records, 5);
            answer.writeShort(0);
            Frames.writeText(answer, "");
            answer.writeInt(0);
            Frames.writeBytes(answer, stored(log, info.firstOffset()));
        } catch (RecordValidationException refusal) {
            answer.writeShort(Errors.forException(refusal.invalidException()).code());
            Frames.writeText(answer, refusal.toString());
            List<RecordError> errors = refusal.recordErrors();
            answer.writeInt(errors.size());
            for (RecordError error : errors) {
                answer.writeInt(error.batchIndex);
                Frames.writeText(answer, error.message);
            }
            Frames.writeBytes(answer, null);
        } catch (Throwable problem) {
            answer.writeShort(Errors.forException(problem).code());
            Frames.writeText(answer, problem + (problem.getCause() == null ? "" : " by " + problem.getCause()));
            answer.writeInt(0);
            Frames.writeBytes(answer, null);
        }
        answer.writeByte(readability);
    }

    private static byte[] stored(UnifiedLog log, long offset) throws Exception {
        var records = log.read(offset, 1 << 30, FetchIsolation.LOG_END, true).records;
        ByteBuffer buffer = ByteBuffer.allocate(records.sizeInBytes());
        ((org.apache.kafka.common.record.internal.FileRecords) records).readInto(buffer, 0);
        byte[] bytes = new byte[buffer.remaining()];
        buffer.get(bytes);
        return bytes;
    }

    /** 1: readable, 2: its offsets are consecutive. */
    private static int readability(ByteBuffer buffer) {
        try {
            RecordBatch batch = MemoryRecords.readableRecords(buffer).batches().iterator().next();
            boolean isConsecutive = true;
            try (CloseableIterator<Record> records = batch.streamingIterator(BufferSupplier.create())) {
                for (long offset = batch.baseOffset(); records.hasNext(); offset++) {
                    Record record = records.next();
                    isConsecutive &= record.offset() == offset;
                    for (Header header : record.headers()) header.key();
                }
            }
            return 1 + (isConsecutive ? 2 : 0);
        } catch (Throwable problem) {
            return 0;
        }
    }

    private static void delete(File file) {
        File[] files = file.listFiles();
        if (files != null) for (File each : files) delete(each);
        file.delete();
    }

    private static final class FixedTime implements Time {
        @Override
        public long milliseconds() {
            return nowMs;
        }

        @Override
        public long nanoseconds() {
            return System.nanoTime();
        }

        @Override
        public void sleep(long ms) {
            Time.SYSTEM.sleep(ms);
        }

        @Override
        public void waitObject(Object object, java.util.function.Supplier<Boolean> condition, long deadlineMs) throws InterruptedException {
            Time.SYSTEM.waitObject(object, condition, deadlineMs);
        }

        @Override
        public Timer timer(long timeoutMs) {
            return Time.SYSTEM.timer(timeoutMs);
        }
    }
}
