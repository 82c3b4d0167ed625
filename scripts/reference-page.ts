/** The Markdown that pages of the reference are made of: a page with its mark, tables, and what configs are in them. */
import { allowedText, defaultText, type ConfigDefinition } from '@gregor/config'

const generated = '<!-- Written by `npm run docs`: change what it is made from instead. -->'

export function page(title: string, ...parts: readonly string[]): string {
  return [`# ${title}`, generated, ...parts].join('\n\n') + '\n'
}

/** Name, type, default and what is allowed. */
export function configCells(config: ConfigDefinition): readonly string[] {
  const usual = config.isRequired ? '*required*' : defaultText(config)
  const allowed = allowedText(config.validator)
  return [
    `\`${config.name}\``,
    config.type,
    usual === undefined ? '' : usual === '*required*' ? usual : `\`${cell(usual === '' ? '""' : usual)}\``,
    allowed === '' ? '' : `\`${cell(allowed)}\``,
  ]
}

export function table(titles: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [titles, titles.map(() => '---'), ...rows]
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}

/** A bar would end the cell, and a line the row. */
export function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll(/\s*\n\s*/g, ' ')
}
