import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.SplittableRandom;

import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.ObjectSerializationCache;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.record.internal.CompressionType;
import org.apache.kafka.common.record.internal.ControlRecordType;
import org.apache.kafka.common.record.internal.EndTransactionMarker;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MemoryRecordsBuilder;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.apache.kafka.common.utils.ByteBufferOutputStream;
import org.apache.kafka.coordinator.common.runtime.CoordinatorRecord;
import org.apache.kafka.coordinator.common.runtime.CoordinatorRecordSerde;
import org.apache.kafka.coordinator.group.GroupCoordinatorRecordSerde;
import org.apache.kafka.coordinator.share.ShareCoordinatorRecordSerde;
import org.apache.kafka.coordinator.transaction.TransactionCoordinatorRecordSerde;
import org.apache.kafka.metadata.MetadataRecordSerde;
import org.apache.kafka.server.common.ApiMessageAndVersion;

/**
 * Apache Kafka's record batches and the frames of stored records, at the service of the codec suite. Requests:
 * R samples: reads batches, says what they hold, and builds uncompressed ones again from that.
 * W codec magic seed count: builds random batches.
 * M samples: reads and writes metadata records.
 * C topic samples: reads and writes records of a coordinator, keys and values by turns.
 * Answers are, for each sample, bytes and meaning, or an error.
 */
public final class RecordPeer {
    public static void main(String[] arguments) throws Exception {
        Frames.serve((request, answer) -> {
            char operation = (char) request.readByte();
            switch (operation) {
                case 'R' -> each(request, answer, sample -> read(sample));
                case 'W' -> write(request, answer);
                case 'M' -> each(request, answer, sample -> new Result(metadataRecord(sample), ""));
                case 'C' -> coordinatorRecords(request, answer);
                default -> throw new IllegalArgumentException("operation " + operation);
            }
        });
    }

    private record Result(byte[] bytes, String meaning) {
    }

    private interface Work {
        Result on(byte[] sample) throws Exception;
    }

    private static void each(DataInputStream request, DataOutputStream answer, Work work) throws Exception {
        for (int left = request.readInt(); left > 0; left--) {
            byte[] sample = Frames.readBytes(request);
            try {
                Result result = work.on(sample);
                Frames.succeed(answer, result.bytes, result.meaning);
            } catch (Exception problem) {
                Frames.fail(answer, problem);
            }
        }
    }

    // ------------------------------------------------------------------------------------------------------- batches

    private static Result read(byte[] sample) throws Exception {
        MemoryRecords records = MemoryRecords.readableRecords(ByteBuffer.wrap(sample));
        List<String> batches = new ArrayList<>();
        ByteBufferOutputStream again = new ByteBufferOutputStream(64);
        int bytes = 0;
        for (RecordBatch batch : records.batches()) {
            batch.ensureValid();
            batches.add(meaning(batch));
            bytes += batch.sizeInBytes();
            boolean canRebuild = batch.magic() == 2 && !batch.isCompressed() && batch.countOrNull() > 0
                && batch.timestampType() == TimestampType.CREATE_TIME;
            if (canRebuild) again.write(rebuild(batch));
        }
        if (bytes != sample.length) throw new IllegalStateException(sample.length - bytes + " bytes are left");
        return new Result(Arrays.copyOf(again.buffer().array(), again.position()), "[" + String.join(",", batches) + "]");
    }

    /** The same batch from its records: Java's bytes for it. */
    private static ByteBuffer rebuild(RecordBatch batch) {
        MemoryRecordsBuilder builder = new MemoryRecordsBuilder(new ByteBufferOutputStream(batch.sizeInBytes()),
            batch.magic(), Compression.NONE, batch.timestampType(), batch.baseOffset(), RecordBatch.NO_TIMESTAMP,
            batch.producerId(), batch.producerEpoch(), batch.baseSequence(), batch.isTransactional(),
            batch.isControlBatch(), batch.partitionLeaderEpoch(), Integer.MAX_VALUE,
            batch.deleteHorizonMs().orElse(RecordBatch.NO_TIMESTAMP));
        for (Record record : batch) {
            SimpleRecord simple = new SimpleRecord(record);
            if (batch.isControlBatch()) builder.appendControlRecordWithOffset(record.offset(), simple);
            else builder.appendWithOffset(record.offset(), simple);
        }
        return builder.build().buffer();
    }

