import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.AlterConfigsOptions;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.DescribeConfigsOptions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.coordinator.group.GroupConfig;
import org.apache.kafka.server.config.AbstractKafkaConfig;
import org.apache.kafka.server.config.DynamicBrokerConfig;
import org.apache.kafka.server.config.QuotaConfig;
import org.apache.kafka.server.config.ServerTopicConfigSynonyms;
import org.apache.kafka.server.metrics.ClientMetricsConfigs;
import org.apache.kafka.storage.internals.log.LogConfig;

/**
 * What Apache Kafka says of its configs, as lines of JSON: `tables` (its definitions), `properties` (what
 * java.util.Properties makes of texts), `alter BOOTSTRAP` (changes, validated only), `describe BOOTSTRAP` (after changes).
 * Texts, changes and resources come over standard input.
 */
public class ConfigPeer {
    public static void main(String[] arguments) throws Exception {
        switch (arguments[0]) {
            case "tables" -> tables();
            case "properties" -> properties();
            case "alter" -> alter(arguments[1]);
            case "describe" -> describe(arguments[1]);
            default -> throw new IllegalArgumentException(arguments[0]);
        }
    }

    private static void tables() {
        Map<String, String> modes = DynamicBrokerConfig.dynamicConfigUpdateModes();
        table("broker", AbstractKafkaConfig.CONFIG_DEF, modes);
        table("broker", QuotaConfig.brokerQuotaConfigs(), modes);
        table("topic", LogConfig.configDefCopy(), Map.of());
        table("group", GroupConfig.CONFIG_DEF, Map.of());
        table("clientMetrics", ClientMetricsConfigs.configDef(), Map.of());
        ServerTopicConfigSynonyms.ALL_TOPIC_CONFIG_SYNONYMS.forEach((name, synonyms) -> print(
            "kind", "topicSynonym", "name", name,
            "synonyms", synonyms.stream().map(s -> s.name() + "*" + s.converter().apply("1")).collect(Collectors.joining(","))));
        GroupConfig.ALL_GROUP_CONFIG_SYNONYMS.forEach((name, synonym) -> print(
            "kind", "groupSynonym", "name", name, "synonyms", ((Optional<String>) synonym).orElse("")));
    }

    private static void table(String table, ConfigDef definitions, Map<String, String> modes) {
        for (String name : new TreeSet<>(definitions.names())) {
            ConfigDef.ConfigKey key = definitions.configKeys().get(name);
            print(
                "kind", "definition", "table", table, "name", name, "type", key.type.name(),
                "default", key.hasDefault() ? ConfigDef.convertToString(key.defaultValue, key.type) : null,
                "isRequired", String.valueOf(!key.hasDefault()),
                "allowed", key.validator == null ? "" : key.validator.toString(),
                "importance", key.importance.name(), "isInternal", String.valueOf(key.internalConfig),
                "scope", modes.getOrDefault(name, "read-only"));
        }
    }

    private static void properties() throws Exception {
        for (String line : input()) {
            String text = new String(Base64.getDecoder().decode(line), StandardCharsets.UTF_8);
            Properties read = new Properties();
            try {
                read.load(new StringReader(text));
                List<String> pairs = new ArrayList<>();
                for (String key : new TreeSet<>(read.stringPropertyNames())) {
                    pairs.add(key);
                    pairs.add(read.getProperty(key));
                }
                System.out.println("[" + pairs.stream().map(ConfigPeer::quote).collect(Collectors.joining(",")) + "]");
            } catch (IllegalArgumentException malformed) {
                System.out.println("null");
            }
        }
    }

