/** kafka-acls: who may do what, told and changed. */
import type { AclBinding, Admin } from '@gregor/client'
import { inputLines } from './console/input-lines.ts'
import type { Program } from '../program.ts'
import { bootstrapServer, commandConfig, withAdmin } from './admin-options.ts'
import { checkAclOptions, type AclOptions, aclOptions } from './acls/acl-options.ts'
import { type AclEntry, type AclResource, entryText, resourceText } from './acls/acl-text.ts'
import { aclsByResource, resourcesOf, specificAclsByResource } from './acls/wanted-acls.ts'
import { errorCodeOf, javaErrorText } from './java-errors.ts'
import { principalOf, principalText } from './principals.ts'
import { ToolExit } from './tool-exit.ts'
import { defineTool } from './tool.ts'

export const kafkaAcls = defineTool({
  name: 'kafka-acls',
  dialect: 'joptsimple',
  summary: 'Tells and changes who may do what.',
  helpsOnMistakes: true,
  options: {
    'bootstrap-server': bootstrapServer,
    'command-config': { ...commandConfig, argument: 'optional' },
    ...aclOptions,
  },
  examples: [
    '--bootstrap-server localhost:9092 --add --allow-principal User:ann --operation Read --topic orders',
    '--bootstrap-server localhost:9092 --list',
  ],
  async run(given, program) {
    checkAclOptions(given)
    const connection = {
      bootstrapServer: given.value('bootstrap-server'),
      bootstrapController: given.value('bootstrap-controller'),
      commandConfig: given.value('command-config'),
    }
    try {
      await withAdmin(connection, program, (admin) => {
        if (given.has('add')) return add(given, admin, program)
        return given.has('remove') ? remove(given, admin, program) : list(given, admin, program)
      })
      return 0
    } catch (error) {
      if (!(error instanceof Error) || (error instanceof ToolExit && error.withHelp)) throw error
      const said = errorCodeOf(error) === undefined ? error.message : javaErrorText(error)
      program.out.line(`Error while executing ACL command: ${said}`)
      return 1
    }
  },
})

async function add(given: AclOptions, admin: Admin, { out }: Program): Promise<void> {
  for (const { resource, entries } of specificAclsByResource(given)) {
    const existing = new Set((await admin.describeAcls(filterOf(resource))).map(bindingKey))
    const missing: AclBinding[] = []
    for (const entry of entries) {
      const binding = { ...resource, ...entry }
      if (existing.has(bindingKey(binding))) {
        out.line(`Acl (pattern=${resourceText(resource)}, entry=${entryText(entry)}) already exists.`)
      } else missing.push(binding)
    }
    if (missing.length === 0) continue
    out.line(`Adding ACLs for resource \`${resourceText(resource)}\`: \n ${missing.map(indented).join('\n')}\n`)
    const results = await admin.createAcls(missing)
    results.all()
  }
}

async function remove(given: AclOptions, admin: Admin, program: Program): Promise<void> {
  for (const { resource, entries } of aclsByResource(given)) {
    const filter = filterOf(resource)
    const shown = resourceText(resource)
    const question =
      entries.length === 0
        ? `Are you sure you want to delete all ACLs for resource filter \`${shown}\`? (y/n)`
        : `Are you sure you want to remove ACLs: \n ${entries.map(indented).join('\n')}\n from resource filter \`${shown}\`? (y/n)`
    if (!given.has('force') && !(await isConfirmed(question, program))) continue
    const filters = entries.length === 0 ? [filter] : entries.map((entry) => ({ ...filter, ...entry }))
    const results = await admin.deleteAcls(filters)
    results.all()
  }
}

async function list(given: AclOptions, admin: Admin, { out }: Program): Promise<void> {
  const resources = resourcesOf(given)
  const filters = resources.length === 0 ? [{}] : resources.map(filterOf)
  const acls = new Map<string, AclBinding>()
  for (const filter of filters) for (const acl of await admin.describeAcls(filter)) acls.set(bindingKey(acl), acl)
  const principals = given.values('principal').flatMap((text) => (text === undefined ? [] : [principalOf(text.trim())]))
  if (principals.length === 0) tell([...acls.values()], out)
  for (const principal of principals) {
    const name = principalText(principal)
    out.line(`ACLs for principal \`${name}\``)
    tell(
      [...acls.values()].filter((acl) => acl.principal === name),
      out,
    )
  }
}

function tell(acls: readonly AclBinding[], out: Program['out']): void {
  for (const [resource, entries] of Map.groupBy(acls, (acl) => resourceText(acl))) {
    out.line(`Current ACLs for resource \`${resource}\`:\n${entries.map(indented).join('\n')}\n`)
  }
}

function indented(entry: AclEntry): string {
  return `\t${entryText(entry)}`
}

function filterOf({ resourceType, resourceName, patternType }: AclResource) {
  return { resourceType, resourceName, patternType }
}

function bindingKey(acl: AclBinding): string {
  return `${resourceText(acl)} ${entryText(acl)}`
}

/** No answer is no. */
async function isConfirmed(question: string, program: Program): Promise<boolean> {
  program.out.line(question)
  for await (const line of inputLines(program.input.chunks())) return line.toString().trim().toLowerCase() === 'y'
  return false
}
