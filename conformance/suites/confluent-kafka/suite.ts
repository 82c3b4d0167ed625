/** confluent-kafka for Python: librdkafka. */

import { clientSuite } from '../../clients/client-suite.ts'
import { pythonProgram } from '../../clients/programs.ts'
import { librdkafkaWalkthroughs } from '../../clients/walkthrough-cases.ts'

export const suite = clientSuite({
  name: 'confluent-kafka',
  budgetSeconds: 120,
  program: () => pythonProgram('requirements-confluent-kafka.txt', 'confluent.py'),
  hashesLikeJava: false,
  walkthroughs: librdkafkaWalkthroughs,
})
