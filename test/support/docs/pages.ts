import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

export const root = join(import.meta.dirname, '../../..')

export const readPage = (name: string): string => readFileSync(join(root, 'docs', name), 'utf8')

/** Names of the pages, relative to `docs/`. */
export const pageNames = (): readonly string[] =>
  readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.md'))

/** What stands between backquotes, fenced blocks apart. */
export const codesIn = (text: string): readonly string[] =>
  [...text.replace(/^```[\s\S]*?^```$/gm, '').matchAll(/`([^`]+)`/g)].map(([, code]) => code ?? '')

/** The rows of all tables whose first header is `header`, as cells. */
export function tableRows(text: string, header: string): readonly (readonly string[])[] {
  const rows: string[][] = []
  let inside = false
  for (const line of text.split('\n')) {
    const cells = line.startsWith('|')
      ? line
          .split('|')
          .slice(1, -1)
          .map((cell) => cell.trim())
      : null
    if (cells === null) inside = false
    else if (inside) rows.push(cells)
    else inside = cells[0] === header
  }
  return rows.filter(([first]) => !/^-+$/.test(first ?? ''))
}

/** What follows a heading that begins with `start`, up to the next heading. */
export function sectionOf(text: string, start: string): string {
  const sections = text.split(/^(?=#)/m)
  const section = sections.find((part) => part.split('\n', 1)[0]?.replace(/^#+ /, '').startsWith(start))
  if (section === undefined) throw new Error(`No heading begins with ${start}`)
  return section
}
