/**
 * One API, one file name: `00-produce.ts` is the schema in protocol, the handler in broker, and its test beside it. Every
 * schema and every handler stands in the list of its folder, under the key that its name begins with.
 */

import type { Problem, Tree } from './source.ts'

const schemas = 'packages/protocol/src/apis/'
const handlers = 'packages/broker/src/apis/'

export function apiProblems(tree: Tree): readonly Problem[] {
  const schemaFiles = apiFiles(tree, schemas)
  const handlerFiles = apiFiles(tree, handlers)
  return [
    ...schemaFiles.flatMap((name) => schemaProblems(tree, name)),
    ...handlerFiles.flatMap((name) => handlerProblems(tree, name, schemaFiles)),
  ]
}

/** Names such as `00-produce`, without tests. */
function apiFiles(tree: Tree, folder: string): readonly string[] {
  const names = [...tree.keys()].filter((path) => path.startsWith(folder)).map((path) => path.slice(folder.length))
  return names.filter((name) => /^\d+-[\w-]+\.ts$/.test(name)).map((name) => name.slice(0, -'.ts'.length))
}

function schemaProblems(tree: Tree, name: string): readonly Problem[] {
  const file = `${schemas}${name}.ts`
  const key = /\bkey: (\d+)/.exec(tree.get(file) ?? '')?.[1]
  const problems = listProblems(tree, schemas, name)
  if (key !== undefined && Number(key) === Number.parseInt(name, 10)) return problems
  return [...problems, { file, text: `its key is ${key ?? 'not there'}: its name says otherwise` }]
}

function handlerProblems(tree: Tree, name: string, schemaFiles: readonly string[]): readonly Problem[] {
  const file = `${handlers}${name}.ts`
  return [
    ...listProblems(tree, handlers, name),
    ...(schemaFiles.includes(name) ? [] : [{ file, text: `there is no schema ${schemas}${name}.ts` }]),
    ...(tree.has(`${handlers}${name}.test.ts`) ? [] : [{ file, text: 'it has no test beside it' }]),
  ]
}

function listProblems(tree: Tree, folder: string, name: string): readonly Problem[] {
  const isListed = (tree.get(`${folder}index.ts`) ?? '').includes(`'./${name}.ts'`)
  return isListed ? [] : [{ file: `${folder}${name}.ts`, text: `it is not in ${folder}index.ts` }]
}
