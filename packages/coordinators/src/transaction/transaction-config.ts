/** The configs that decide what a transaction coordinator answers, resolved. Names: units and bounds go last. */
import type { BrokerConfig } from '@gregor/config'

/** The level of the feature `transaction.version` (KIP-890). */
export type TransactionVersion = 0 | 1 | 2

export interface TransactionCoordinatorConfig {
  /** 0: records in their first form. 1: in their flexible form. 2: what the coordinator aborts gets a new epoch, too. */
  readonly transactionVersion: TransactionVersion
  readonly timeoutMsMax: number
  /** How often transactions are looked for that have run out of time. */
  readonly abortTimedOutIntervalMs: number
  readonly transactionalIdExpirationMs: number
  /** How often transactional ids are looked for that have expired. */
  readonly removeExpiredIntervalMs: number
  /** KIP-939. */
  readonly isTwoPhaseCommitEnabled: boolean
}

export function transactionCoordinatorConfigFrom(
  config: Pick<BrokerConfig, 'get'>,
  transactionVersion: TransactionVersion,
): TransactionCoordinatorConfig {
  return {
    transactionVersion,
    timeoutMsMax: config.get('transaction.max.timeout.ms'),
    abortTimedOutIntervalMs: config.get('transaction.abort.timed.out.transaction.cleanup.interval.ms'),
    transactionalIdExpirationMs: config.get('transactional.id.expiration.ms'),
    removeExpiredIntervalMs: config.get('transaction.remove.expired.transaction.cleanup.interval.ms'),
    isTwoPhaseCommitEnabled: config.get('transaction.two.phase.commit.enable'),
  }
}
