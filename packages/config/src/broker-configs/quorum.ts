/** The metadata quorum, its log and its snapshots (KIP-500, KIP-595, KIP-853). */
import { boolean, defineConfigs, int, list, long, string } from '../definition.ts'
import { bootstrapServers, voters } from '../quorum-addresses.ts'

export const quorumConfigs = defineConfigs({
  'controller.quorum.append.linger.ms': int({
    default: 25,
    min: 0,
    doc: 'How long the leader of the metadata quorum collects records before it writes them.',
  }),
  'controller.quorum.auto.join.enable': boolean({
    default: false,
    importance: 'low',
    doc: 'Whether a controller that is no voter makes itself one.',
  }),
  'controller.quorum.bootstrap.servers': list({
    default: [],
    validator: bootstrapServers,
    importance: 'high',
    doc: 'Addresses, `host:port`, at which some controller can be found.',
  }),
  'controller.quorum.election.backoff.max.ms': int({
    default: 1000,
    min: 0,
    importance: 'high',
    doc: 'Longest pause before a new election after one that nobody won.',
  }),
  'controller.quorum.election.timeout.ms': int({
    default: 1000,
    min: 0,
    importance: 'high',
    doc: 'How long a candidate waits for votes before it starts another election.',
  }),
  'controller.quorum.fetch.max.bytes': int({
    default: 1_048_576,
    min: 1,
    importance: 'low',
    doc: 'Most bytes of metadata records that one fetch asks for.',
  }),
  'controller.quorum.fetch.snapshot.max.bytes': int({
    default: 1_048_576,
    min: 1,
    importance: 'low',
    doc: 'Most bytes of a metadata snapshot that one fetch asks for.',
  }),
  'controller.quorum.fetch.timeout.ms': int({
    default: 2000,
    min: 0,
    importance: 'high',
    doc: 'Without a fetch from the leader for this long a follower starts an election; without one from a majority the leader resigns.',
  }),
  'controller.quorum.request.timeout.ms': int({
    default: 2000,
    min: 0,
    doc: 'How long a request between controllers may take.',
  }),
  'controller.quorum.retry.backoff.ms': int({
    default: 20,
    min: 0,
    importance: 'low',
    doc: 'Pause before a request between controllers is sent again.',
  }),
  'controller.quorum.voters': list({
    default: [],
    validator: voters,
    importance: 'high',
    doc: 'A fixed set of voters, `id@host:port` each. Empty: the set is kept in the metadata log itself.',
  }),
  'controller.socket.timeout.ms': int({
    default: 30_000,
    doc: 'How long a request from a broker to the controller may take.',
  }),
  'internal.metadata.delete.delay.millis': long({
    default: 60_000,
    importance: 'low',
    isInternal: true,
    doc: 'How long a deleted file of the metadata log stays on disk.',
  }),
  'internal.metadata.log.segment.bytes': int({
    importance: 'low',
    isInternal: true,
    doc: 'Segment size of the metadata log without its lower bound, for tests.',
  }),
  'internal.metadata.max.batch.size.in.bytes': int({
    default: 8_388_608,
    importance: 'low',
    isInternal: true,
    doc: 'Largest batch in the metadata log.',
  }),
  'metadata.log.dir': string({
    importance: 'high',
    doc: 'Where the metadata log is kept. Unset: the first of `log.dirs`.',
  }),
  'metadata.log.max.record.bytes.between.snapshots': long({
    default: 20_971_520,
    min: 1,
    importance: 'high',
    doc: 'After how many bytes of metadata records a snapshot is written.',
  }),
  'metadata.log.max.snapshot.interval.ms': long({
    default: 3_600_000,
    min: 0,
    importance: 'high',
    doc: 'After how long a snapshot is written if there are new metadata records; 0: never for its age.',
  }),
  'metadata.log.segment.bytes': int({
    default: 1_073_741_824,
    min: 8_388_608,
    importance: 'high',
    doc: 'Segment size of the metadata log.',
  }),
  'metadata.log.segment.ms': long({
    default: 604_800_000,
    importance: 'high',
    doc: 'Age at which a segment of the metadata log is closed.',
  }),
  'metadata.max.idle.interval.ms': int({
    default: 500,
    min: 0,
    importance: 'low',
    doc: 'How often an idle controller writes a record that does nothing, to show that it lives; 0: never.',
  }),
  'metadata.max.retention.bytes': long({
    default: 104_857_600,
    importance: 'high',
    doc: 'Size of metadata log and snapshots above which the oldest are deleted.',
  }),
  'metadata.max.retention.ms': long({
    default: 604_800_000,
    importance: 'high',
    doc: 'How long segments and snapshots of the metadata log are kept.',
  }),
})
