/**
 * Keys that files of the ecosystem hold and that mean nothing outside of Java: accepted with a warning, so that one file
 * serves both. What is said is why nothing happens, and what to use instead.
 */

const JAVA_CLASS = 'it names a Java class.'

export const javaOnlyConfigs: Readonly<Record<string, string>> = {
  'auto.include.jmx.reporter': 'there is no JMX here.',
  'config.providers': JAVA_CLASS,
  'interceptor.classes': JAVA_CLASS,
  'key.deserializer': 'give a deserializer to the consumer.',
  'key.serializer': 'give a serializer to the producer.',
  'metric.reporters': JAVA_CLASS,
  'metrics.num.samples': 'metrics are counters and gauges, read when somebody asks.',
  'metrics.recording.level': 'metrics are counters and gauges, read when somebody asks.',
  'metrics.sample.window.ms': 'metrics are counters and gauges, read when somebody asks.',
  'receive.buffer.bytes': 'Node.js leaves the size of socket buffers to the system.',
  'sasl.client.callback.handler.class': `${JAVA_CLASS} Give \`auth\`.`,
  'sasl.login.callback.handler.class': `${JAVA_CLASS} Give \`auth\`.`,
  'sasl.login.class': JAVA_CLASS,
  'security.providers': JAVA_CLASS,
  'send.buffer.bytes': 'Node.js leaves the size of socket buffers to the system.',
  'ssl.engine.factory.class': JAVA_CLASS,
  'ssl.keymanager.algorithm': 'OpenSSL does it here.',
  'ssl.provider': 'OpenSSL does it here.',
  'ssl.secure.random.implementation': 'OpenSSL does it here.',
  'ssl.trustmanager.algorithm': 'OpenSSL does it here.',
  'value.deserializer': 'give a deserializer to the consumer.',
  'value.serializer': 'give a serializer to the producer.',
}
