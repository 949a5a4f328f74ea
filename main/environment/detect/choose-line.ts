import semver from 'semver'
import type { FoundTool } from '../../core/environment/found.ts'
import { type CatalogEntry, entryOf, type ToolName } from './catalog.ts'
import type { Finding, Rank } from './finding.ts'
import { shown } from './texts.ts'

type Asked = Extract<Finding, { kind: 'tool' }>

interface Choice {
  readonly tool: FoundTool
  readonly doubts: readonly string[]
}

const ranks: Readonly<Record<Rank, number>> = { pin: 0, range: 1, hint: 2 }

/** The most binding first: what is at the top before what lies deeper, and there a choice before a range. Pure. */
const byWeight = (one: Asked, other: Asked): number =>
  depth(one) - depth(other) || ranks[one.rank] - ranks[other.rank] || (one.path < other.path ? -1 : 1)

const depth = ({ path }: Asked): number => path.split('/').length

/** The version of a tool that fulfils as much as can be fulfilled of what the files ask for, and what it does not. Pure. */
export function chooseLine(name: ToolName, asked: readonly Asked[]): Choice {
  const entry = entryOf(name)
  const weighed = [...asked].sort(byWeight)
  const from = weighed.slice(0, 20).map(({ path, wants }) => ({ path, wants: wants && shown(wants.text) }))
  const doubts: string[] = []
  let fitting = entry.lines
  for (const one of weighed) {
    if (entry.usual === '' || !one.wants) continue
    const { text, range } = one.wants
    if (range === null) {
      doubts.push(`${shown(one.path)} asks for ${entry.label} '${shown(text)}', which is not understood`)
      continue
    }
    const left = fitting.filter(({ version }) => fits(version, range))
    if (left.length > 0) fitting = left
    else doubts.push(unfulfilled(entry, one, { range, fitting, weighed }))
  }
  const pins = entry.usual === '' ? weighed.filter(({ rank }) => rank === 'pin') : []
  const pinned = pins.find(({ wants }) => wants?.range)
  if (pinned?.wants) {
    doubts.push(
      `${shown(pinned.path)} asks for ${entry.label} ${shown(pinned.wants.text)}: the one version of nixpkgs is used`,
    )
  }
  const line = fitting.length === entry.lines.length ? nearest(entry, weighed) : pick(entry, fitting)
  const used = line.version === '' ? '' : `${entry.label} ${line.version} is used`
  const exact = weighed.find(
    ({ wants }) => wants?.range && semver.valid(wants.range) && fits(line.version, wants.range),
  )
  if (exact?.wants && line.version !== '') {
    doubts.push(
      `${shown(exact.path)} asks for exactly ${entry.label} ${shown(exact.wants.text)}: the newest ${line.version} of nixpkgs is used`,
    )
  }
  return {
    tool: { label: entry.label, version: line.version, packages: line.packages, from },
    doubts: [...new Set(doubts)].map((text) => text.replace(usedHere, used)),
  }
}

/** Where the sentence names what is used in the end, which is known only then. */
const usedHere = '\0'

interface Refused {
  readonly range: string
  readonly fitting: CatalogEntry['lines']
  readonly weighed: readonly Asked[]
}

function unfulfilled(entry: CatalogEntry, { path, wants }: Asked, { range, fitting, weighed }: Refused): string {
  const asks = `${shown(path)} asks for ${entry.label} ${shown(wants?.text ?? '')}`
  if (!entry.lines.some(({ version }) => fits(version, range))) {
    return `${asks}, and nixpkgs has ${entry.lines.map(({ version }) => version).join(', ')}: ${usedHere}`
  }
  const other = weighed.find(
    (one) => one.wants?.range && fitting.every(({ version }) => fits(version, one.wants?.range ?? '*')),
  )
  const against = other?.wants ? `, ${shown(other.path)} for ${shown(other.wants.text)}` : ''
  return `${asks}${against}: ${usedHere}`
}

/** A line is all of its patches: it fits where one of them may. */
function fits(version: string, range: string): boolean {
  return version === '' || semver.intersects(`${version}.x`, range)
}

function pick({ choose, usual, lines }: CatalogEntry, fitting: CatalogEntry['lines']): CatalogEntry['lines'][number] {
  const [lowest] = fitting
  const highest = fitting.at(-1)
  const ordinary = fitting.find(({ version }) => version === usual)
  const line = choose === 'lowest' ? lowest : choose === 'highest' ? highest : (ordinary ?? highest)
  return line ?? (lines[0] as CatalogEntry['lines'][number])
}

/** Where no wish narrowed it: the usual one, or what is nearest to what cannot be had. */
function nearest(entry: CatalogEntry, weighed: readonly Asked[]): CatalogEntry['lines'][number] {
  const wish = weighed.find(({ wants }) => wants?.range)?.wants?.range
  const usual = entry.lines.find(({ version }) => version === entry.usual) ?? pick(entry, entry.lines)
  if (wish == null) return usual
  if (entry.lines.every(({ version }) => fits(version, wish))) return pick(entry, entry.lines)
  const least = semver.minVersion(wish)
  const later = entry.lines.find(({ version }) => least && semver.gte(semver.coerce(version) ?? '0.0.0', least))
  return later ?? entry.lines.at(-1) ?? usual
}
