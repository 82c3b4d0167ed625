/** A cluster as its clients see it: can it be reached, by the addresses that it tells them, and is it well. */
import type { Admin, ClusterNode, Kafka } from '@gregor/client'
import { NetworkError } from '@gregor/platform'
import type { Program } from '../program.ts'
import { isLoopbackHost, size } from './check-node.ts'
import { ok, warning, wrong, type Finding } from './finding.ts'

const connectMsMax = 3_000
const reachMsMax = 8_000
const askMsMax = 15_000
const usableShareMin = 0.1
const namesMax = 5

/** @param bootstrap - addresses, with commas between them. */
export async function checkCluster(
  bootstrap: string,
  properties: ReadonlyMap<string, string>,
  program: Program,
): Promise<readonly Finding[]> {
  const addresses = bootstrap.split(',').map((address) => address.trim())
  const reached = await Promise.all(addresses.map((address) => reach(address, properties, program)))
  const findings = reached.map(({ finding }) => finding)
  const kafka = reached.find((one) => one.kafka !== undefined)?.kafka
  try {
    if (kafka === undefined) return findings
    return [...findings, ...(await checkReached(kafka.admin({ defaultApiTimeoutMs: askMsMax }), addresses, program))]
  } finally {
    for (const one of reached) await one.kafka?.close()
  }
}

async function reach(
  address: string,
  properties: ReadonlyMap<string, string>,
  program: Program,
): Promise<{ readonly finding: Finding; readonly kafka: Kafka | undefined }> {
  const kafka = await program.connect({ properties: new Map([...properties, ['bootstrap.servers', address]]) })
  try {
    await kafka.reach(reachMsMax)
    return { finding: ok(`${address} answers as a Kafka node`), kafka }
  } catch (error) {
    if (!(error instanceof Error)) throw error
    await kafka.close()
    const reason = rootCause(error)
    const advice = 'Is the node running, is this its address and port, does security.protocol fit the listener?'
    return { finding: wrong(`${address} cannot be used: ${reason.message}`, advice), kafka: undefined }
  }
}

/** What the last attempt met says more than that the time is up. */
function rootCause(error: Error): Error {
  return error.cause instanceof Error && error.cause.name !== 'NetworkError' ? rootCause(error.cause) : error
}

async function checkReached(admin: Admin, bootstrap: readonly string[], program: Program): Promise<readonly Finding[]> {
  const { nodes } = await admin.describeCluster()
  const advertised = await Promise.all(nodes.map((node) => advertisedAddress(node, bootstrap, program)))
  // Whatever else is asked goes to those addresses.
  if (advertised.some(({ verdict }) => verdict === 'wrong')) {
    return [
      ...advertised,
      warning('topics, directories and groups were not looked at', 'Run this again once all nodes can be reached.'),
    ]
  }
  return [...advertised, ...(await partitions(admin)), ...(await disks(admin, nodes)), ...(await groups(admin))]
}

/** Clients connect to what the cluster tells them, not to what they were given. */
async function advertisedAddress(
  { nodeId, host, port }: ClusterNode,
  bootstrap: readonly string[],
  { environment: { network } }: Program,
): Promise<Finding> {
  const at = `node ${nodeId} says that clients reach it at ${host}:${port}`
  try {
    const socket = await network.connect({ host, port, timeoutMs: connectMsMax })
    socket.destroy()
    return ok(`${at}, and so it is`)
  } catch (error) {
    if (!(error instanceof NetworkError)) throw error
    const isElsewhere =
      isLoopbackHost(host) && !bootstrap.some((address) => isLoopbackHost(address.replace(/:\d+$/, '')))
    const because = isElsewhere ? ' That is this machine, not the node’s.' : ''
    return wrong(
      `${at}: nobody can be reached there from here (${error.code}).${because}`,
      'Set advertised.listeners of the node to a name and port that its clients can reach.',
    )
  }
}

async function partitions(admin: Admin): Promise<readonly Finding[]> {
  const names = (await admin.listTopics({ listInternal: true })).map(({ name }) => name)
  const described =
    names.length === 0 ? [] : [...(await admin.describeTopics(names))].flatMap(({ value }) => value ?? [])
  const all = described.flatMap(({ name, partitions: each }) =>
    each.map((one) => ({ ...one, text: `${name}-${one.partition}` })),
  )
  const leaderless = all.filter(({ leaderId }) => leaderId === -1).map(({ text }) => text)
  const behind = all
    .filter(({ leaderId, replicas, inSyncReplicas }) => leaderId !== -1 && inSyncReplicas.length < replicas.length)
    .map(({ text }) => text)
  const found: Finding[] = []
  if (leaderless.length > 0) {
    found.push(
      wrong(
        `${leaderless.length} partition(s) have no leader: ${listed(leaderless)}`,
        'Start the nodes that have their replicas; where those are lost, kafka-leader-election.sh --election-type unclean takes what is left.',
      ),
    )
  }
  if (behind.length > 0) {
    found.push(
      warning(
        `${behind.length} partition(s) have replicas that are not in sync: ${listed(behind)}`,
        'Look at the nodes of those replicas: are they running, and is their disk fast enough?',
      ),
    )
  }
  return found.length > 0 ? found : [ok(`all ${all.length} partition(s) have a leader and all replicas in sync`)]
}

async function disks(admin: Admin, nodes: readonly ClusterNode[]): Promise<readonly Finding[]> {
  const found: Finding[] = []
  for (const { item: nodeId, value, error } of await admin.describeLogDirs(nodes.map((node) => node.nodeId))) {
    if (error !== undefined) {
      found.push(
        warning(`node ${nodeId} does not tell of its directories: ${error.message}`, 'Ask it with kafka-log-dirs.sh.'),
      )
      continue
    }
    for (const { path, error: failure, totalBytes, usableBytes } of value) {
      const at = `${path} of node ${nodeId}`
      if (failure !== undefined) {
        found.push(
          wrong(
            `${at} has failed`,
            'Look into the node’s log for why; repair or replace the disk, then start the node again.',
          ),
        )
      } else if (totalBytes !== undefined && usableBytes !== undefined && totalBytes > 0) {
        const text = `${at}: ${size(usableBytes)} of ${size(totalBytes)} are free`
        const isFull = usableBytes < totalBytes * usableShareMin
        found.push(
          isFull ? wrong(text, 'Make room, or lower retention.ms or retention.bytes of the largest topics.') : ok(text),
        )
      }
    }
  }
  return found
}

/** Those that nobody reads any more, and those that cannot agree who reads what. */
async function groups(admin: Admin): Promise<readonly Finding[]> {
  const { groups: all, failures } = await admin.listGroups()
  const stuck = all.filter(({ state }) => state === 'PreparingRebalance' || state === 'CompletingRebalance')
  const found: Finding[] = failures.map(({ brokerId, error }) =>
    warning(`node ${brokerId} does not tell its groups: ${error.message}`, 'Look into its log.'),
  )
  if (stuck.length > 0) {
    const names = stuck.map(({ groupId }) => groupId)
    found.push(
      warning(
        `${names.length} group(s) are rebalancing: ${listed(names)}`,
        'Where that does not end, gregor groups explain GROUP tells why.',
      ),
    )
  }
  return found.length > 0 ? found : [ok(`${all.length} group(s), none of which is rebalancing`)]
}

function listed(names: readonly string[]): string {
  const rest = names.length - namesMax
  return rest > 0 ? `${names.slice(0, namesMax).join(', ')} and ${rest} more` : names.join(', ')
}
