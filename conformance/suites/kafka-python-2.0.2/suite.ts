/** kafka-python 2.0.2, which thousands of projects have pinned: no idempotence, old protocol versions. */

import { clientSuite } from '../../clients/client-suite.ts'
import { pythonProgram, requirePythonBefore312 } from '../../clients/programs.ts'
import { kafkaPythonWalkthroughs } from '../../clients/walkthrough-cases.ts'

export const suite = clientSuite({
  name: 'kafka-python-2.0.2',
  budgetSeconds: 120,
  async program() {
    await requirePythonBefore312()
    return pythonProgram('requirements-kafka-python-2.0.2.txt', 'kafka_python.py')
  },
  lacks: ['nullHeader', 'idempotent', 'transaction', 'transfer', 'fence', 'deleteRecords'],
  hashesLikeJava: true,
  walkthroughs: kafkaPythonWalkthroughs,
})
