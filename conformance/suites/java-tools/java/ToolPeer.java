import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.PrintStream;
import java.lang.reflect.InvocationTargetException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.utils.Exit;

/**
 * Runs Apache's command-line tools one after another in one process, which saves each the start of a JVM: a line of JSON
 * names the class, its arguments and its standard input, and a line answers with exit code, standard output and error.
 */
public class ToolPeer {
    /** Unwinds a tool that wants to exit. Some catch it and exit once more: the first status counts. */
    static class Ended extends Error {
        Ended() {
            super(null, null, false, false);
        }
    }

    /** What is answered of a tool that ends the process itself (argparse4j does): the exit code follows. */
    static final int ENDS_THE_PROCESS = -1;

    static Integer status;
    static volatile Runnable answer = () -> { };
    static final List<Runnable> hooks = new ArrayList<>();

    static void end(int wanted) {
        if (status == null) {
            status = wanted;
            // What tools say of the error that unwinds them is not theirs.
            System.setOut(new PrintStream(OutputStream.nullOutputStream()));
            System.setErr(new PrintStream(OutputStream.nullOutputStream()));
        }
        throw new Ended();
    }

    public static void main(String[] given) throws Exception {
        ObjectMapper json = new ObjectMapper();
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, "UTF-8"));
        PrintStream answers = System.out;
        Exit.setExitProcedure((wanted, message) -> end(wanted));
        Exit.setHaltProcedure((wanted, message) -> end(wanted));
        Exit.setShutdownHookAdder((name, hook) -> hooks.add(hook));
        Runtime.getRuntime().addShutdownHook(new Thread(() -> answer.run()));
        for (String line; (line = lines.readLine()) != null;) {
            JsonNode asked = json.readTree(line);
            String[] arguments = json.convertValue(asked.get("arguments"), String[].class);
            ByteArrayOutputStream output = new ByteArrayOutputStream();
            ByteArrayOutputStream error = new ByteArrayOutputStream();
            System.setIn(new ByteArrayInputStream(asked.get("input").asText().getBytes("UTF-8")));
            PrintStream out = new PrintStream(output, true, "UTF-8");
            PrintStream err = new PrintStream(error, true, "UTF-8");
            System.setOut(out);
            System.setErr(err);
            Runnable tell = () -> {
                out.flush();
                err.flush();
                try {
                    answers.println(json.writeValueAsString(Map.of(
                        "status", status == null ? ENDS_THE_PROCESS : status,
                        "stdout", output.toString("UTF-8"), "stderr", error.toString("UTF-8"))));
                } catch (java.io.IOException impossible) {
                    throw new IllegalStateException(impossible);
                }
                answers.flush();
            };
            answer = tell;
            run(asked.get("name").asText(), arguments);
            // The console producer sends the last of its records only then.
            System.setOut(out);
            System.setErr(err);
            hooks.forEach(Runnable::run);
            hooks.clear();
            answer = () -> { };
            tell.run();
        }
    }

    static void run(String name, String[] arguments) throws Exception {
        status = null;
        try {
            Class.forName(name).getMethod("main", String[].class).invoke(null, (Object) arguments);
        } catch (InvocationTargetException wrapped) {
            if (status == null) System.err.println(wrapped.getCause());
            if (status == null) status = 1;
        }
        if (status == null) status = 0;
    }
}
