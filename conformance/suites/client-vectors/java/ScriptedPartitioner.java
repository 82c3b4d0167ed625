package org.apache.kafka.clients.producer.internals;

import java.util.ArrayDeque;
import java.util.Deque;
import org.apache.kafka.common.Cluster;
import org.apache.kafka.common.utils.LogContext;

/** The Java client's built-in partitioner with its chance taken away: draws come from a list. */
public final class ScriptedPartitioner extends BuiltInPartitioner {
    private final Deque<Integer> draws = new ArrayDeque<>();

    public ScriptedPartitioner(String topic, int batchSize, Iterable<Integer> draws) {
        super(new LogContext(), topic, batchSize);
        draws.forEach(this.draws::add);
    }

    @Override
    int randomPartition() {
        return draws.remove();
    }

    public int current(Cluster cluster) {
        return peekCurrentPartitionInfo(cluster).partition();
    }

    public void appended(Cluster cluster, int byteCount, boolean mayLeave) {
        updatePartitionInfo(peekCurrentPartitionInfo(cluster), byteCount, cluster, mayLeave);
    }
}
