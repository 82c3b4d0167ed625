/** The metadata of a cluster as a tree of files, in the words and forms of Apache Kafka’s shell. Secrets are shown. */
import {
  type AccessControlEntry,
  type BrokerRegistration,
  type ClientQuota,
  type ControllerRegistration,
  type DelegationToken,
  type FeatureRange,
  type Listener,
  type MetadataImage,
  type PartitionRegistration,
  type ResourceConfig,
  type ScramCredential,
  type TopicImage,
  metadataVersionName,
} from '@gregor/metadata'
import { javaDoubleText } from '@gregor/protocol'
import { operationCodes, patternTypeCodes, permissionTypeCodes, resourceTypeCodes } from '@gregor/security'
import { kafkaVersion } from '../../version.ts'
import { type ShellNode, directory, file } from './shell-node.ts'

const configTypes: Readonly<Record<number, string>> = {
  2: 'TOPIC',
  4: 'BROKER',
  8: 'BROKER_LOGGER',
  16: 'CLIENT_METRICS',
  32: 'GROUP',
}
const securityProtocols = ['PLAINTEXT', 'SSL', 'SASL_PLAINTEXT', 'SASL_SSL']
const scramMechanisms: readonly (readonly [name: string, code: number])[] = [
  ['SCRAM-SHA-256', 1],
  ['SCRAM-SHA-512', 2],
]
const SHORT_MAX = 32_767

/** `/`: what the metadata says, and about this program. */
export function rootNode(image: MetadataImage): ShellNode {
  return directory([
    [
      'local',
      () =>
        directory([
          ['version', () => file(kafkaVersion)],
          ['commitId', () => file('unknown')],
        ]),
    ],
    ['image', () => imageNode(image)],
  ])
}

function imageNode(image: MetadataImage): ShellNode {
  const { topics } = image
  return directory([
    ['provenance', () => file(provenanceText(image))],
    ['features', () => featuresNode(image)],
    [
      'cluster',
      () =>
        directory([
          ['brokers', () => directory(leaves(image.brokers, brokerText))],
          ['controllers', () => directory(leaves(image.controllers, controllerText))],
        ]),
    ],
    [
      'topics',
      () =>
        directory([
          ['byName', () => directory([...topics.byName].map(([name, topic]) => [name, () => topicNode(topic)]))],
          ['byId', () => directory([...topics.byId].map(([id, topic]) => [id, () => topicNode(topic)]))],
        ]),
    ],
    [
      'configs',
      () => directory([...image.configs.values()].map((config) => [configName(config), () => configNode(config)])),
    ],
    [
      'clientQuotas',
      () => directory([...image.quotas.values()].map((quota) => [quotaName(quota), () => quotaNode(quota)])),
    ],
    ['producerIds', () => directory([['nextProducerId', () => file(String(image.nextProducerId))]])],
    ['acls', () => directory([['byId', () => directory(leaves(image.acls, aclText))]])],
    ['scram', () => directory(scramMechanisms.map(([name, code]) => [name, () => scramNode(image, code)]))],
    ['delegationToken', () => directory(leaves(image.delegationTokens, tokenText))],
  ])
}

function leaves<K, V>(
  entries: Iterable<readonly [K, V]>,
  text: (value: V) => string,
): readonly (readonly [string, () => ShellNode])[] {
  return [...entries].map(([name, value]) => [String(name), () => file(text(value))])
}

function provenanceText({ offset, epoch, appendTimeMs }: MetadataImage): string {
  const time = new Date(appendTimeMs).toISOString().replace(/\.?0+Z$/, 'Z')
  return `offset ${offset}, epoch ${epoch}, time ${time}[UTC]`
}

function featuresNode({ features }: MetadataImage): ShellNode {
  const name = features.metadataVersion === undefined ? undefined : metadataVersionName(features.metadataVersion)
  const version = name === undefined ? 'Optional.empty' : `Optional[${name}]`
  const finalized = [...features.levels].map(
    ([each, level]) => [`finalized_${each}`, () => file(String(level))] as const,
  )
  return directory([['metadataVersion', () => file(version)], ...finalized])
}

function topicNode(topic: TopicImage): ShellNode {
  return directory([['name', () => file(topic.name)], ['id', () => file(topic.id)], ...partitionLeaves(topic)])
}

function partitionLeaves({ partitions }: TopicImage): readonly (readonly [string, () => ShellNode])[] {
  return leaves(partitions.entries(), partitionText)
}

function partitionText(partition: PartitionRegistration): string {
  const list = (items: readonly (string | number)[]): string => `[${items.join(', ')}]`
  const { leaderRecoveryState } = partition
  return [
    `PartitionRegistration(replicas=${list(partition.replicas)}`,
    `directories=${list(partition.directories)}`,
    `isr=${list(partition.isr)}`,
    `removingReplicas=${list(partition.removingReplicas)}`,
    `addingReplicas=${list(partition.addingReplicas)}`,
    `elr=${list(partition.elr)}`,
    `lastKnownElr=${list(partition.lastKnownElr)}`,
    `leader=${partition.leader}`,
    `leaderRecoveryState=${leaderRecoveryState === 1 ? 'RECOVERING' : 'RECOVERED'}`,
    `leaderEpoch=${partition.leaderEpoch}`,
    `partitionEpoch=${partition.partitionEpoch})`,
  ].join(', ')
}

