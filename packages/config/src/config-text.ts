/**
 * From the text of a config to its value and back, by Kafka's rules: what Integer.parseInt, Double.parseDouble and
 * friends take, what their `toString` prints. Pure; what is wrong comes back as a value.
 */
import { unreachable } from '@gregor/base'
import type { ConfigDefinition, ConfigType, ConfigValue, Validator } from './definition.ts'

/** `text` is the value as Kafka prints it: exact for every LONG, even where `value` is rounded. */
export type Parsed = { readonly value: ConfigValue; readonly text: string } | Refused

/** `element`: which one of a list it is about. */
export interface Refused {
  readonly problem: string
  readonly element?: string
}

const LONG_MAX = 9223372036854775807n
const LONG_MIN = -9223372036854775808n

/** Parses and checks. The problem says what is allowed; it does not repeat the name or the value. */
export function parseConfig(definition: ConfigDefinition, text: string): Parsed {
  const parsed = parseType(definition.type, text.trim())
  if ('problem' in parsed) return parsed
  const value = withoutDoubles(definition, parsed.value)
  const problem = problemOf(definition.validator, value)
  if (problem !== undefined) return { problem, ...strangeElement(definition.validator, value) }
  return value === parsed.value ? parsed : { value, text: textFromValue(definition.type, value) }
}

/** The message Kafka's tools show for a value that is refused; the value is hidden where it is a secret. */
export function invalidValueMessage(definition: ConfigDefinition, text: string, { problem, element }: Refused): string {
  return `Invalid value ${element ?? loggableText(definition, text)} for configuration ${definition.name}: ${problem}`
}

export function loggableText(definition: ConfigDefinition, text: string): string {
  return definition.type === 'password' ? '[hidden]' : text
}

/** As Java prints it. */
export function textFromValue(type: ConfigType, value: ConfigValue): string {
  if (typeof value === 'object') return value.join(',')
  if (typeof value !== 'number') return String(value)
  if (type === 'double') return javaDouble(value)
  return value === Infinity ? LONG_MAX.toString() : String(value)
}

/** The default as text; `undefined` where there is none. */
export function defaultText(definition: ConfigDefinition): string | undefined {
  return definition.default === undefined ? undefined : textFromValue(definition.type, definition.default)
}

/** What is allowed, in the notation of Kafka's reference: `[0,...]`, `[compact, delete]`; empty: any value. */
export function allowedText(validator: Validator | undefined): string {
  if (validator === undefined) return ''
  switch (validator.kind) {
    case 'range':
      return `[${[validator.min, '...', validator.max].filter((part) => part !== undefined).join(',')}]`
    case 'oneOf':
      return `${validator.ignoresCase === true ? '(case insensitive) ' : ''}[${validator.values.join(', ')}]`
    case 'list':
      return validator.values === undefined ? '' : `[${validator.values.join(', ')}]`
    case 'nonEmpty':
      return 'non-empty string'
    case 'custom':
      return validator.allowed
    default:
      return unreachable(validator)
  }
}

function parseType(type: ConfigType, text: string): Parsed {
  switch (type) {
    case 'boolean':
      return parseBoolean(text)
    case 'int':
      return parseInteger(text, 'INT', -2147483648n, 2147483647n)
    case 'short':
      return parseInteger(text, 'SHORT', -32768n, 32767n)
    case 'long':
      return parseInteger(text, 'LONG', LONG_MIN, LONG_MAX)
    case 'double':
      return parseDouble(text)
    case 'list':
      return parseList(text)
    case 'string':
    case 'class':
    case 'password':
      return { value: text, text }
    default:
      return unreachable(type)
  }
}

function parseBoolean(text: string): Parsed {
  const lower = text.toLowerCase()
  if (lower === 'true' || lower === 'false') return { value: lower === 'true', text: lower }
  return { problem: 'Expected value to be either true or false' }
}

