/** What this server has and Apache Kafka has not; all under `gregor.`, so that no name can ever collide. */
import { defineConfigs, string } from '../definition.ts'
import { monitoringAddress } from '../quorum-addresses.ts'

export const ownConfigs = defineConfigs({
  'gregor.monitoring.address': string({
    validator: monitoringAddress,
    doc: 'Where `/health`, `/metrics` and `/groups` are served over HTTP, `host:port`. Unset or empty: nowhere.',
  }),
})