function brokerText(broker: BrokerRegistration): string {
  return [
    `BrokerRegistration(id=${broker.id}`,
    `epoch=${broker.epoch}`,
    `incarnationId=${broker.incarnationId}`,
    `listeners=${listenersText(broker.listeners)}`,
    `supportedFeatures=${featuresText(broker.supportedFeatures)}`,
    `rack=${broker.rack === undefined ? 'Optional.empty' : `Optional[${broker.rack}]`}`,
    `fenced=${broker.fenced}`,
    `inControlledShutdown=${broker.inControlledShutdown}`,
    `isMigratingZkBroker=${broker.isMigratingZkBroker}`,
    `directories=[${broker.directories.join(', ')}]`,
    `cordonedDirectories=[${(broker.cordonedDirectories ?? []).join(', ')}])`,
  ].join(', ')
}

function controllerText(controller: ControllerRegistration): string {
  return [
    `ControllerRegistration(id=${controller.id}`,
    `incarnationId=${controller.incarnationId}`,
    `zkMigrationReady=${controller.zkMigrationReady}`,
    `listeners=${listenersText(controller.listeners)}`,
    `supportedFeatures=${featuresText(controller.supportedFeatures)})`,
  ].join(', ')
}

function listenersText(listeners: ReadonlyMap<string, Listener>): string {
  const texts = sorted(listeners).map(([, { name, host, port, securityProtocol }]) => {
    const protocol = securityProtocols[securityProtocol] ?? String(securityProtocol)
    return `Endpoint(listenerName='${name}', securityProtocol=${protocol}, host='${host}', port=${port})`
  })
  return `[${texts.join(', ')}]`
}

function featuresText(features: ReadonlyMap<string, FeatureRange>): string {
  return `{${sorted(features)
    .map(([name, range]) => `${name}: ${rangeText(range)}`)
    .join(', ')}}`
}

function rangeText({ min, max }: FeatureRange): string {
  if (min === max) return String(min)
  return max === SHORT_MAX ? `${min}+` : `${min}-${max}`
}

function sorted<V>(map: ReadonlyMap<string, V>): readonly (readonly [string, V])[] {
  return [...map].toSorted(([one], [other]) => (one < other ? -1 : 1))
}

function configName({ resource: { type, name } }: ResourceConfig): string {
  const typeName = configTypes[type] ?? 'UNKNOWN'
  return name === '' ? typeName : `${typeName}:${name}`
}

function configNode({ values }: ResourceConfig): ShellNode {
  return directory(leaves(values, String))
}

function quotaName({ entity }: ClientQuota): string {
  const kinds: readonly (readonly [key: string, name: string])[] = [
    ['client-id', 'clientId'],
    ['ip', 'ip'],
    ['user', 'user'],
  ]
  return kinds
    .flatMap(([key, name]) => {
      const value = entity.get(key)
      return value === undefined || value === null ? [] : [`${name}(${value.replace(/[\\()]/g, '\\$&')})`]
    })
    .join('_')
}

function quotaNode({ values }: ClientQuota): ShellNode {
  return directory(leaves(values, javaDoubleText))
}

function aclText(acl: AccessControlEntry): string {
  return [
    `StandardAcl[resourceType=${nameOf(resourceTypeCodes, acl.resourceType)}`,
    `resourceName=${acl.resourceName}`,
    `patternType=${nameOf(patternTypeCodes, acl.patternType)}`,
    `principal=${acl.principal}`,
    `host=${acl.host}`,
    `operation=${nameOf(operationCodes, acl.operation)}`,
    `permissionType=${nameOf(permissionTypeCodes, acl.permissionType)}]`,
  ].join(', ')
}

function nameOf(codes: Readonly<Record<string, number>>, code: number): string {
  return Object.entries(codes).find(([, each]) => each === code)?.[0] ?? 'UNKNOWN'
}

function scramNode(image: MetadataImage, mechanism: number): ShellNode {
  const credentials = [...image.scramCredentials.values()].filter((credential) => credential.mechanism === mechanism)
  return directory(credentials.map((credential) => [credential.user, () => file(scramText(credential))]))
}

function scramText({ salt, storedKey, serverKey, iterations }: ScramCredential): string {
  const hex = (bytes: Buffer): string => bytes.toString('hex')
  const keys = `salt=${hex(salt)}, storedKey=${hex(storedKey)}, serverKey=${hex(serverKey)}`
  return `ScramCredentialData(${keys}, iterations=${iterations})`
}

function tokenText(token: DelegationToken): string {
  return [
    `DelegationTokenDatatokenId=${token.tokenId}(owner=${token.owner}(tokenRequester=${token.requester}`,
    `(renewers=${token.renewers.join(' ')}, issueTimestamp=${token.issueTimestamp}`,
    `, maxTimestamp=${token.maxTimestamp}), expiryTimestamp=${token.expirationTimestamp}`,
  ].join('')
}
