/** What a node is, and how it starts, lives and stops. */
import { NO_LIMIT, boolean, defineConfigs, int, list, long, string } from '../definition.ts'

export const nodeConfigs = defineConfigs({
  'background.threads': int({
    default: 10,
    min: 1,
    scope: 'cluster-wide',
    importance: 'high',
    doc: 'Threads for background work in Kafka; accepted for compatibility, this server schedules such work itself.',
  }),
  'broker.heartbeat.interval.ms': int({
    default: 2000,
    doc: 'Pause between two heartbeats of a broker to the controller.',
  }),
  'broker.id': int({
    default: -1,
    importance: 'high',
    doc: 'Older name of `node.id`; where both are given they must agree.',
  }),
  'broker.rack': string({
    doc: 'Rack or zone of this broker, for spreading replicas and for reading from the closest one.',
  }),
  'broker.session.timeout.ms': int({
    default: 9000,
    doc: 'A broker that sends no heartbeat for this long is fenced by the controller.',
  }),
  'config.providers': list({
    default: [],
    scope: 'cluster-wide',
    importance: 'low',
    doc: 'Names of the providers that `${provider:path:key}` in other values refers to: `env`, `file`, `directory`, or any name with a `config.providers.NAME.class`.',
  }),
  'controlled.shutdown.enable': boolean({
    default: true,
    doc: 'Whether a stopping broker first hands its leaderships over.',
  }),
  'controller.listener.names': list({
    isRequired: true,
    mayBeEmpty: false,
    importance: 'high',
    doc: 'Names of the listeners that controllers use among themselves and for brokers; the first is the one brokers connect to.',
  }),
  'controller.performance.always.log.threshold.ms': long({
    default: 2000,
    min: 0,
    isInternal: true,
    doc: 'A controller event slower than this is logged each time.',
  }),
  'controller.performance.sample.period.ms': long({
    default: 60_000,
    min: 100,
    isInternal: true,
    doc: 'Pause between two log lines about how long controller events take.',
  }),
  'early.start.listeners': list({
    importance: 'high',
    doc: 'Listeners that open before the authorizer is ready. Unset: those of the controller.',
  }),
  'initial.broker.registration.timeout.ms': int({
    default: 60_000,
    doc: 'A starting broker that could not register with the controller within this time gives up and exits.',
  }),
  'node.id': int({
    isRequired: true,
    min: 0,
    importance: 'high',
    doc: 'The number of this node, unlike that of any other in the cluster.',
  }),
  'num.io.threads': int({
    default: 8,
    min: 1,
    scope: 'cluster-wide',
    importance: 'high',
    doc: 'Threads that answer requests in Kafka; here it bounds `request_percentage` quotas only.',
  }),
  'num.network.threads': int({
    default: 3,
    min: 1,
    scope: 'cluster-wide',
    importance: 'high',
    doc: 'Threads that read and write sockets in Kafka; here it bounds `request_percentage` quotas only.',
  }),
  'process.roles': list({
    isRequired: true,
    values: ['broker', 'controller'],
    mayBeEmpty: false,
    importance: 'high',
    doc: 'What this node is: `broker`, `controller`, or both.',
  }),
  'request.timeout.ms': int({
    default: 30_000,
    importance: 'high',
    doc: 'How long a request that this node sends to another may take.',
  }),
  'server.max.startup.time.ms': long({
    default: NO_LIMIT,
    min: 0,
    isInternal: true,
    doc: 'A server that has not started within this time gives up; for tests.',
  }),
  'unstable.api.versions.enable': boolean({
    default: false,
    importance: 'high',
    isInternal: true,
    doc: 'Whether API versions still under development are offered.',
  }),
  'unstable.feature.versions.enable': boolean({
    default: false,
    importance: 'high',
    isInternal: true,
    doc: 'Whether feature versions still under development are offered.',
  }),
})
