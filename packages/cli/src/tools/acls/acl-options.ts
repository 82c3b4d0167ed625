/** What is typed for kafka-acls, and which of it goes together. */
import type { PatternType } from '@gregor/client'
import { type GivenOptions, type OptionKind, flag, optionalText, text, usageError } from '../joptsimple.ts'
import { operationNames } from './operation-names.ts'

const patternTypes = ['ANY', 'MATCH', 'LITERAL', 'PREFIXED'] as const
const every = 'A value of * means all.'

const patternTypeOption: OptionKind<PatternType, PatternType> = {
  ...text({
    summary:
      'How names are meant: literal or prefixed; for listing and removing also any (both, of that very name) or match (whatever matches the name).',
    placeholder: 'type',
    absent: 'LITERAL',
  }),
  absent: 'LITERAL',
  convert: (given) => patternTypes.find((type) => type === given.toUpperCase()),
}

export const aclOptions = {
  'bootstrap-controller': text({
    summary: 'Controllers to ask instead of brokers, as host:port with commas between them.',
    placeholder: 'host:port,…',
  }),
  topic: text({ summary: `A topic. ${every}`, placeholder: 'topic' }),
  cluster: flag('The cluster as a whole.'),
  group: text({ summary: `A group. ${every}`, placeholder: 'group' }),
  'transactional-id': text({ summary: `A transactional id. ${every}`, placeholder: 'id' }),
  idempotent: flag('With --producer: idempotence for brokers before 2.8.'),
  'delegation-token': text({ summary: `A delegation token. ${every}`, placeholder: 'token id' }),
  'resource-pattern-type': patternTypeOption,
  add: flag('Add ACLs.'),
  remove: flag('Remove ACLs.'),
  list: flag('List ACLs: all, or those of the resources that are named.'),
  operation: text({
    summary: `What is allowed or denied: ${operationNames.join(', ')}. May be given more than once. Default: All.`,
    placeholder: 'operation',
  }),
  'allow-principal': text({ summary: 'Who may, as type:name; User:* is everybody.', placeholder: 'principal' }),
  'deny-principal': text({ summary: 'Who may not, though others may: this goes first.', placeholder: 'principal' }),
  principal: optionalText({ summary: 'With --list: only ACLs of this one.', placeholder: 'principal' }),
  'allow-host': text({ summary: 'From where those who may. Default: from everywhere.', placeholder: 'host' }),
  'deny-host': text({ summary: 'From where those may not. Default: from everywhere.', placeholder: 'host' }),
  producer: flag('What producing to the topics needs: Write, Describe and Create.'),
  consumer: flag('What consuming needs: Read and Describe of the topics, Read of the group.'),
  force: flag('Ask nothing.'),
  'user-principal': text({ summary: 'A user, for CreateTokens and DescribeTokens.', placeholder: 'principal' }),
}

type AclOptionKinds = typeof aclOptions & { readonly 'bootstrap-server': OptionKind<string> }
export type AclOptions = GivenOptions<AclOptionKinds>

/** @throws ToolExit with the help */
export function checkAclOptions(given: AclOptions): void {
  const [server, controller] = [given.has('bootstrap-server'), given.has('bootstrap-controller')]
  if (server && controller) {
    throw usageError('Only one of --bootstrap-server or --bootstrap-controller must be specified')
  }
  if (!server && !controller) throw usageError('One of --bootstrap-server or --bootstrap-controller must be specified')
  if ((['add', 'remove', 'list'] as const).filter((name) => given.has(name)).length !== 1) {
    throw usageError('Command must include exactly one action: --list, --add, --remove. ')
  }
  given.exclude('list', ['producer', 'consumer', 'allow-host', 'allow-principal', 'deny-host', 'deny-principal'])
  given.exclude('producer', ['operation', 'deny-principal', 'deny-host'])
  given.exclude('consumer', ['operation', 'deny-principal', 'deny-host'])
  if (given.has('principal') && !given.has('list')) {
    throw usageError('The --principal option is only available if --list is set')
  }
  if (given.has('producer') && !given.has('topic')) throw usageError('With --producer you must specify a --topic')
  if (given.has('idempotent') && !given.has('producer')) {
    throw usageError('The --idempotent option is only available if --producer is set')
  }
  const isOfMore = !given.has('producer') && given.hasAny('cluster', 'transactional-id')
  if (given.has('consumer') && (!given.has('topic', 'group') || isOfMore)) {
    throw usageError(
      'With --consumer you must specify a --topic and a --group and no --cluster or --transactional-id option should be specified.',
    )
  }
}
