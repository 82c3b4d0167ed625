/** `kafka.server:type=BrokerTopicMetrics`: of all topics together (`topic=""`), and of each. */
import type { MetricSample } from '@gregor/platform'
import type { TopicCounts, TopicMetrics } from '../server/topic-metrics.ts'
import type { MetricFamily } from './metric-family.ts'

export const topicFamilies: readonly MetricFamily[] = [
  family('messagesin', 'Records taken in.', (counts) => counts.messagesIn),
  family('bytesin', 'Bytes of records taken in.', (counts) => counts.bytesIn),
  family('bytesout', 'Bytes of records given to consumers.', (counts) => counts.bytesOut),
  family(
    'bytesrejected',
    'Bytes of batches that were larger than max.message.bytes.',
    (counts) => counts.bytesRejected,
  ),
  family('totalproducerequests', 'Appends to partitions that were asked for.', (counts) => counts.produceRequests),
  family('failedproducerequests', 'Appends to partitions that were refused.', (counts) => counts.failedProduceRequests),
  family('totalfetchrequests', 'Reads of partitions that were asked for.', (counts) => counts.fetchRequests),
  family('failedfetchrequests', 'Reads of partitions that were refused.', (counts) => counts.failedFetchRequests),
]

function family(name: string, help: string, pick: (counts: TopicCounts) => number): MetricFamily {
  return {
    definition: { name: `kafka_server_brokertopicmetrics_${name}_total`, help, kind: 'counter', labels: ['topic'] },
    collect: ({ services }) => samples(services.topicMetrics, pick),
  }
}

function* samples({ all, byTopic }: TopicMetrics, pick: (counts: TopicCounts) => number): Generator<MetricSample> {
  yield { value: pick(all), labels: [''] }
  for (const [topic, counts] of byTopic) yield { value: pick(counts), labels: [topic] }
}