    private static String meaning(RecordBatch batch) {
        List<String> records = new ArrayList<>();
        for (Record record : batch) records.add(meaning(batch, record));
        Object[] header = {
            batch.magic(), batch.baseOffset(), batch.lastOffset(), batch.partitionLeaderEpoch(),
            batch.compressionType().name, batch.timestampType().name, batch.maxTimestamp(), batch.producerId(),
            batch.producerEpoch(), batch.baseSequence(), batch.lastSequence(), batch.isTransactional(),
            batch.isControlBatch(), batch.deleteHorizonMs().isPresent() ? batch.deleteHorizonMs().getAsLong() : "none",
        };
        StringBuilder text = new StringBuilder("[");
        for (Object field : header) text.append('"').append(field).append("\",");
        return text.append('[').append(String.join(",", records)).append("]]").toString();
    }

    private static String meaning(RecordBatch batch, Record record) {
        StringBuilder text = new StringBuilder("[\"").append(record.offset()).append("\",\"").append(record.timestamp())
            .append("\",").append(hex(record.key())).append(',').append(hex(record.value()));
        for (Header header : record.headers()) {
            byte[] value = header.value();
            text.append(',').append(hex(ByteBuffer.wrap(header.key().getBytes(java.nio.charset.StandardCharsets.UTF_8))))
                .append(',').append(hex(value == null ? null : ByteBuffer.wrap(value)));
        }
        if (batch.isControlBatch()) {
            ControlRecordType type = ControlRecordType.parse(record.key());
            text.append(",\"").append(type).append('"');
            if (type == ControlRecordType.COMMIT || type == ControlRecordType.ABORT) {
                text.append(",\"").append(EndTransactionMarker.deserialize(record).coordinatorEpoch()).append('"');
            }
        }
        return text.append(']').toString();
    }

    private static String hex(ByteBuffer buffer) {
        if (buffer == null) return "null";
        byte[] bytes = new byte[buffer.remaining()];
        buffer.duplicate().get(bytes);
        return '"' + HexFormat.of().formatHex(bytes) + '"';
    }

    private static void write(DataInputStream request, DataOutputStream answer) throws Exception {
        CompressionType codec = CompressionType.forName(Frames.readText(request));
        byte magic = request.readByte();
        SplittableRandom random = new SplittableRandom(request.readLong());
        for (int left = request.readInt(); left > 0; left--) {
            ByteBuffer buffer = new RandomBatches(random).batches(codec, magic);
            byte[] bytes = new byte[buffer.remaining()];
            buffer.get(bytes);
            Frames.succeed(answer, bytes, read(bytes).meaning);
        }
    }

    // -------------------------------------------------------------------------------------------------------- frames

    private static byte[] metadataRecord(byte[] sample) {
        MetadataRecordSerde serde = new MetadataRecordSerde();
        ApiMessageAndVersion record = serde.read(new ByteBufferAccessor(ByteBuffer.wrap(sample)), sample.length);
        ObjectSerializationCache cache = new ObjectSerializationCache();
        ByteBuffer buffer = ByteBuffer.allocate(serde.recordSize(record, cache));
        serde.write(record, cache, new ByteBufferAccessor(buffer));
        return buffer.array();
    }

    private static void coordinatorRecords(DataInputStream request, DataOutputStream answer) throws Exception {
        CoordinatorRecordSerde serde = switch (Frames.readText(request)) {
            case "__consumer_offsets" -> new GroupCoordinatorRecordSerde();
            case "__transaction_state" -> new TransactionCoordinatorRecordSerde();
            default -> new ShareCoordinatorRecordSerde();
        };
        for (int left = request.readInt(); left > 0; left--) {
            byte[] key = Frames.readBytes(request);
            byte[] value = Frames.readBytes(request);
            try {
                CoordinatorRecord record =
                    serde.deserialize(ByteBuffer.wrap(key), value == null ? null : ByteBuffer.wrap(value));
                byte[] keyAgain = serde.serializeKey(record);
                byte[] valueAgain = serde.serializeValue(record);
                String meaning = valueAgain == null ? "null" : HexFormat.of().formatHex(valueAgain);
                Frames.succeed(answer, keyAgain, meaning);
            } catch (Exception problem) {
                Frames.fail(answer, problem);
            }
        }
    }
}
