/** The tools that read and make files: kafka-dump-log, kafka-storage, kafka-metadata-shell. */

import { helpLine, linesOf, type ToolLine, type ToolScript } from '../tool-line.ts'

const dump = (text: string, more: Omit<ToolLine, 'tool' | 'text'> = {}): ToolLine => ({
  tool: 'kafka-dump-log',
  text,
  isBare: true,
  ...more,
})
const storage = (text: string, more: Omit<ToolLine, 'tool' | 'text'> = {}): ToolLine => ({
  tool: 'kafka-storage',
  text,
  isBare: true,
  ...more,
})
const shell = (text: string): ToolLine => ({
  tool: 'kafka-metadata-shell',
  text: `--snapshot DATA/__cluster_metadata-0/${first}.log ${text}`,
  isBare: true,
})
const producer = linesOf('kafka-console-producer')
const consumer = linesOf('kafka-console-consumer')
const perf = linesOf('kafka-producer-perf-test')

const first = '0'.repeat(20)
const clusterId = '4L6g3nShT-eMCtK--X86sw'
const voter = 'JEXY6aqzQY-32P5TStzaFg'

function propertiesOf(...lines: readonly string[]): string {
  const listeners =
    'listeners=PLAINTEXT://localhost:9092,CONTROLLER://localhost:9093\ncontroller.listener.names=CONTROLLER'
  const map = 'listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT'
  return ['process.roles=broker,controller', 'node.id=1', listeners, map, ...lines].join('\n')
}

const files = {
  'dynamic-SIDE.properties': propertiesOf(
    'controller.quorum.bootstrap.servers=localhost:9093',
    'log.dirs=FOLDER/dynamic-a-SIDE,FOLDER/dynamic-b-SIDE',
  ),
  'static-SIDE.properties': propertiesOf('controller.quorum.voters=1@localhost:9093', 'log.dirs=FOLDER/static-SIDE'),
}
const dynamic = '-c FOLDER/dynamic-SIDE.properties'
const fixed = '-c FOLDER/static-SIDE.properties'

export const offlineScripts: readonly ToolScript[] = [
  {
    name: 'kafka-dump-log shows every kind of file',
    lines: [
      perf(
        '--topic dumped --num-records 2000 --record-size 200 --throughput -1 --command-property compression.type=lz4',
        {
          isPreparation: true,
        },
      ),
      producer('--topic dumped --reader-property parse.key=true --reader-property parse.headers=true', {
        input: 'h:v,i:w\tkey\tvalue\n',
        isPreparation: true,
      }),
      consumer('--topic dumped --group dumpers --from-beginning --max-messages 10 --timeout-ms 8000', {
        isPreparation: true,
      }),
      dump(`--files DATA/dumped-0/${first}.log`, { expected: /compresscodec: lz4/ }),
      dump(`--files DATA/dumped-0/${first}.log --print-data-log`, {
        expected: /headerKeys: \[h,i\] key: key payload: value/,
      }),
      dump(`--files DATA/dumped-0/${first}.log --deep-iteration --max-bytes 3000`),
      dump(`--files DATA/dumped-0/${first}.log --print-data-log --skip-record-metadata`),
      dump(`--files DATA/dumped-0/${first}.log --value-decoder-class org.apache.kafka.tools.api.IntegerDecoder`),
      dump(`--files DATA/dumped-0/${first}.index,DATA/dumped-0/${first}.timeindex`),
      dump(`--files DATA/dumped-0/${first}.index,DATA/dumped-0/${first}.timeindex --verify-index-only`),
      dump(`--files DATA/dumped-0/${first}.index,DATA/dumped-0/${first}.timeindex --index-sanity-check`),
      dump(`--files DATA/__cluster_metadata-0/${first}.log --cluster-metadata-decoder`, {
        expected: /"type":"TOPIC_RECORD"/,
      }),
      dump('--files DATA/bootstrap.checkpoint --cluster-metadata-decoder'),
      dump(`--files DATA/__cluster_metadata-0/${first}-0000000000.checkpoint --deep-iteration`),
      ...[0, 1, 2].map((partition) =>
        dump(`--files DATA/__consumer_offsets-${partition}/${first}.log --offsets-decoder`),
      ),
      dump(`--files DATA/dumped-0/${first}.log --offsets-decoder`),
      dump(`--files DATA/dumped-0/${first}.log --transaction-log-decoder`),
      dump(`--files DATA/dumped-0/${first}.log --share-group-state-decoder`),
      dump(`--files DATA/dumped-0/${first}.log --cluster-metadata-decoder`),
      dump(`--files DATA/dumped-0/leader-epoch-checkpoint,DATA/dumped-0/partition.metadata`),
      dump('--files DATA/nothing.log'),
      dump('--deep-iteration'),
      dump('--files a.log --max-bytes many'),
      dump('--files a.log --nonsense'),
      helpLine('kafka-dump-log'),
    ],
  },
  {
    name: 'kafka-storage formats directories, and tells how they are formatted',
    lines: [
      storage(`info ${dynamic}`, { files }),
      storage(`format ${dynamic} -t ${clusterId}`),
      storage(`format ${dynamic} -t ${clusterId} --initial-controllers 1@localhost:9093:${voter} -r 4.0`, {
        expected: /dynamic metadata voter directory/,
        // Directories come in the order of a hash of their names.
        isUnordered: true,
      }),
      storage(`info ${dynamic}`),
      storage(`format ${dynamic} -t ${clusterId} --standalone --ignore-formatted`),
      storage(`format ${dynamic} -t other --standalone -g`),
      storage(`format ${fixed} -t ${clusterId} --standalone`),
      storage(`format ${fixed} -t ${clusterId} -f kraft.version=1`),
      storage(`format ${fixed} -t ${clusterId} -f group.version=9`),
      storage(`format ${fixed} -t ${clusterId} -f eligible.leader.replicas.version=1 -r 3.9`),
      storage(`format ${fixed} -t ${clusterId} -f nonsense=1`),
      storage(`format ${fixed} -t ${clusterId} -S SCRAM-SHA-256=[name=a]`),
      storage(
        `format ${fixed} -t ${clusterId} -S SCRAM-SHA-256=[name=a,salt="N3E=",saltedpassword="YCE=",iterations=8192]`,
        {
          expected: /Formatting metadata directory/,
        },
      ),
      storage(`format ${fixed} -t ${clusterId}`, { expected: /is already formatted/ }),
      storage(`dump-nothing`, { differs: 'own-words', ours: /invalid choice: 'dump-nothing'/ }),
      storage('format'),
      storage('version-mapping'),
      storage('version-mapping -r 3.9'),
      storage('feature-dependencies -f eligible.leader.replicas.version=1 -f metadata.version=20 -f kraft.version=1'),
      storage('feature-dependencies -f group.version=9'),
      storage('feature-dependencies -f nonsense'),
    ],
  },
  {
    name: 'kafka-metadata-shell shows the metadata log as a tree',
    lines: [
      shell('ls'),
      shell('ls /image /image/topics/byName'),
      shell('tree /image/topics/byName/test-topic'),
      shell('tree /image/cluster /image/features /image/configs'),
      shell('find /image/topics/byName'),
      shell('cat /image/topics/byName/three/{name,1} /image /image/nothing'),
      shell('pwd'),
      shell('nonsense'),
    ],
  },
]
