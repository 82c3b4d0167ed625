import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.apache.kafka.clients.consumer.ConsumerGroupMetadata;
import org.apache.kafka.clients.consumer.ConsumerPartitionAssignor;
import org.apache.kafka.clients.consumer.CooperativeStickyAssignor;
import org.apache.kafka.clients.consumer.RangeAssignor;
import org.apache.kafka.clients.consumer.RoundRobinAssignor;
import org.apache.kafka.clients.consumer.StickyAssignor;
import org.apache.kafka.clients.consumer.internals.ConsumerProtocol;
import org.apache.kafka.clients.producer.RoundRobinPartitioner;
import org.apache.kafka.clients.producer.internals.ScriptedPartitioner;
import org.apache.kafka.common.Cluster;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.BooleanSerializer;
import org.apache.kafka.common.serialization.DoubleSerializer;
import org.apache.kafka.common.serialization.FloatSerializer;
import org.apache.kafka.common.serialization.IntegerSerializer;
import org.apache.kafka.common.serialization.LongSerializer;
import org.apache.kafka.common.serialization.ShortSerializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.common.serialization.UUIDSerializer;
import org.apache.kafka.common.utils.Utils;

/** What the classes of the Java client make of cases: a case as a line of JSON on standard input, an answer for each. */
public final class VectorPeer {
    private static final ObjectMapper JSON = new ObjectMapper();

    public static void main(String[] arguments) throws Exception {
        BufferedReader input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        PrintStream output = new PrintStream(System.out, false, StandardCharsets.UTF_8);
        System.setOut(System.err);
        for (String line = input.readLine(); line != null; line = input.readLine()) {
            JsonNode given = JSON.readTree(line);
            JsonNode answer = switch (given.get("ask").asText()) {
                case "murmur2" -> JSON.valueToTree(Utils.murmur2(bytes(given.get("bytes"))));
                case "serialize" -> JSON.valueToTree(hex(serialized(given.get("type").asText(), given.get("value").asText())));
                case "text" -> JSON.valueToTree(new StringDeserializer().deserialize("t", bytes(given.get("bytes"))));
                case "assign" -> assign(given);
                case "builtIn" -> builtIn(given);
                case "roundRobin" -> roundRobin(given);
                default -> throw new IllegalArgumentException(line);
            };
            output.println(JSON.writeValueAsString(answer));
        }
        output.flush();
    }

    private static byte[] serialized(String type, String value) {
        return switch (type) {
            case "string" -> new StringSerializer().serialize("t", value);
            case "int16" -> new ShortSerializer().serialize("t", Short.valueOf(value));
            case "int32" -> new IntegerSerializer().serialize("t", Integer.valueOf(value));
            case "int64" -> new LongSerializer().serialize("t", Long.valueOf(value));
            case "float32" -> new FloatSerializer().serialize("t", Float.valueOf(value));
            case "float64" -> new DoubleSerializer().serialize("t", Double.valueOf(value));
            case "boolean" -> new BooleanSerializer().serialize("t", Boolean.valueOf(value));
            case "uuid" -> new UUIDSerializer().serialize("t", UUID.fromString(value));
            default -> throw new IllegalArgumentException(type);
        };
    }

    private static String hex(byte[] bytes) {
        return HexFormat.of().formatHex(bytes);
    }

    /** Several rounds of one leader. */
    private static JsonNode assign(JsonNode given) {
        ConsumerPartitionAssignor assignor = assignor(given.get("name").asText());
        ArrayNode answers = JSON.createArrayNode();
        for (JsonNode round : given.get("rounds")) {
            try {
                answers.add(assign(assignor, round));
            } catch (RuntimeException failure) {
                answers.add(JSON.createObjectNode().put("failure", failure.toString()));
            }
        }
        return answers;
    }

    private static ObjectNode assign(ConsumerPartitionAssignor assignor, JsonNode round) {
        // As the coordinator of a consumer does it: in the order of JoinGroup's answer, into a HashMap.
        Map<String, ConsumerPartitionAssignor.Subscription> subscriptions = new HashMap<>();
        for (JsonNode member : round.get("members")) {
            var subscription = ConsumerProtocol.deserializeSubscription(ByteBuffer.wrap(bytes(member.get("subscription"))));
            subscription.setGroupInstanceId(Optional.ofNullable(member.get("instanceId").textValue()));
            subscriptions.put(member.get("memberId").asText(), subscription);
        }
        var assignments = assignor
            .assign(cluster(round.get("topics")), new ConsumerPartitionAssignor.GroupSubscription(subscriptions))
            .groupAssignment();
        ObjectNode answer = JSON.createObjectNode();
        assignments.forEach((memberId, assignment) -> {
            ObjectNode one = answer.putObject(memberId);
            ArrayNode partitions = one.putArray("partitions");
            assignment.partitions().forEach(partition -> partitions.add(partition.toString()));
            one.put("userData", userData(assignor.name(), assignment, round.get("generationId").asInt()));
        });
        return answer;
    }

