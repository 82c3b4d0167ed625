/** `npm run docs`: writes the pages of docs/reference from what the code says. */

import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { runTool } from './run-tool.ts'
import { referencePages } from './reference.ts'

// The client's page is made from its declarations.
if (!runTool('typescript/tsc', ['-b'])) process.exit(1)
const directory = join(import.meta.dirname, '..', 'docs', 'reference')
mkdirSync(directory, { recursive: true })
for (const [name, text] of await referencePages()) writeFileSync(join(directory, name), text)
