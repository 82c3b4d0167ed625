/** kafka-console-producer and kafka-console-consumer: W3 and W9, formatters, readers, and what is refused. */

import { helpLine, linesOf, type ToolScript } from '../tool-line.ts'

const producer = linesOf('kafka-console-producer')
const consumer = linesOf('kafka-console-consumer')
const topics = linesOf('kafka-topics')
const until = '--timeout-ms 8000'
/** The console consumer tells of KIP-848 first. */
const keyed = '--reader-property parse.key=true'

export const consoleScripts: readonly ToolScript[] = [
  {
    name: 'W3: lines are written and read, with --bootstrap-server and, older, with --broker-list',
    lines: [
      producer('--topic w3-SIDE', { input: 'one\ntwo\r\nthrée\n\nlast' }),
      producer('--broker-list ADDRESS --topic w3-SIDE', {
        isBare: true,
        input: 'older\n',
        differs: 'older-spellings',
        oursEndsWith: 0,
      }),
      consumer(`--topic w3-SIDE --from-beginning --max-messages 5 ${until}`, { expected: /^thrée$/m }),
      consumer(`--topic w3-SIDE --partition 0 --offset 2 --max-messages 2 ${until}`),
      consumer('--zookeeper localhost:2181/chroot --topic t', {
        isBare: true,
        differs: 'zookeeper',
        ours: /--bootstrap-server localhost:9092/,
      }),
    ],
  },
  {
    name: 'W9: keys choose partitions, as murmur2 does',
    lines: [
      topics('--create --topic w9-SIDE --partitions 3'),
      producer(`--topic w9-SIDE ${keyed} --reader-property key.separator=:`, {
        input: 'a:1\nb:2\nc:3\nd:4\ne:5\nf:6\ng:7\nh:8\n',
      }),
      ...[0, 1, 2].map((partition) =>
        consumer(
          `--topic w9-SIDE --partition ${partition} --offset earliest --timeout-ms 4000 --formatter-property print.key=true --formatter-property print.partition=true`,
        ),
      ),
    ],
  },
  {
    name: 'records are read from lines with keys, headers and nulls, and printed with all they have',
    lines: [
      producer(`--topic parts-SIDE ${keyed} --property parse.headers=true --sync`, { input: 'x\n' }),
      producer(
        `--topic parts-SIDE ${keyed} --reader-property parse.headers=true --reader-property null.marker=NULL --compression-codec --sync`,
        { input: 'h1:v1,h2:NULL\tkey\tvalue\nNULL\tNULL\tNULL\n:x,a:b:c\t\té\n' },
      ),
      consumer(
        `--topic parts-SIDE --from-beginning --max-messages 3 ${until} --property print.key=true --property print.headers=true --property print.offset=true --property print.partition=true --property print.epoch=true --property print.delivery=true --property null.literal=- --property headers.separator=; --property key.separator=!`,
        { expected: /^Option --property is deprecated/m },
      ),
      consumer(
        `--topic parts-SIDE --partition 0 --offset earliest --max-messages 1 --formatter-property print.value=false --formatter-property print.key=true`,
      ),
      producer(`--topic parts-SIDE ${keyed}`, { input: 'no separator\n', expected: /No key separator found on line/ }),
      producer('--topic parts-SIDE --reader-property headers.separator=:', { input: 'x\n' }),
      producer('--topic parts-SIDE --line-reader no.Reader', { input: 'x\n', differs: 'own-words' }),
    ],
  },
  {
    name: 'values are shown as the deserializers of Java make them',
    lines: [
      producer('--topic eight-SIDE', { input: '12345678\nabc\n' }),
      ...['Long', 'Double', 'String', 'Bytes', 'ByteBuffer'].map((name) =>
        consumer(
          `--topic eight-SIDE --partition 0 --offset earliest --max-messages 1 --value-deserializer org.apache.kafka.common.serialization.${name}Deserializer`,
        ),
      ),
      consumer(
        '--topic eight-SIDE --partition 0 --offset earliest --max-messages 2 --skip-message-on-error --value-deserializer org.apache.kafka.common.serialization.IntegerDeserializer',
      ),
      consumer(
        '--topic eight-SIDE --partition 0 --offset 1 --max-messages 1 --value-deserializer org.apache.kafka.common.serialization.UUIDDeserializer',
      ),
      consumer('--topic eight-SIDE --partition 0 --offset earliest --max-messages 1 --formatter no.Formatter'),
    ],
  },
  {
    name: 'a group goes on where it was',
    lines: [
      producer('--topic group-SIDE', { input: '1\n2\n3\n' }),
      consumer(`--topic group-SIDE --group g-SIDE --from-beginning --max-messages 2 ${until}`, { expected: /^2$/m }),
      consumer(`--topic group-SIDE --group g-SIDE --max-messages 1 ${until}`, { expected: /^3$/m }),
      consumer(
        `--topic group-SIDE --group h-SIDE --command-property group.protocol=consumer --from-beginning --max-messages 3 ${until}`,
      ),
      consumer('--topic t --group one --command-property group.id=other'),
    ],
  },
  {
    name: 'what contradicts itself is refused',
    lines: [
      producer('--topic t', { isBare: true }),
      producer('--bootstrap-server nonsense --topic t', { isBare: true }),
      producer(''),
      producer('--topic t --nonsense'),
      producer('--topic t --batch-size many'),
      producer('--topic t --command-property a=b --producer-property a=b'),
      producer('--topic t --command-config a --producer.config b'),
      consumer(''),
      consumer('--topic t --include t'),
      consumer('--topic t', { isBare: true }),
      consumer('--include t --partition 0'),
      consumer('--topic t --offset 0'),
      consumer('--topic t --partition 0 --offset -1'),
      consumer('--topic t --partition 0 --offset soon'),
      consumer('--topic t --partition 0 --offset 0 --from-beginning'),
      consumer('--topic t --partition 0 --group g'),
      consumer('--topic t --from-beginning --command-property auto.offset.reset=latest'),
      consumer('--topic t --consumer-property a=b --command-property a=b'),
      consumer('--topic t --property a=b --formatter-property a=b'),
      { ...helpLine('kafka-console-producer') },
      { ...helpLine('kafka-console-consumer') },
    ],
  },
]