function parseInteger(text: string, javaName: string, min: bigint, max: bigint): Parsed {
  if (!/^[+-]?[0-9]+$/.test(text)) return { problem: `Not a number of type ${javaName}` }
  const short = Number(text)
  if (Number.isSafeInteger(short) && short >= min && short <= max) {
    return { value: short === 0 ? 0 : short, text: String(short === 0 ? 0 : short) }
  }
  const exact = BigInt(text.startsWith('+') ? text.slice(1) : text)
  if (exact < min || exact > max) return { problem: `Not a number of type ${javaName}` }
  return { value: exact === LONG_MAX ? Infinity : Number(exact), text: exact.toString() }
}

function parseDouble(text: string): Parsed {
  const match = /^([+-]?)(?:(NaN)|(Infinity)|((?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)[fFdD]?)$/.exec(text)
  if (match === null) return { problem: 'Not a number of type DOUBLE' }
  const value = Number(`${match[1]}${match[2] ?? match[3] ?? match[4]}`)
  return { value, text: javaDouble(value) }
}

function parseList(text: string): Parsed {
  const value = text === '' ? [] : text.split(/\s*,\s*/)
  return { value, text: value.join(',') }
}

/** Kafka drops what is given twice in a list whose elements it checks. */
function withoutDoubles({ validator }: ConfigDefinition, value: ConfigValue): ConfigValue {
  if (validator?.kind !== 'list' || typeof value !== 'object') return value
  const unique = [...new Set(value)]
  return unique.length === value.length ? value : unique
}

function problemOf(validator: Validator | undefined, value: ConfigValue): string | undefined {
  if (validator === undefined) return undefined
  switch (validator.kind) {
    case 'range':
      if (typeof value !== 'number') return undefined
      if (validator.min !== undefined && value < validator.min) return `Value must be at least ${validator.min}`
      if (validator.max !== undefined && value > validator.max) return `Value must be no more than ${validator.max}`
      return undefined
    case 'oneOf':
      return oneOfProblem(validator.values, validator.ignoresCase === true, value)
    case 'list':
      return listProblem(validator.values, validator.mayBeEmpty, value)
    case 'nonEmpty':
      return value === '' ? 'String must be non-empty' : undefined
    case 'custom':
      return validator.problem(value)
    default:
      return unreachable(validator)
  }
}

function oneOfProblem(values: readonly string[], ignoresCase: boolean, value: ConfigValue): string | undefined {
  const text = String(value)
  if (values.includes(ignoresCase ? text.toUpperCase() : text)) return undefined
  return `String must be one of${ignoresCase ? ' (case insensitive)' : ''}: ${values.join(', ')}`
}

function listProblem(
  values: readonly string[] | undefined,
  mayBeEmpty: boolean,
  value: ConfigValue,
): string | undefined {
  if (typeof value !== 'object') return undefined
  if (value.length === 0) {
    return mayBeEmpty ? undefined : `must not be empty; allowed: ${values?.join(', ') ?? 'any non-empty value'}`
  }
  if (value.includes('')) return 'values must not be empty'
  if (values === undefined || value.every((element) => values.includes(element))) return undefined
  return `String must be one of: ${values.join(', ')}`
}

function strangeElement(validator: Validator | undefined, value: ConfigValue): { readonly element?: string } {
  if (validator?.kind !== 'list' || typeof value !== 'object' || value.includes('')) return {}
  const element = value.find((each) => validator.values?.includes(each) === false)
  return element === undefined ? {} : { element }
}

/** Double.toString: plain between 1e-3 and 1e7, else with an exponent, and always with a decimal point. */
function javaDouble(value: number): string {
  if (Object.is(value, -0)) return '-0.0'
  if (!Number.isFinite(value) || value === 0) return value === 0 ? '0.0' : String(value)
  const magnitude = Math.abs(value)
  if (magnitude >= 1e-3 && magnitude < 1e7) {
    const plain = String(value)
    return plain.includes('.') ? plain : `${plain}.0`
  }
  const [digits = '', exponent = ''] = value.toExponential().split('e')
  return `${digits.includes('.') ? digits : `${digits}.0`}E${exponent.replace('+', '')}`
}
