/** What a consumer needs of the world. */
import type { Clock, Logger, Random } from '@gregor/platform'

export interface ConsumerEnvironment {
  readonly clock: Pick<Clock, 'wallMs' | 'monotonicMs' | 'schedule'>
  readonly random: Random
  readonly logger: Pick<Logger, 'debug' | 'info' | 'warn' | 'error'>
}
