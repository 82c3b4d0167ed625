import java.nio.ByteBuffer;
import java.util.SplittableRandom;

import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.message.KRaftVersionRecord;
import org.apache.kafka.common.message.LeaderChangeMessage;
import org.apache.kafka.common.message.SnapshotFooterRecord;
import org.apache.kafka.common.message.SnapshotHeaderRecord;
import org.apache.kafka.common.message.VotersRecord;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.record.internal.CompressionType;
import org.apache.kafka.common.record.internal.ControlRecordType;
import org.apache.kafka.common.record.internal.EndTransactionMarker;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MemoryRecordsBuilder;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.utils.ByteBufferOutputStream;

/** Random batches as Apache's builder makes them: one to three in a row, data of every shape, and control batches. */
final class RandomBatches {
    private final SplittableRandom random;

    RandomBatches(SplittableRandom random) {
        this.random = random;
    }

    ByteBuffer batches(CompressionType codec, byte magic) {
        ByteBufferOutputStream output = new ByteBufferOutputStream(1024);
        for (int left = random.nextInt(1, 4); left > 0; left--) {
            boolean isControl = magic == 2 && codec == CompressionType.NONE && random.nextInt(4) == 0;
            output.write(isControl ? control() : data(codec, magic));
        }
        ByteBuffer buffer = output.buffer().duplicate();
        buffer.flip();
        return buffer;
    }

    private ByteBuffer data(CompressionType codec, byte magic) {
        boolean isStamped = magic > 0 && random.nextInt(4) == 0;
        boolean hasProducer = magic == 2 && random.nextBoolean();
        long baseOffset = offset();
        MemoryRecordsBuilder builder = new MemoryRecordsBuilder(new ByteBufferOutputStream(256), magic, compression(codec),
            isStamped ? TimestampType.LOG_APPEND_TIME : TimestampType.CREATE_TIME, baseOffset,
            isStamped ? time() : RecordBatch.NO_TIMESTAMP, hasProducer ? offset() : -1,
            hasProducer ? (short) random.nextInt(0x8000) : -1, hasProducer ? random.nextInt(Integer.MAX_VALUE) : -1,
            hasProducer && random.nextBoolean(), false, random.nextInt(-1, 1000), Integer.MAX_VALUE,
            magic == 2 && random.nextInt(8) == 0 ? time() : RecordBatch.NO_TIMESTAMP);
        int count = random.nextInt(20) == 0 ? 2000 : random.nextInt(1, 20);
        long offset = baseOffset;
        for (int left = count; left > 0; left--) {
            long time = magic == 0 ? RecordBatch.NO_TIMESTAMP : time();
            if (magic == 2) builder.appendWithOffset(offset, time, bytes(), bytes(), headers());
            else builder.appendWithOffset(offset, time, bytes(), bytes());
            // Compaction leaves gaps. In a compressed set of magic 1 the offsets count from 0.
            offset += random.nextInt(4) == 0 ? random.nextInt(1, 1000) : 1;
        }
        return builder.build().buffer();
    }

    private Compression compression(CompressionType codec) {
        return switch (codec) {
            case GZIP -> Compression.gzip().level(random.nextInt(1, 10)).build();
            case LZ4 -> Compression.lz4().level(random.nextInt(1, 18)).build();
            case ZSTD -> Compression.zstd().level(random.nextInt(-5, 8)).build();
            default -> Compression.of(codec).build();
        };
    }

    private ByteBuffer control() {
        int leaderEpoch = random.nextInt(1000);
        ByteBuffer buffer = ByteBuffer.allocate(256);
        return switch (random.nextInt(7)) {
            case 0 -> MemoryRecords.withLeaderChangeMessage(offset(), time(), leaderEpoch, buffer,
                new LeaderChangeMessage().setLeaderId(1)).buffer();
            case 1 -> MemoryRecords.withSnapshotHeaderRecord(offset(), time(), leaderEpoch, buffer,
                new SnapshotHeaderRecord().setLastContainedLogTimestamp(time())).buffer();
            case 2 -> MemoryRecords.withSnapshotFooterRecord(offset(), time(), leaderEpoch, buffer,
                new SnapshotFooterRecord()).buffer();
            case 3 -> MemoryRecords.withKRaftVersionRecord(offset(), time(), leaderEpoch, buffer,
                new KRaftVersionRecord().setKRaftVersion((short) 1)).buffer();
            case 4 -> MemoryRecords.withVotersRecord(offset(), time(), leaderEpoch, buffer, new VotersRecord()).buffer();
            default -> MemoryRecords.withEndTransactionMarker(offset(), time(), leaderEpoch, offset(),
                (short) random.nextInt(0x8000), new EndTransactionMarker(
                    random.nextBoolean() ? ControlRecordType.COMMIT : ControlRecordType.ABORT, random.nextInt())).buffer();
        };
    }

    /** As large as our numbers are exact, less what a batch may add. */
    private long offset() {
        return switch (random.nextInt(3)) {
            case 0 -> random.nextLong(1L << 52);
            case 1 -> random.nextLong(1L << 33);
            default -> random.nextInt(1000);
        };
    }

    private long time() {
        return random.nextInt(10) == 0 ? random.nextLong(1L << 52) : 1_700_000_000_000L + random.nextInt(100_000);
    }

    private byte[] bytes() {
        int kind = random.nextInt(40);
        if (kind < 6) return null;
        byte[] bytes = new byte[kind == 6 ? random.nextInt(10_000) : random.nextInt(100)];
        // Half of it compresses.
        if (random.nextBoolean()) random.nextBytes(bytes);
        else for (int index = 0; index < bytes.length; index++) bytes[index] = (byte) (index % 7);
        return bytes;
    }

    private Header[] headers() {
        Header[] headers = new Header[random.nextInt(3) == 0 ? random.nextInt(5) : 0];
        for (int index = 0; index < headers.length; index++) {
            headers[index] = new RecordHeader(random.nextBoolean() ? "trace" : "é\uD83D\uDE00" + index, bytes());
        }
        return headers;
    }
}
