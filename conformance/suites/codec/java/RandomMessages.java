import java.lang.reflect.Field;
import java.lang.reflect.ParameterizedType;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.protocol.Message;
import org.apache.kafka.common.protocol.types.BoundField;
import org.apache.kafka.common.protocol.types.Schema;
import org.apache.kafka.common.protocol.types.TaggedFields;
import org.apache.kafka.common.protocol.types.Type;

/**
 * Random messages, by reflection: the schema of a version says which fields travel and which may be null, the class
 * says what type they have. Numbers favour the ends of their ranges.
 */
final class RandomMessages {
    private final SplittableRandom random;

    RandomMessages(long seed) {
        random = new SplittableRandom(seed);
    }

    Message message(Class<?> type, Schema schema) throws Exception {
        return message(type, schema, 0);
    }

    private Message message(Class<?> type, Schema schema, int depth) throws Exception {
        Message message = (Message) type.getConstructor().newInstance();
        Map<String, Field> fields = fieldsOf(type);
        for (BoundField bound : schema.fields()) {
            if (bound.def.type instanceof TaggedFields tagged) {
                for (org.apache.kafka.common.protocol.types.Field each : fieldsOf(tagged).values()) {
                    if (random.nextBoolean()) set(message, fields, each.name, each.type, depth);
                }
            } else {
                set(message, fields, bound.def.name, bound.def.type, depth);
            }
        }
        return message;
    }

    private void set(Message message, Map<String, Field> fields, String name, Type type, int depth) throws Exception {
        Field field = fields.get(plain(name));
        if (field == null) throw new IllegalStateException("no field " + name + " in " + message.getClass());
        field.set(message, value(type, field.getGenericType(), depth));
    }

    private Object value(Type type, java.lang.reflect.Type javaType, int depth) throws Exception {
        if (type.isNullable() && random.nextInt(4) == 0) return null;
        Class<?> raw = (Class<?>) (javaType instanceof ParameterizedType generic ? generic.getRawType() : javaType);
        if (raw == boolean.class || raw == Boolean.class) return random.nextBoolean();
        if (raw == byte.class || raw == Byte.class) return (byte) int64();
        if (raw == short.class || raw == Short.class) return (short) int64();
        if (raw == int.class || raw == Integer.class) return type == Type.UINT16 ? (int) int64() & 0xffff : (int) int64();
        if (raw == long.class || raw == Long.class) return type == Type.UNSIGNED_INT32 ? int64() & 0xffffffffL : int64();
        if (raw == double.class) return Double.longBitsToDouble(random.nextLong() & ~(1L << 62));
        if (raw == String.class) return string();
        if (raw == Uuid.class) return new Uuid(int64(), int64());
        if (raw == byte[].class) return bytes();
        if (raw == ByteBuffer.class) return ByteBuffer.wrap(bytes());
        if (raw.getSimpleName().equals("BaseRecords")) return records();
        if (List.class.isAssignableFrom(raw)) {
            java.lang.reflect.Type element = ((ParameterizedType) javaType).getActualTypeArguments()[0];
            return fill(new ArrayList<>(), type, element, depth);
        }
        if (Collection.class.isAssignableFrom(raw)) {
            java.lang.reflect.Type element =
                ((ParameterizedType) raw.getGenericSuperclass()).getActualTypeArguments()[0];
            @SuppressWarnings("unchecked")
            Collection<Object> collection = (Collection<Object>) raw.getConstructor().newInstance();
            return fill(collection, type, element, depth);
        }
        return message(raw, (Schema) type, depth + 1);
    }

    private Collection<Object> fill(Collection<Object> target, Type type, java.lang.reflect.Type element, int depth)
        throws Exception {
        Type elementType = type.arrayElementType().orElseThrow();
        // Deep messages would grow without end; a long one now and then needs two bytes for its length.
        int count = random.nextInt(depth > 2 ? 2 : 4);
        if (random.nextInt(100) == 0 && !(elementType instanceof Schema)) count = 150;
        for (int index = 0; index < count; index++) target.add(value(elementType, element, depth));
        return target;
    }

    private static final long[] EDGES = {
        0, 1, -1, -2, 127, 128, -128, 255, 256, 32767, 32768, -32768, 65535, 65536, Integer.MAX_VALUE, Integer.MIN_VALUE,
        0xffffffffL, 1L << 32, (1L << 53) - 1, 1L << 53, (1L << 53) + 1, -(1L << 53) - 1, Long.MAX_VALUE, Long.MIN_VALUE,
        Long.MAX_VALUE - 1, Long.MIN_VALUE + 1,
    };

    private long int64() {
        return random.nextBoolean() ? EDGES[random.nextInt(EDGES.length)] : random.nextLong();
    }

    private byte[] bytes() {
        byte[] bytes = new byte[random.nextInt(50) == 0 ? 300 : random.nextInt(12)];
        random.nextBytes(bytes);
        return bytes;
    }

    private String string() {
        int length = random.nextInt(50) == 0 ? 200 : random.nextInt(10);
        StringBuilder text = new StringBuilder();
        while (length-- > 0) {
            int point = switch (random.nextInt(8)) {
                case 0 -> random.nextInt(0x80, 0x800);
                case 1 -> random.nextInt(0x800, 0xd800);
                case 2 -> random.nextInt(0x10000, 0x110000);
                default -> random.nextInt(0x20, 0x7f);
            };
            text.appendCodePoint(point);
        }
        return text.toString();
    }

    private Object records() throws Exception {
        Class<?> type;
        try {
            type = Class.forName("org.apache.kafka.common.record.internal.MemoryRecords");
        } catch (ClassNotFoundException before) {
            type = Class.forName("org.apache.kafka.common.record.MemoryRecords");
        }
        return type.getMethod("readableRecords", ByteBuffer.class).invoke(null, ByteBuffer.wrap(bytes()));
    }

    /** Kafka 3.9 has no accessor for it. */
    @SuppressWarnings("unchecked")
    private static Map<Integer, org.apache.kafka.common.protocol.types.Field> fieldsOf(TaggedFields tagged)
        throws Exception {
        Field field = TaggedFields.class.getDeclaredField("fields");
        field.setAccessible(true);
        return (Map<Integer, org.apache.kafka.common.protocol.types.Field>) field.get(tagged);
    }

    private final Map<Class<?>, Map<String, Field>> known = new HashMap<>();

    /** Schemas have names in snake case, with exceptions. */
    private static String plain(String name) {
        return name.replace("_", "").toLowerCase();
    }

    /** By plain name. */
    private Map<String, Field> fieldsOf(Class<?> type) {
        return known.computeIfAbsent(type, each -> {
            Map<String, Field> fields = new HashMap<>();
            for (Field field : each.getDeclaredFields()) {
                if (!Meaning.isData(each, field)) continue;
                field.setAccessible(true);
                fields.put(plain(field.getName()), field);
            }
            return fields;
        });
    }
}