    /** Each line: type, name, and for each operation its name, the config and the value, between tabs. */
    private static void alter(String bootstrap) throws Exception {
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrap))) {
            admin.createTopics(List.of(new NewTopic("altered", 1, (short) 1))).all().get();
            for (String line : input()) {
                Errors error = Errors.NONE;
                String message = null;
                try {
                    change(admin, line.split("\t", -1), true);
                } catch (ExecutionException refused) {
                    error = Errors.forException(refused.getCause());
                    message = refused.getCause().getMessage();
                }
                print("error", error.name(), "message", message);
            }
        }
    }

    /** Lines as for `alter`, carried out in order; then everything is described. */
    private static void describe(String bootstrap) throws Exception {
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrap))) {
            NewTopic tuned = new NewTopic("tuned", 1, (short) 1).configs(Map.of("retention.ms", "1234567", "cleanup.policy",
                "compact,delete", "segment.bytes", "2097152", "internal.segment.bytes", "5000"));
            NewTopic plain = new NewTopic("plain", 1, (short) 1);
            var created = admin.createTopics(List.of(plain, tuned));
            for (String topic : List.of("plain", "tuned")) {
                for (ConfigEntry entry : created.config(topic).get().entries()) print(entry, "created:" + topic);
            }
            for (String line : input()) change(admin, line.split("\t", -1), false);
            Thread.sleep(1_000);
            List<ConfigResource> resources = List.of(
                new ConfigResource(ConfigResource.Type.BROKER, "1"), new ConfigResource(ConfigResource.Type.BROKER, ""),
                new ConfigResource(ConfigResource.Type.TOPIC, "plain"), new ConfigResource(ConfigResource.Type.TOPIC, "tuned"),
                new ConfigResource(ConfigResource.Type.GROUP, "g"), new ConfigResource(ConfigResource.Type.CLIENT_METRICS, "m"));
            var described = admin.describeConfigs(resources, new DescribeConfigsOptions().includeSynonyms(true)).all().get();
            described.forEach((resource, config) -> {
                for (ConfigEntry entry : config.entries()) print(entry, resource.type() + ":" + resource.name());
            });
        }
    }

    private static void change(Admin admin, String[] fields, boolean isValidatedOnly) throws Exception {
        ConfigResource resource = new ConfigResource(ConfigResource.Type.valueOf(fields[0]), fields[1]);
        List<AlterConfigOp> operations = new ArrayList<>();
        for (int i = 2; i < fields.length; i += 3) {
            AlterConfigOp.OpType type = AlterConfigOp.OpType.valueOf(fields[i]);
            String value = type == AlterConfigOp.OpType.DELETE ? null : fields[i + 2];
            operations.add(new AlterConfigOp(new ConfigEntry(fields[i + 1], value), type));
        }
        var options = new AlterConfigsOptions().validateOnly(isValidatedOnly);
        admin.incrementalAlterConfigs(Map.of(resource, operations), options).all().get();
    }

    private static void print(ConfigEntry entry, String resource) {
        String synonyms = entry.synonyms().stream()
            .map(s -> s.name() + "=" + s.value() + " " + s.source()).collect(Collectors.joining("\n"));
        print("resource", resource, "name", entry.name(), "value", entry.value(), "source", entry.source().name(),
            "isSensitive", String.valueOf(entry.isSensitive()), "isReadOnly", String.valueOf(entry.isReadOnly()),
            "type", entry.type() == null ? "UNKNOWN" : entry.type().name(), "synonyms", synonyms);
    }

    private static List<String> input() throws Exception {
        try (BufferedReader reader = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
            return reader.lines().toList();
        }
    }

    private static void print(String... fields) {
        StringBuilder line = new StringBuilder("{");
        for (int i = 0; i < fields.length; i += 2) {
            line.append(i == 0 ? "" : ",").append(quote(fields[i])).append(':').append(quote(fields[i + 1]));
        }
        System.out.println(line.append('}'));
    }

    private static String quote(String text) {
        if (text == null) return "null";
        StringBuilder quoted = new StringBuilder("\"");
        for (char c : text.toCharArray()) {
            if (c == '"' || c == '\\') quoted.append('\\').append(c);
            else if (c < ' ' || c > '~') quoted.append(String.format("\\u%04x", (int) c));
            else quoted.append(c);
        }
        return quoted.append('"').toString();
    }
}
