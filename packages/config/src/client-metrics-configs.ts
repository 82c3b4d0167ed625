/** Every config of a client metrics subscription (KIP-714). */
import { defineConfigs, int, list } from './definition.ts'

export const clientMetricsConfigs = defineConfigs({
  'interval.ms': int({
    default: 300_000,
    doc: 'How often the clients push their metrics.',
  }),
  match: list({
    default: [],
    doc: 'Which clients are meant: `client_id`, `client_instance_id`, `client_software_name`, `client_software_version`, `client_source_address`, `client_source_port`, each with `=` and a regular expression.',
  }),
  metrics: list({
    default: [],
    doc: 'Names of the metrics that are wanted, by their beginnings; `*`: all.',
  }),
})
