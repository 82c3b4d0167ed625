/** The configs of an Admin, as options: how long its calls may take and how they are tried again. */
import { requestConfigs } from '../config/common-configs.ts'
import type { ClientOptions } from '../config/client-config.ts'

export const adminConfigs = requestConfigs

/** `{ defaultApiTimeoutMs: 10_000 }`, or `{ 'default.api.timeout.ms': 10_000 }`. */
export type AdminOptions = ClientOptions<typeof adminConfigs>
