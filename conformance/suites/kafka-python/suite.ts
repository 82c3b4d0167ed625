/** kafka-python, the current one. */

import { clientSuite } from '../../clients/client-suite.ts'
import { pythonProgram } from '../../clients/programs.ts'
import { kafkaPythonWalkthroughs } from '../../clients/walkthrough-cases.ts'

export const suite = clientSuite({
  name: 'kafka-python',
  budgetSeconds: 120,
  program: () => pythonProgram('requirements-kafka-python.txt', 'kafka_python.py'),
  lacks: ['nullHeader'],
  hashesLikeJava: true,
  walkthroughs: kafkaPythonWalkthroughs,
})
