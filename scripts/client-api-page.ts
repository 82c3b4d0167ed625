/** The page on what `@gregor/client` exports. */

import { join } from 'node:path'

import { apiReference } from './api-reference.ts'
import { page } from './reference-page.ts'

const packageFolder = join(import.meta.dirname, '..', 'packages', 'client')

const introduction = `What \`@gregor/client\` exports, with what it promises. Options are in [client-configs.md](client-configs.md), errors in
[client-errors.md](client-errors.md); what comes from a package below it is marked by its name only.`

/** The last one takes what no other is for. */
const sections = [
  { title: 'Connecting', folder: 'kafka' },
  { title: 'Security', folder: 'security/' },
  { title: 'Producer', folder: 'producer/' },
  { title: 'Consumer', folder: 'consumer/' },
  { title: 'Keys and values', folder: '@gregor/serde' },
  { title: 'Admin', folder: 'admin/' },
  { title: 'Errors', folder: 'errors' },
  { title: 'The cluster, for what stands on the protocol itself', folder: '' },
]

export function clientApiPage(): string {
  return page('The client’s API', introduction, ...apiReference(packageFolder, sections))
}
