import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

/**
 * The dialogue with the suite: frames of an int32 length and bytes, requests on standard input, one answer each on
 * standard output. Inside, byte strings have an int32 length, -1 for null. Ends with its input.
 */
final class Frames {
    interface Handler {
        void answer(DataInputStream request, DataOutputStream answer) throws Exception;
    }

    static void serve(Handler handler) throws Exception {
        DataInputStream input = new DataInputStream(new BufferedInputStream(System.in, 1 << 16));
        DataOutputStream output = new DataOutputStream(new BufferedOutputStream(System.out, 1 << 16));
        // Whatever a library prints must not get between the frames.
        System.setOut(System.err);
        while (true) {
            int length;
            try {
                length = input.readInt();
            } catch (EOFException end) {
                return;
            }
            byte[] request = new byte[length];
            input.readFully(request);
            ByteArrayOutputStream answer = new ByteArrayOutputStream();
            handler.answer(new DataInputStream(new ByteArrayInputStream(request)), new DataOutputStream(answer));
            output.writeInt(answer.size());
            answer.writeTo(output);
            output.flush();
        }
    }

    static byte[] readBytes(DataInputStream input) throws IOException {
        int length = input.readInt();
        if (length < 0) return null;
        byte[] bytes = new byte[length];
        input.readFully(bytes);
        return bytes;
    }

    static String readText(DataInputStream input) throws IOException {
        return new String(readBytes(input), StandardCharsets.UTF_8);
    }

    static void writeBytes(DataOutputStream output, byte[] bytes) throws IOException {
        if (bytes == null) {
            output.writeInt(-1);
            return;
        }
        output.writeInt(bytes.length);
        output.write(bytes);
    }

    static void writeText(DataOutputStream output, String text) throws IOException {
        writeBytes(output, text.getBytes(StandardCharsets.UTF_8));
    }

    /** An answer to one sample: that it worked, the bytes, and what they mean. */
    static void succeed(DataOutputStream output, byte[] bytes, String meaning) throws IOException {
        output.writeByte(1);
        writeBytes(output, bytes);
        writeText(output, meaning);
    }

    static void fail(DataOutputStream output, Throwable problem) throws IOException {
        output.writeByte(0);
        writeText(output, problem.toString());
    }

    private Frames() {
    }
}
