import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.acl.AclPermissionType;
import org.apache.kafka.common.metrics.MetricConfig;
import org.apache.kafka.common.metrics.Metrics;
import org.apache.kafka.common.metrics.Quota;
import org.apache.kafka.common.metrics.internals.PluginMetricsImpl;
import org.apache.kafka.common.metrics.stats.Rate;
import org.apache.kafka.common.metrics.stats.TokenBucket;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.ResourcePattern;
import org.apache.kafka.common.resource.ResourceType;
import org.apache.kafka.common.security.auth.KafkaPrincipal;
import org.apache.kafka.common.security.auth.SecurityProtocol;
import org.apache.kafka.common.utils.SecurityUtils;
import org.apache.kafka.metadata.authorizer.StandardAcl;
import org.apache.kafka.metadata.authorizer.StandardAuthorizer;
import org.apache.kafka.server.authorizer.Action;
import org.apache.kafka.server.authorizer.AuthorizableRequestContext;
import org.apache.kafka.server.authorizer.AuthorizationResult;

/**
 * Apache Kafka's own answers: `acls` (StandardAuthorizer) and `rates` (sampled rates and token buckets). What is asked
 * comes over standard input, a line each; an answer is a line.
 */
public class SecurityPeer {
    public static void main(String[] arguments) throws Exception {
        StringBuilder answers = new StringBuilder();
        try (BufferedReader reader = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
            if (arguments[0].equals("acls")) acls(reader, answers);
            else rates(reader, answers);
        }
        System.out.print(answers);
    }

    /** `new allow`, `acl type name pattern principal host operation permission`, `ask` and `any`. */
    private static void acls(BufferedReader reader, StringBuilder answers) throws Exception {
        StandardAuthorizer authorizer = null;
        Map<Uuid, StandardAcl> acls = new HashMap<>();
        boolean isLoaded = false;
        for (String line = reader.readLine(); line != null; line = reader.readLine()) {
            String[] f = line.split("\t", -1);
            if (f[0].equals("new")) {
                authorizer = new StandardAuthorizer();
                authorizer.withPluginMetrics(new PluginMetricsImpl(new Metrics(), Map.of()));
                authorizer.configure(Map.of("super.users", "User:root", "allow.everyone.if.no.acl.found", f[1]));
                acls = new HashMap<>();
                isLoaded = false;
            } else if (f[0].equals("acl")) {
                StandardAcl acl = new StandardAcl(ResourceType.valueOf(f[1]), f[2], PatternType.valueOf(f[3]), f[4], f[5],
                    AclOperation.valueOf(f[6]), AclPermissionType.valueOf(f[7]));
                if (!acls.containsValue(acl)) acls.put(Uuid.randomUuid(), acl);
            } else {
                if (!isLoaded) {
                    authorizer.loadSnapshot(acls);
                    authorizer.completeInitialLoad();
                    isLoaded = true;
                }
                Context context = new Context(SecurityUtils.parseKafkaPrincipal(f[1]), InetAddress.getByName(f[2]));
                AclOperation operation = AclOperation.valueOf(f[3]);
                ResourceType type = ResourceType.valueOf(f[4]);
                AuthorizationResult result = f[0].equals("any")
                    ? authorizer.authorizeByResourceType(context, operation, type)
                    : authorizer.authorize(context, List.of(new Action(operation,
                        new ResourcePattern(type, f[5], PatternType.LITERAL), 1, false, false))).get(0);
                answers.append(result == AuthorizationResult.ALLOWED).append('\n');
            }
        }
    }

    /** `new limit`, then `amount ms`: the rate, how long to throttle, the tokens left, and how long until there are some. */
    private static void rates(BufferedReader reader, StringBuilder answers) throws Exception {
        Rate rate = new Rate();
        TokenBucket bucket = new TokenBucket();
        MetricConfig config = new MetricConfig();
        double limit = 0;
        for (String line = reader.readLine(); line != null; line = reader.readLine()) {
            String[] f = line.split("\t");
            if (f[0].equals("new")) {
                limit = Double.parseDouble(f[1]);
                rate = new Rate();
                bucket = new TokenBucket();
                config = new MetricConfig().timeWindow(1, TimeUnit.SECONDS).samples(11).quota(new Quota(limit, true));
                continue;
            }
            double amount = Double.parseDouble(f[0]);
            long nowMs = Long.parseLong(f[1]);
            rate.record(config, amount, nowMs);
            bucket.record(config, amount, nowMs);
            double observed = rate.measure(config, nowMs);
            long throttleMs = observed > limit ? Math.round((observed - limit) / limit * rate.windowSize(config, nowMs)) : 0;
            double tokens = bucket.measure(config, nowMs);
            long refillMs = tokens < 0 ? Math.round(-tokens / limit * 1000) : 0;
            answers.append(observed).append('\t').append(throttleMs).append('\t').append(tokens).append('\t').append(refillMs).append('\n');
        }
    }

    private record Context(KafkaPrincipal principal, InetAddress clientAddress) implements AuthorizableRequestContext {
        @Override public String listenerName() { return "PLAINTEXT"; }
        @Override public SecurityProtocol securityProtocol() { return SecurityProtocol.PLAINTEXT; }
        @Override public int requestType() { return 0; }
        @Override public int requestVersion() { return 0; }
        @Override public String clientId() { return ""; }
        @Override public int correlationId() { return 0; }
    }
}
