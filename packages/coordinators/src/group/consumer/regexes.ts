/**
 * Subscriptions by regular expression (KIP-848). Expressions come from clients, so they run on an engine that takes
 * linear time, never on the built-in one, and mean what RE2 says. They are resolved outside the machine, which would
 * have to stand still meanwhile: an effect asks for it, an event brings the result, in the name of the member that
 * asked: nobody gets topics it may not see.
 */
import { RE2JS, RE2JSException } from 're2js'
import type { RegexesResolved, ResolveRegexes } from '../group-event.ts'
import { refusal } from '../refusal.ts'
import type { Refusal } from '../refusal.ts'
import { note } from '../turn.ts'
import type { Turn } from '../turn.ts'
import type { ConsumerGroup } from './consumer-group.ts'
import { regexOf, sameNames } from './consumer-member.ts'
import type { ConsumerMember } from './consumer-member.ts'
import { groupEpochRecord, regexRecord, regexTombstone } from './consumer-records.ts'
import { topicsOfAll } from './subscription.ts'

/** `resolved`: what it stands for is known already. */
export type RegexChange = 'none' | 'changed' | 'resolved'

const refreshIntervalMsMin = 10_000
/** By then whoever was to resolve them has forgotten. */
const resolutionTimeoutMs = 60_000

/** What is stored was valid for whoever stored it: where it is not here, it stands for nothing. */
function compile(regex: string): RE2JS | Refusal {
  try {
    return RE2JS.compile(regex)
  } catch (error) {
    if (!(error instanceof RE2JSException)) throw error
    const text = `SubscribedTopicRegex \`${regex}\` is not a valid regular expression: ${error.message}.`
    return refusal('INVALID_REGULAR_EXPRESSION', text)
  }
}

/** Follows the change of a member’s expression, and asks to resolve those of the group where it is time to. */
export function updateRegexes(
  turn: Turn,
  group: ConsumerGroup,
  change: { readonly before: ConsumerMember; readonly after: ConsumerMember },
  mayDescribe: ((topic: string) => boolean) | undefined,
): RegexChange | Refusal {
  const [before, after] = [regexOf(change.before), regexOf(change.after)]
  if (before !== after && before !== undefined && group.regexSubscribers.get(before) === 1) {
    turn.records.push(regexTombstone(group.groupId, before))
  }
  const isNew = before !== after && after !== undefined && !group.regexSubscribers.has(after)
  const compiled = isNew ? compile(after) : undefined
  if (compiled !== undefined && 'refused' in compiled) return compiled
  const regexes = regexesAfter(group, before, after)
  const isDue = mayDescribe !== undefined && regexes.size > 0 && isRefreshDue(turn, group, regexes, isNew)
  if (isDue) askToResolve(turn, group, [...regexes], mayDescribe)
  if (before === after) return 'none'
  return after === undefined || (!isNew && group.regexes.has(after)) ? 'resolved' : 'changed'
}

function regexesAfter(
  { regexSubscribers }: ConsumerGroup,
  before: string | undefined,
  after: string | undefined,
): ReadonlySet<string> {
  const regexes = new Set(regexSubscribers.keys())
  if (before !== undefined && before !== after && regexSubscribers.get(before) === 1) regexes.delete(before)
  if (after !== undefined) regexes.add(after)
  return regexes
}

/** Not more often than every ten seconds: for what is not resolved, for new topics, or because it was long ago. */
function isRefreshDue(
  { state, given }: Turn,
  group: ConsumerGroup,
  regexes: ReadonlySet<string>,
  isNew: boolean,
): boolean {
  const askedAtMs = state.regexesAskedAtMs.get(group.groupId)
  if (askedAtMs !== undefined && given.monotonicMs < askedAtMs + resolutionTimeoutMs) return false
  const last = group.regexes.values().next().value
  if (last === undefined) return true
  if (given.nowMs <= last.atMs + refreshIntervalMsMin) return false
  const isIncomplete = isNew || regexes.size !== group.regexes.size
  const isOutdated = last.version < state.newTopicsVersion
  return isIncomplete || isOutdated || given.nowMs > last.atMs + state.config.consumer.regexRefreshIntervalMs
}

function askToResolve(
  { state, given, effects }: Turn,
  { groupId }: ConsumerGroup,
  regexes: readonly string[],
  mayDescribe: (topic: string) => boolean,
): void {
  state.regexesAskedAtMs.set(groupId, given.monotonicMs)
  effects.push({ type: 'ResolveRegexes', groupId, regexes, image: state.image, mayDescribe, atMs: given.nowMs })
}

/** How many topics are matched at a stretch. */
const topicsPerStep = 1000

/**
 * Does what the effect asks for, in steps, so that whoever runs it can do other things between them.
 * @returns The event that the machine waits for.
 */
export function* resolveRegexes({
  groupId,
  regexes,
  image,
  mayDescribe,
  atMs,
}: ResolveRegexes): Generator<undefined, RegexesResolved> {
  const compiled = regexes.map((regex) => ({ regex, pattern: compile(regex), topics: new Array<string>() }))
  let matchedCount = 0
  for (const [topic] of image.topics.byName) {
    const matching = compiled.filter(({ pattern }) => pattern instanceof RE2JS && pattern.matches(topic))
    if (matching.length > 0 && mayDescribe(topic)) for (const { topics } of matching) topics.push(topic)
    if (++matchedCount % topicsPerStep === 0) yield undefined
  }
  const resolved = new Map(compiled.map(({ regex, topics }) => [regex, topics]))
  return { type: 'RegexesResolved', groupId, resolved, version: image.offset, atMs }
}

/** Without a result the group asks again with its next heartbeat. */
export function applyResolution(turn: Turn, { groupId, resolved, version, atMs }: RegexesResolved): void {
  const { state } = turn
  state.regexesAskedAtMs.delete(groupId)
  const group = state.consumerGroups.get(groupId)
  if (group === undefined) return
  const regexes = new Map(group.regexes)
  let isChanged = false
  for (const [regex, topics] of resolved) {
    if (!group.regexSubscribers.has(regex)) continue
    const next = { topics: new Set(topics), version, atMs }
    isChanged ||= !sameNames(group.regexes.get(regex)?.topics ?? new Set(), next.topics)
    regexes.set(regex, next)
    turn.records.push(regexRecord(groupId, regex, next))
  }
  const members = new Map(group.members.map((member) => [member.memberId, member]))
  const hash = state.topicHashes.ofTopics(state.image, topicsOfAll(members, regexes))
  if (!isChanged && hash === group.metadataHash) return
  const epoch = group.groupEpoch + 1
  turn.records.push(groupEpochRecord(groupId, epoch, hash))
  note(turn, groupId, { kind: 'RebalanceStarted', text: `Epoch ${epoch}: the topics of its expressions changed.` })
}
