import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.nio.ByteBuffer;
import java.util.Collection;
import java.util.HexFormat;
import java.util.Iterator;
import java.util.Map;
import java.util.TreeMap;

import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.protocol.Message;

/**
 * What a message holds, as JSON: an object of all fields, those included that the version does not have. Whatever is
 * not an object, an array or null is a string, so that no number is rounded on the way. Read by `meaning.ts`.
 */
final class Meaning {
    static String of(Object value) throws Exception {
        StringBuilder text = new StringBuilder();
        append(text, value);
        return text.toString();
    }

    private static void append(StringBuilder text, Object value) throws Exception {
        if (value == null) {
            text.append("null");
        } else if (value instanceof Double number) {
            appendString(text, Long.toHexString(Double.doubleToRawLongBits(number)));
        } else if (value instanceof Boolean || value instanceof Number || value instanceof String
            || value instanceof Uuid) {
            appendString(text, value.toString());
        } else if (value instanceof byte[] bytes) {
            appendString(text, HexFormat.of().formatHex(bytes));
        } else if (value instanceof ByteBuffer buffer) {
            byte[] bytes = new byte[buffer.remaining()];
            buffer.duplicate().get(bytes);
            append(text, bytes);
        } else if (value instanceof Message) {
            appendFields(text, value);
        } else if (value instanceof Collection<?> collection) {
            text.append('[');
            Iterator<?> elements = collection.iterator();
            while (elements.hasNext()) {
                append(text, elements.next());
                if (elements.hasNext()) text.append(',');
            }
            text.append(']');
        } else {
            // Records: their class has moved between packages.
            append(text, (ByteBuffer) value.getClass().getMethod("buffer").invoke(value));
        }
    }

    private static void appendFields(StringBuilder text, Object message) throws Exception {
        Map<String, Object> fields = new TreeMap<>();
        for (Field field : message.getClass().getDeclaredFields()) {
            if (isData(message.getClass(), field)) {
                field.setAccessible(true);
                fields.put(field.getName(), field.get(message));
            }
        }
        text.append('{');
        String separator = "";
        for (Map.Entry<String, Object> field : fields.entrySet()) {
            text.append(separator).append('"').append(field.getKey()).append("\":");
            append(text, field.getValue());
            separator = ",";
        }
        text.append('}');
    }

    /** Not what the class keeps beside its fields: unknown tags, and the links of hashed collections. */
    static boolean isData(Class<?> type, Field field) {
        if (Modifier.isStatic(field.getModifiers()) || field.getName().equals("_unknownTaggedFields")) return false;
        boolean isLink = field.getName().equals("prev") || field.getName().equals("next");
        return !(isLink && hasLinks(type));
    }

    private static boolean hasLinks(Class<?> type) {
        for (Class<?> each : type.getInterfaces()) {
            if (each.getName().contains("ImplicitLinkedHash")) return true;
        }
        return false;
    }

    private static void appendString(StringBuilder text, String string) {
        text.append('"');
        for (int index = 0; index < string.length(); index++) {
            char unit = string.charAt(index);
            if (unit >= ' ' && unit < 127 && unit != '"' && unit != '\\') text.append(unit);
            else text.append(String.format("\\u%04x", (int) unit));
        }
        text.append('"');
    }

    private Meaning() {
    }
}
