/** Tests of the page that is made from declarations. */

import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'

import { apiReference } from './api-reference.ts'

const index = `export { type Shape, Circle } from './shapes/shapes.ts';
export { area } from './area.ts';
`
const shapes = `/** About this file. */
import type { Other } from './other.ts';
/** With sides, or none. */
export type Shape = {
    readonly sides: number;
}
/** Round. */
 | {
    readonly radius: number;
};
export declare class Circle {
    #private;
    /** In metres: \`{\` is no brace here. */
    readonly radius: number;
    private constructor();
}
/** Not exported by the package. */
export interface Hidden {
}
`
const area = `/** In square metres. */
export declare function area(shape: Shape): number;
`

describe('apiReference', () => {
  const folder = mkdtempSync(join(tmpdir(), 'api-reference-'))
  before(() => {
    mkdirSync(join(folder, 'dist', 'shapes'), { recursive: true })
    writeFileSync(join(folder, 'dist', 'index.d.ts'), index)
    writeFileSync(join(folder, 'dist', 'shapes', 'shapes.d.ts'), shapes)
    writeFileSync(join(folder, 'dist', 'area.d.ts'), area)
  })
  after(() => rmSync(folder, { recursive: true }))

  it('shows what is exported, whole, with its comments and without what is private', () => {
    const sections = [
      { title: 'Shapes', folder: 'shapes/' },
      { title: 'Nothing', folder: 'nothing/' },
      { title: 'The rest', folder: '' },
    ]
    assert.equal(
      apiReference(folder, sections).join('\n\n'),
      `## Shapes

### Shape

\`\`\`ts
/** With sides, or none. */
type Shape = {
  readonly sides: number;
}
/** Round. */
 | {
  readonly radius: number;
};
\`\`\`

### Circle

\`\`\`ts
class Circle {
  /** In metres: \`{\` is no brace here. */
  readonly radius: number;
}
\`\`\`

## The rest

### area

\`\`\`ts
/** In square metres. */
function area(shape: Shape): number;
\`\`\``,
    )
  })

  it('refuses a file that no section is for', () => {
    assert.throws(
      () => apiReference(folder, [{ title: 'Shapes', folder: 'shapes/' }]),
      /no section is for \.\/area\.ts/,
    )
  })
})
