/** What a consumer wants to read: topics by name or by a pattern, shared with its group, or partitions that it names itself. */
import type { ClusterMetadata } from '../cluster/cluster-metadata.ts'

/** Matched by the coordinator, in RE2’s syntax, against whole names (KIP-848 only). */
export interface ServerPattern {
  readonly pattern: string
}

export type SubscriptionChoice = string | readonly string[] | RegExp | ServerPattern

export type Subscription =
  | { readonly kind: 'none' }
  | { readonly kind: 'assigned'; readonly topics: readonly string[] }
  | { readonly kind: 'topics'; readonly topics: readonly string[] }
  | { readonly kind: 'pattern'; readonly pattern: RegExp }
  | { readonly kind: 'server pattern'; readonly pattern: string }

export function subscriptionFrom(choice: SubscriptionChoice): Subscription {
  if (typeof choice === 'string') return { kind: 'topics', topics: [choice] }
  if (choice instanceof RegExp) return { kind: 'pattern', pattern: choice }
  if ('pattern' in choice) return { kind: 'server pattern', pattern: choice.pattern }
  return { kind: 'topics', topics: [...new Set(choice)].toSorted() }
}

/** The names it means now, sorted. Of what the coordinator matches: none. */
export function topicsOf(
  subscription: Subscription,
  metadata: Pick<ClusterMetadata, 'topics'>,
  options: { readonly excludeInternal: boolean },
): readonly string[] {
  switch (subscription.kind) {
    case 'topics':
    case 'assigned':
      return subscription.topics
    case 'pattern':
      return metadata.topics
        .filter(
          ({ name, isInternal }) => matches(subscription.pattern, name) && !(isInternal && options.excludeInternal),
        )
        .map(({ name }) => name)
        .toSorted()
    default:
      return []
  }
}

/** What of the metadata is to be kept up to date for it. */
export function watchedTopics(subscription: Subscription): readonly string[] | 'all' {
  if (subscription.kind === 'topics' || subscription.kind === 'assigned') return subscription.topics
  return subscription.kind === 'none' ? [] : 'all'
}

/** Anywhere in the name, as JavaScript matches; `g` and `y` do not count. */
function matches(pattern: RegExp, name: string): boolean {
  pattern.lastIndex = 0
  return pattern.test(name)
}
