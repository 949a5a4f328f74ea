import { type Goal, type Row, summarize } from './measure.ts'

/** A row with its figures worked out, as `bench.json` holds it. */
export function resultOf(row: Row) {
  const ours = summarize(row.ours, row.quote)
  const against = row.against && { what: row.against.what, ...summarize(row.against.values, row.quote) }
  const ratio = against && ours.quoted / against.quoted
  const measured = row.goal?.kind === 'ratio' ? ratio : ours.quoted
  const reached = row.goal === null || measured === null ? null : measured <= row.goal.atMost
  const { what, unit, quote = 'median', goal, unreached, picture } = row
  const notes = [...(row.notes ?? []), ...(reached === false && unreached ? [`Not reached: ${unreached}`] : [])]
  return {
    what,
    unit,
    quote,
    ours,
    against,
    ratio,
    goal,
    reached,
    notes,
    picture,
    values: { ours: row.ours, against: row.against?.values },
  }
}

export type Result = ReturnType<typeof resultOf>

const heads = ['what', 'ours', 'floor or peer', 'ratio', 'goal', 'reached'] as const

/** The table in Markdown, its columns aligned, with the notes below it. */
export function tableOf(results: readonly Omit<Result, 'values'>[]): string {
  const lines = results.map(({ what, unit, quote, ours, against, ratio, goal, reached, notes }) => [
    notes.length > 0
      ? `${what} [${results.filter((other) => other.notes.length > 0).findIndex((other) => other.what === what) + 1}]`
      : what,
    figures(ours, unit, quote),
    against ? `${against.what}: ${figures(against, unit, quote)}` : '',
    ratio === null ? '' : `${ratio.toFixed(2)} x`,
    goalText(goal, unit),
    reached === null ? '' : reached ? 'yes' : 'no',
  ])
  const widths = heads.map((head, column) => Math.max(head.length, ...lines.map((line) => line[column]?.length ?? 0)))
  const format = (cells: readonly string[]) =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`
  const rule = format(widths.map((width) => '-'.repeat(width)))
  const footnotes = results
    .filter(({ notes }) => notes.length > 0)
    .map(({ notes }, index) => `[${index + 1}] ${notes.join('\n    ')}`)
  return [format(heads), rule, ...lines.map(format), ...(footnotes.length > 0 ? ['', ...footnotes] : [])].join('\n')
}

function figures({ quoted, min, max, n }: Result['ours'], unit: Row['unit'], quote: string): string {
  const name = quote === 'median' ? '' : `${quote} `
  const short = counted.has(unit) ? whole : rounded
  return `${name}${short(quoted)} ${unit} (${short(min)}..${short(max)}, n=${n})`
}

function goalText(goal: Goal | null, unit: Row['unit']): string {
  if (goal === null) return ''
  return goal.kind === 'ratio' ? `<= ${goal.atMost} x` : `<= ${goal.atMost} ${unit}`
}

const rounded = (value: number): string => (value >= 100 ? String(Math.round(value)) : value.toPrecision(3))

/** Of things that are counted: "0 tasks" says it exactly. */
const counted: ReadonlySet<Row['unit']> = new Set(['bytes', 'slots', 'tasks', 'processes'])
const whole = (value: number): string => (Number.isInteger(value) ? String(value) : rounded(value))

/** What a reader needs to judge figures by: when, of what, how and where they were measured. */
export interface Run {
  readonly at: string
  readonly quick: boolean
  readonly command: string
  /** `git describe` of the checkout. */
  readonly version: string
  readonly host: {
    readonly processor: string
    readonly cores: number
    /** Averages over 1, 5 and 15 minutes, when the run ended. */
    readonly load: readonly number[]
    readonly node: string
  }
}

/** The rows of one benchmark as they were last recorded, without the single values. */
export interface Recorded {
  readonly bench: string
  readonly run: Run
  readonly rows: readonly Omit<Result, 'values'>[]
}

/** Every benchmark's newest rows, in the order of `benches`; one that is not among these is no more. Pure. */
export function mergeRecords(
  benches: readonly string[],
  older: readonly Recorded[],
  newer: readonly Recorded[],
): readonly Recorded[] {
  return benches.flatMap((name) => {
    const found = [...newer, ...older].find(({ bench }) => bench === name)
    return found ? [found] : []
  })
}

/** `RESULTS.md`: the table of all that is recorded, below the runs that it comes from. */
export function resultsPage(records: readonly Recorded[], missing: readonly string[]): string {
  const runs = [...new Map(records.map(({ run }) => [run.at, run])).values()]
  const results = records.flatMap(({ rows }) => rows)
  return [
    '# Results',
    '',
    'Written by `npm run bench`; [README.md](README.md) says how to read it. Only the ratios tell much: each is of two figures from one run.',
    '',
    ...runs.flatMap((run) => [...runText(run, records), '']),
    `Not measured: ${missing.join(', ') || 'nothing is missing'}.`,
    '',
    tableOf(results),
    '',
    ...results.flatMap(({ what, picture }) => (picture === undefined ? [] : [`![${what}](${picture})`, ''])),
  ].join('\n')
}

function runText({ at, quick, command, version, host }: Run, records: readonly Recorded[]): readonly string[] {
  const { processor, cores, load, node } = host
  const facts = [
    ['rows', records.flatMap(({ bench, run }) => (run.at === at ? [bench] : [])).join(', ')],
    ['measured', at],
    ['command', `\`${command}\``],
    ['version', version],
    ['machine', `${processor}, ${cores} cores, Node ${node}`],
    ['load at the end', load.map((value) => value.toFixed(1)).join(', ')],
    ['sizes', quick ? 'small, few repetitions: to see that it works, not to quote' : 'full'],
  ]
  return ['| | |', '| --- | --- |', ...facts.map(([name, value]) => `| ${name} | ${value} |`)]
}