    /** What the member would tell the leader the next time. */
    private static String userData(String name, ConsumerPartitionAssignor.Assignment assignment, int generationId) {
        ConsumerPartitionAssignor member = assignor(name);
        member.onAssignment(assignment, new ConsumerGroupMetadata("g", generationId, "m", Optional.empty()));
        ByteBuffer data = member.subscriptionUserData(Set.of());
        return data == null ? null : Base64.getEncoder().encodeToString(Utils.toArray(data));
    }

    private static ConsumerPartitionAssignor assignor(String name) {
        return switch (name) {
            case "range" -> new RangeAssignor();
            case "roundrobin" -> new RoundRobinAssignor();
            case "sticky" -> new StickyAssignor();
            default -> new CooperativeStickyAssignor();
        };
    }

    /** A node for each rack, and one that has none. */
    private static Cluster cluster(JsonNode topics) {
        Map<String, Node> nodes = new HashMap<>();
        List<PartitionInfo> partitions = new ArrayList<>();
        for (JsonNode topic : topics) {
            int index = 0;
            for (JsonNode racks : topic.get("racks")) {
                List<Node> replicas = new ArrayList<>();
                for (JsonNode rack : racks) replicas.add(nodes.computeIfAbsent(rack.asText(), name -> new Node(nodes.size(), "h", 1, name)));
                if (replicas.isEmpty()) replicas.add(nodes.computeIfAbsent("", name -> new Node(nodes.size(), "h", 1, null)));
                Node[] all = replicas.toArray(new Node[0]);
                partitions.add(new PartitionInfo(topic.get("name").asText(), index++, all[0], all, all));
            }
        }
        return new Cluster("c", nodes.values(), partitions, Set.of(), Set.of());
    }

    private static JsonNode builtIn(JsonNode given) {
        List<Integer> draws = new ArrayList<>();
        given.get("draws").forEach(draw -> draws.add(draw.asInt()));
        ScriptedPartitioner partitioner = new ScriptedPartitioner("t", given.get("batchSize").asInt(), draws);
        Cluster cluster = withLeaders(given.get("partitionCount").asInt(), given.get("available"));
        ArrayNode answers = JSON.createArrayNode();
        answers.add(partitioner.current(cluster));
        for (JsonNode step : given.get("steps")) {
            if (step.has("queueSizes")) {
                int[] partitions = ints(step.get("partitions"), given.get("partitionCount").asInt());
                int[] queueSizes = ints(step.get("queueSizes"), partitions.length);
                partitioner.updatePartitionLoadStats(queueSizes, partitions, step.get("partitions").size());
            } else {
                partitioner.appended(cluster, step.get("byteCount").asInt(), step.get("mayLeave").asBoolean());
            }
            answers.add(partitioner.current(cluster));
        }
        return answers;
    }

    private static JsonNode roundRobin(JsonNode given) throws Exception {
        ArrayNode answers = JSON.createArrayNode();
        try (RoundRobinPartitioner partitioner = new RoundRobinPartitioner()) {
            for (JsonNode step : given.get("steps")) {
                Cluster cluster = withLeaders(step.get("partitionCount").asInt(), step.get("available"));
                answers.add(partitioner.partition("t", null, null, null, null, cluster));
            }
        }
        return answers;
    }

    private static Cluster withLeaders(int partitionCount, JsonNode available) {
        Node node = new Node(0, "h", 1);
        boolean[] hasLeader = new boolean[partitionCount];
        available.forEach(partition -> hasLeader[partition.asInt()] = true);
        List<PartitionInfo> partitions = new ArrayList<>();
        for (int index = 0; index < partitionCount; index++) {
            partitions.add(new PartitionInfo("t", index, hasLeader[index] ? node : null, new Node[] {node}, new Node[] {node}));
        }
        return new Cluster("c", List.of(node), partitions, Set.of(), Set.of());
    }

    private static int[] ints(JsonNode numbers, int length) {
        int[] all = new int[length];
        for (int index = 0; index < numbers.size(); index++) all[index] = numbers.get(index).asInt();
        return all;
    }

    private static byte[] bytes(JsonNode base64) {
        return Base64.getDecoder().decode(base64.asText());
    }
}
