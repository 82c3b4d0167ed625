import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.File;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Enumeration;
import java.util.List;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;

import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.Message;
import org.apache.kafka.common.protocol.ObjectSerializationCache;
import org.apache.kafka.common.protocol.types.Schema;

/**
 * Apache Kafka's generated message classes, at the service of the codec suite. Requests:
 * L: lists the messages on the class path: class, lowest and highest version.
 * R class version samples: reads each sample and writes it again.
 * G class version seed count: makes random messages and writes them.
 * The answers to R and G are, for each sample, bytes and meaning, or an error.
 */
public final class MessagePeer {
    public static void main(String[] arguments) throws Exception {
        Frames.serve((request, answer) -> {
            char operation = (char) request.readByte();
            switch (operation) {
                case 'L' -> list(answer);
                case 'R' -> readAndWrite(request, answer);
                case 'G' -> generate(request, answer);
                default -> throw new IllegalArgumentException("operation " + operation);
            }
        });
    }

    private static void list(DataOutputStream answer) throws Exception {
        List<String> lines = new ArrayList<>();
        for (String path : System.getProperty("java.class.path").split(File.pathSeparator)) {
            if (!path.matches(".*kafka-[^/\\\\]*\\.jar")) continue;
            try (JarFile jar = new JarFile(path)) {
                Enumeration<JarEntry> entries = jar.entries();
                while (entries.hasMoreElements()) {
                    String name = entries.nextElement().getName();
                    // The converters to JSON need a library that clients have not.
                    if (!name.matches(".*/(message|metadata|generated)/[A-Za-z]+(?<!JsonConverter)\\.class")) continue;
                    Class<?> type = Class.forName(name.replace(".class", "").replace('/', '.'));
                    if (!Message.class.isAssignableFrom(type) || Modifier.isAbstract(type.getModifiers())) continue;
                    lines.add(type.getName() + " " + type.getField("LOWEST_SUPPORTED_VERSION").get(null) + " "
                        + type.getField("HIGHEST_SUPPORTED_VERSION").get(null));
                }
            }
        }
        Frames.writeText(answer, String.join("\n", lines));
    }

    private static void readAndWrite(DataInputStream request, DataOutputStream answer) throws Exception {
        Class<?> type = Class.forName(Frames.readText(request));
        short version = request.readShort();
        for (int left = request.readInt(); left > 0; left--) {
            byte[] sample = Frames.readBytes(request);
            try {
                Message message = (Message) type.getConstructor().newInstance();
                ByteBuffer buffer = ByteBuffer.wrap(sample);
                message.read(new ByteBufferAccessor(buffer), version);
                if (buffer.hasRemaining()) throw new IllegalStateException(buffer.remaining() + " bytes are left");
                Frames.succeed(answer, write(message, version), Meaning.of(message));
            } catch (Exception problem) {
                Frames.fail(answer, problem);
            }
        }
    }

    private static void generate(DataInputStream request, DataOutputStream answer) throws Exception {
        Class<?> type = Class.forName(Frames.readText(request));
        short version = request.readShort();
        RandomMessages random = new RandomMessages(request.readLong());
        for (int left = request.readInt(); left > 0; left--) {
            try {
                Field schemas = type.getField("SCHEMAS");
                Message message = random.message(type, ((Schema[]) schemas.get(null))[version]);
                byte[] bytes = write(message, version);
                // What the version does not carry went nowhere: say what a reader gets.
                Message read = (Message) type.getConstructor().newInstance();
                read.read(new ByteBufferAccessor(ByteBuffer.wrap(bytes)), version);
                Frames.succeed(answer, bytes, Meaning.of(read));
            } catch (Exception problem) {
                Frames.fail(answer, problem);
            }
        }
    }

    private static byte[] write(Message message, short version) {
        ObjectSerializationCache cache = new ObjectSerializationCache();
        ByteBuffer buffer = ByteBuffer.allocate(message.size(cache, version));
        message.write(new ByteBufferAccessor(buffer), cache, version);
        if (buffer.hasRemaining()) throw new IllegalStateException("smaller than its size");
        return buffer.array();
    }
}
