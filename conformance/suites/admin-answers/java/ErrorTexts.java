import org.apache.kafka.common.protocol.Errors;

/** The standard sentence of Apache Kafka for each error code, as lines of code and text. */
public class ErrorTexts {
    public static void main(String[] arguments) {
        for (Errors error : Errors.values()) {
            System.out.println(error.code() + "\t" + error.message());
        }
    }
}
