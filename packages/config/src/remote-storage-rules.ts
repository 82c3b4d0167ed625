/** What tiered storage asks of the configs of a topic (KIP-405, KIP-950). */
import type { BrokerConfig } from './broker-config.ts'
import { topicText } from './log-config.ts'
import type { TopicConfigName } from './synonyms.ts'

export function remoteStorageProblem(
  config: BrokerConfig,
  configs: ReadonlyMap<string, string>,
  existing: ReadonlyMap<string, string>,
): string | undefined {
  const text = (name: TopicConfigName): string => topicText(config, configs, name) ?? ''
  if (text('remote.storage.enable') !== 'true') {
    const wasOn = topicText(config, existing, 'remote.storage.enable') === 'true'
    if (!wasOn || text('remote.log.delete.on.disable') === 'true') return undefined
    return (
      'Remote storage can be switched off only together with the data in it: set remote.log.delete.on.disable=true. ' +
      'To keep the data and stop copying, leave it on and set remote.log.copy.disable=true.'
    )
  }
  if (!config.get('remote.log.storage.system.enable')) {
    return 'Tiered Storage functionality is disabled in the broker. Topic cannot be configured with remote log storage.'
  }
  if (!['', 'delete'].includes(text('cleanup.policy'))) {
    return 'Remote log storage only supports topics with cleanup.policy=delete or an empty one'
  }
  return localProblem(text, 'bytes') ?? localProblem(text, 'ms') ?? copyDisabledProblem(text)
}

/** Less or as much may be kept locally as altogether; -2 is as much. */
function localProblem(text: (name: TopicConfigName) => string, unit: 'bytes' | 'ms'): string | undefined {
  const [local, whole] = [`local.retention.${unit}`, `retention.${unit}`] as const
  const [localValue, wholeValue] = [BigInt(text(local)), BigInt(text(whole))]
  if (wholeValue < 0n || localValue === -2n) return undefined
  if (localValue !== -1n && localValue <= wholeValue) return undefined
  return `Invalid value ${localValue} for configuration ${local}: Value must not be more than ${whole} property value: ${wholeValue}`
}

function copyDisabledProblem(text: (name: TopicConfigName) => string): string | undefined {
  if (text('remote.log.copy.disable') !== 'true') return undefined
  for (const unit of ['bytes', 'ms'] as const) {
    const local = text(`local.retention.${unit}`)
    if (local === '-2' || local === text(`retention.${unit}`)) continue
    return `With remote.log.copy.disable=true, local.retention.${unit} must be the same as retention.${unit}`
  }
  return undefined
}
