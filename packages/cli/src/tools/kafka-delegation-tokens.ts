/** kafka-delegation-tokens: passwords for a time that stand for a principal (KIP-48). */
import type { Admin, DelegationToken, TokenPrincipal } from '@gregor/client'
import type { Program } from '../program.ts'
import { bootstrapServer, commandConfig, withAdmin } from './admin-options.ts'
import { failedAnswer } from './argparse-connection.ts'
import { dateText } from './java-format.ts'
import { type GivenOptions, flag, long, optionalText, usageError } from './joptsimple.ts'
import { principalOf, principalText } from './principals.ts'
import { defineTool } from './tool.ts'

const period = (summary: string) => ({ ...long({ summary, placeholder: 'ms' }), argument: 'optional' as const })

const options = {
  'bootstrap-server': bootstrapServer,
  'command-config': {
    ...commandConfig,
    summary: 'A file of properties with configs of the client. Needed: tokens are for authenticated principals only.',
  },
  create: flag('Make a token.'),
  renew: flag('Put off the expiry of a token.'),
  expire: flag('End a token.'),
  describe: flag('Tell which tokens there are.'),
  'owner-principal': optionalText({ summary: 'Whose tokens, or for whom, as type:name.', placeholder: 'principal' }),
  'renewer-principal': optionalText({ summary: 'Who may renew it, as type:name.', placeholder: 'principal' }),
  'max-life-time-period': period('Renewing goes no further, in milliseconds. -1: delegation.token.max.lifetime.ms.'),
  'renew-time-period': period('From now, in milliseconds. -1: delegation.token.expiry.time.ms of the broker.'),
  'expiry-time-period': period('From now, in milliseconds. -1: at once.'),
  hmac: optionalText({ summary: 'The secret of the token.', placeholder: 'base64' }),
}
type Given = GivenOptions<typeof options>

export const kafkaDelegationTokens = defineTool({
  name: 'kafka-delegation-tokens',
  dialect: 'joptsimple',
  summary: 'Makes, renews, ends and describes delegation tokens.',
  options,
  examples: [
    '--bootstrap-server localhost:9092 --command-config client.properties --create --max-life-time-period -1 --renewer-principal User:bob',
  ],
  failed: failedAnswer,
  async run(given, program) {
    check(given)
    const connection = {
      bootstrapServer: given.value('bootstrap-server'),
      commandConfig: given.value('command-config'),
    }
    await withAdmin(connection, program, (admin) => perform(given, admin, program))
  },
})

function check(given: Given): void {
  if ((['create', 'renew', 'expire', 'describe'] as const).filter((name) => given.has(name)).length !== 1) {
    throw usageError('Command must include exactly one action: --create, --renew, --expire or --describe')
  }
  given.require('bootstrap-server', 'command-config')
  if (given.has('create')) given.require('max-life-time-period')
  if (given.has('renew')) given.require('hmac', 'renew-time-period')
  if (given.has('expire')) given.require('hmac', 'expiry-time-period')
  given.exclude('create', ['hmac', 'renew-time-period', 'expiry-time-period'])
  given.exclude('renew', ['renewer-principal', 'max-life-time-period', 'expiry-time-period', 'owner-principal'])
  given.exclude('expire', ['renew', 'max-life-time-period', 'renew-time-period', 'owner-principal'])
  given.exclude('describe', ['renew-time-period', 'max-life-time-period', 'hmac', 'expiry-time-period'])
}

async function perform(given: Given, admin: Admin, { out }: Program): Promise<void> {
  const hmac = given.value('hmac') ?? ''
  const secret = Buffer.from(hmac, 'base64')
  if (given.has('create')) {
    const renewers = principalsOf(given.values('renewer-principal'))
    const maxLifetimeMs = given.value('max-life-time-period') ?? -1
    const [owner] = principalsOf(given.values('owner-principal'))
    const names = renewers.map(principalText).join(', ')
    out.line(`Calling create token operation with renewers :[${names}] , max-life-time-period :${maxLifetimeMs}`)
    const token = await admin.createDelegationToken({
      renewers,
      maxLifetimeMs,
      ...(owner === undefined ? {} : { owner }),
    })
    out.line(`Created delegation token with tokenId : ${token.tokenId}`)
    out.write(tokenTable([token]))
  } else if (given.has('renew')) {
    const renewTimePeriodMs = given.value('renew-time-period') ?? -1
    out.line(`Calling renew token operation with hmac :${hmac} , renew-time-period :${renewTimePeriodMs}`)
    const expiresMs = await admin.renewDelegationToken(secret, { renewTimePeriodMs })
    out.write(`Completed renew operation. New expiry date : ${minuteText(expiresMs)}`)
  } else if (given.has('expire')) {
    const expiryTimePeriodMs = given.value('expiry-time-period') ?? -1
    out.line(`Calling expire token operation with hmac :${hmac} , expire-time-period :${expiryTimePeriodMs}`)
    const expiresMs = await admin.expireDelegationToken(secret, { expiryTimePeriodMs })
    out.write(`Completed expire operation. New expiry date : ${minuteText(expiresMs)}`)
  } else {
    const owners = principalsOf(given.values('owner-principal'))
    const names = owners.map(principalText).join(', ')
    if (owners.length === 0) out.line('Calling describe token operation for current user.')
    else out.line(`Calling describe token operation for owners: [${names}]`)
    const tokens = await admin.describeDelegationToken({ owners })
    out.write(`Total number of tokens : ${tokens.length}`)
    out.write(tokenTable(tokens))
  }
}

function principalsOf(texts: readonly (string | undefined)[]): readonly TokenPrincipal[] {
  return texts.flatMap((text) => (text === undefined ? [] : [principalOf(text.trim())]))
}

const widths = [15, 30, 15, 15, 25, 15, 15, 15]

/** With an empty line before each row. */
function tokenTable(tokens: readonly DelegationToken[]): string {
  const rows = tokens.map((token) => [
    token.tokenId,
    token.hmac.toString('base64'),
    principalText(token.owner),
    principalText(token.tokenRequester),
    `[${token.renewers.map(principalText).join(', ')}]`,
    minuteText(token.issueTimestamp),
    minuteText(token.expiryTimestamp),
    minuteText(token.maxTimestamp),
  ])
  const header = ['TOKENID', 'HMAC', 'OWNER', 'REQUESTER', 'RENEWERS', 'ISSUEDATE', 'EXPIRYDATE', 'MAXDATE']
  return [header, ...rows]
    .map((cells) => `\n${cells.map((cell, index) => cell.padEnd(widths[index] ?? 0)).join(' ')}\n`)
    .join('')
}

function minuteText(timestampMs: number): string {
  return dateText("yyyy-MM-dd'T'HH:mm", timestampMs)
}
