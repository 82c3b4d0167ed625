/**
 * What is typed, once into Apache's tool and once into ours, against the same node. Both run it at the same time: where a
 * line changes something, `SIDE` stands for a letter that is another for each of them, so that each has its own topic
 * or group; in what they say it is `SIDE` again.
 */

/** Why both do not say the same, where that is meant. Each is explained in docs/compatibility.md, in these words. */
export const meantDifferences = {
  'own-help': 'Help texts are our own; they name the same options.',
  'older-spellings': 'Options that Kafka has dropped and guides still show are taken.',
  zookeeper: '`--zookeeper` is answered with the line to write instead.',
  're2-regex': '`--validate-regex` tells what brokers take (RE2), not what Java takes.',
  'own-words': 'Where Java shows what a library or the system said, ours say it in words of their own.',
} as const

export type MeantDifference = keyof typeof meantDifferences

export interface ToolLine {
  /** `kafka-topics` */
  readonly tool: string
  /** Parted by blanks; `'…'` keeps them. `--bootstrap-server` goes before, unless `BOOTSTRAP` stands in it or `isBare`. */
  readonly text: string
  /** Nothing is added: no `--bootstrap-server`. */
  readonly isBare?: boolean
  readonly input?: string
  /** Files in the folder that `FOLDER` stands for, by name. */
  readonly files?: Readonly<Record<string, string>>
  /** Holds for what both say together. */
  readonly expected?: RegExp
  /** The lines of standard output come in no order. */
  readonly isUnordered?: boolean
  /** Lines that are left out. */
  readonly without?: RegExp
  /** Only the exit code is the same. */
  readonly differs?: MeantDifference
  /** What ours says, where it differs. */
  readonly ours?: RegExp
  /** Ours ends with this, where Apache's ends otherwise. */
  readonly oursEndsWith?: number
  /** Run by Apache's tool for both sides, and not compared: it prepares what follows. */
  readonly isPreparation?: boolean
}

export interface ToolScript {
  /** A sentence that is true when it passes. */
  readonly name: string
  /** Groups `live-classic` and `live-consumer` have a member each meanwhile, who reads `test-topic`. */
  readonly hasLiveGroups?: boolean
  readonly lines: readonly ToolLine[]
}

/** @param tool - for all lines made with what is returned. */
export function linesOf(tool: string): (text: string, more?: Omit<ToolLine, 'tool' | 'text'>) => ToolLine {
  return (text, more = {}) => ({ tool, text, ...more })
}

/** `--help`, as words: exit code and options are those of Apache's. */
export function helpLine(tool: string): ToolLine {
  return { tool, text: '--help', isBare: true, differs: 'own-help' }
}
