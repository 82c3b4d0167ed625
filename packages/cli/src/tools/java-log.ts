/** Lines that Apache Kafka’s tools log to standard error, in the form that its log4j configuration for tools gives them. */
import type { Program } from '../program.ts'

/** @param logger - the Java class that logs. */
export function logError(program: Program, logger: string, message: string): void {
  logLine(program, 'ERROR', logger, message)
}

/** @param logger - the Java class that logs. */
export function logLine({ out, environment }: Program, level: 'ERROR' | 'WARN', logger: string, message: string): void {
  const at = new Date(environment.clock.wallMs())
  const date = [at.getFullYear(), two(at.getMonth() + 1), two(at.getDate())].join('-')
  const time = [two(at.getHours()), two(at.getMinutes()), two(at.getSeconds())].join(':')
  out.error(`[${date} ${time},${String(at.getMilliseconds()).padStart(3, '0')}] ${level} ${message} (${logger})`)
}

function two(number: number): string {
  return String(number).padStart(2, '0')
}
