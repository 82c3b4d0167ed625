/**
 * What is said to `--zookeeper HOST:2181[/path]`, which guides older than Kafka 3 show: the tools spoke with ZooKeeper
 * then, and now with the brokers. The same line is given back with the option that does it today.
 */

/** `undefined` unless it was typed. The first line is Apache Kafka’s. */
export function zookeeperAnswer(tool: string, words: readonly string[]): readonly string[] | undefined {
  const at = words.findIndex((word) => /^--?zookeeper(=|$)/.test(word))
  const word = words[at]
  if (word === undefined) return undefined
  const isInline = word.includes('=')
  const address = isInline ? word.slice(word.indexOf('=') + 1) : words[at + 1]
  const width = isInline ? 1 : 2
  const option = ['--bootstrap-server', bootstrapFrom(address)]
  const already = words.some((each) => /^--?bootstrap-server(=|$)/.test(each))
  const line = [...words.slice(0, at), ...(already ? [] : option), ...words.slice(at + width)]
  return [
    'zookeeper is not a recognized option',
    'Tools have spoken with the brokers instead of ZooKeeper since Kafka 3.0. Write this, with the address of a broker:',
    `  ${[`${tool}.sh`, ...line].map(quoted).join(' ')}`,
  ]
}

/** The broker is guessed to be where ZooKeeper was, on the usual port. */
function bootstrapFrom(address: string | undefined): string {
  const [first = ''] = (address ?? '').split(/[,/]/)
  const host = first.replace(/:\d+$/, '')
  return `${host === '' || host.startsWith('-') ? 'localhost' : host}:9092`
}

function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`
}
