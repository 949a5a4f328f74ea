import type { Verdict } from './attack.ts'

/** The verdicts as a table for people, rule by rule: a line for each attack, and what broke or could not be shown below it. Pure. */
export function verdictLines(verdicts: readonly Verdict[]): readonly string[] {
  const width = Math.max(...verdicts.map(({ name }) => name.length))
  const below = ' '.repeat(10 + width + 2)
  return [...Map.groupBy(verdicts, ({ rule }) => rule)].flatMap(([rule, group]) => [
    `${rule.charAt(0).toUpperCase()}${rule.slice(1)}`,
    ...group.flatMap((each) => [
      `  ${wordOf(each).padEnd(6)}  ${each.name.padEnd(width)}  ${each.tries}`,
      ...each.broken.map((what) => `${below}BROKEN: ${what}`),
      ...(each.proof === null ? [`${below}not shown on a naive host: ${each.unproven ?? 'it came to no harm'}`] : []),
    ]),
  ])
}

/** One sentence over all of them. Pure. */
export function summaryOf(verdicts: readonly Verdict[]): string {
  const broken = verdicts.filter((each) => each.broken.length > 0).length
  const shown = verdicts.filter(({ proof }) => proof !== null).length
  const held = broken === 0 ? 'all held' : `${broken} BROKEN`
  return `${verdicts.length} attacks, ${held}; ${shown} of them first did their harm to a naive host.`
}

const wordOf = ({ broken }: Verdict): string => (broken.length === 0 ? 'held' : 'BROKEN')
