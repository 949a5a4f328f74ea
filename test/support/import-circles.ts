import { dirname, join } from 'node:path'

interface Source {
  /** Relative to the repository's root. */
  readonly path: string
  readonly text: string
}

const statement =
  /(?:^|[\s;}])(?:import|export)(\s+type(?=[\s{]))?\s*([^'"`;()]*?)\s*(?:from\s*)?['"]([^'"]+)['"]|\bimport\s*\(\s*['"]([^'"]+)['"]\s*\)/g

/** The files that a file imports by a relative path; at `run-time` without those of which it takes types alone. */
function importedBy({ path, text }: Source, when: 'run-time' | 'any'): readonly string[] {
  const code = text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '')
  return [...code.matchAll(statement)].flatMap(([, type, names = '', named, awaited]) => {
    const target = named ?? awaited ?? ''
    const isTypeOnly = type !== undefined || /^\{(\s*type\s[^,}]*,?)+\s*\}$/.test(names)
    if (!target.startsWith('.') || (when === 'run-time' && isTypeOnly)) return []
    return [join(dirname(path), target)]
  })
}

/** Groups of files of which each imports each, directly or through others (Tarjan's strongly connected components). */
export function importCircles(sources: readonly Source[], when: 'run-time' | 'any'): readonly (readonly string[])[] {
  const imports = new Map(sources.map((source) => [source.path, importedBy(source, when)]))
  const order = new Map<string, number>()
  const open: string[] = []
  const circles: string[][] = []
  const visit = (path: string): number => {
    const mine = order.size
    let low = mine
    order.set(path, mine)
    open.push(path)
    for (const target of imports.get(path) ?? []) {
      const seen = order.get(target)
      if (seen === undefined) low = Math.min(low, visit(target))
      else if (open.includes(target)) low = Math.min(low, seen)
    }
    if (low === mine) {
      const circle = open.splice(open.indexOf(path))
      if (circle.length > 1 || imports.get(path)?.includes(path)) circles.push(circle.toSorted())
    }
    return low
  }
  for (const path of imports.keys()) if (!order.has(path)) visit(path)
  return circles
}
