/**
 * A reassignment in progress: `replicas` are the new ones followed by those to be removed; `addingReplicas` and
 * `removingReplicas` say which are which (KIP-455). Pure set arithmetic.
 */

export interface Assignment {
  readonly replicas: readonly number[]
  readonly removingReplicas: readonly number[]
  readonly addingReplicas: readonly number[]
}

/** From the replicas there are to the replicas that are wanted. */
export function reassignment(current: readonly number[], target: readonly number[]): Assignment {
  const removingReplicas = without(current, target).toSorted((a, b) => a - b)
  const addingReplicas = without(target, current).toSorted((a, b) => a - b)
  return { replicas: [...target, ...removingReplicas], removingReplicas, addingReplicas }
}

/**
 * The replicas and the ISR at the end of a reassignment, once nothing is lost by it: all new replicas are in sync, and
 * where their number falls, all that remain are. `undefined` before that, and where none is in progress.
 */
export function completedReassignment({
  replicas,
  removingReplicas,
  addingReplicas,
  isr,
}: Assignment & { readonly isr: readonly number[] }):
  | { readonly replicas: readonly number[]; readonly isr: readonly number[] }
  | undefined {
  if (removingReplicas.length === 0 && addingReplicas.length === 0) return undefined
  const newIsr = without(isr, removingReplicas)
  const newReplicas = without(replicas, removingReplicas)
  if (removingReplicas.length > 0 && (newIsr.length === 0 || newReplicas.length === 0)) return undefined
  const awaited = addingReplicas.length < removingReplicas.length ? newReplicas : addingReplicas
  const isDone = [...addingReplicas, ...awaited].every((replica) => newIsr.includes(replica))
  return isDone ? { replicas: newReplicas, isr: newIsr } : undefined
}

/** What a reassignment leaves when it is given up. The ISR may be empty: nobody who remains is in sync. */
export function revertedReassignment({
  replicas,
  addingReplicas,
  isr,
}: Assignment & { readonly isr: readonly number[] }): {
  readonly replicas: readonly number[]
  readonly isr: readonly number[]
} {
  return { replicas: without(replicas, addingReplicas), isr: without(isr, addingReplicas) }
}

export function without(list: readonly number[], gone: readonly number[]): readonly number[] {
  return list.filter((item) => !gone.includes(item))
}
