/** A task of the graph, and those of the graph that it comes after. */
export interface GraphNode {
  readonly id: string
  readonly after: readonly string[]
}

/** In columns from the left and rows from the top; a row may be half of one, so that short columns stand in the middle. */
export interface Cell {
  readonly column: number
  readonly row: number
}

export interface Layers {
  readonly columns: number
  readonly rows: number
  readonly cells: ReadonlyMap<string, Cell>
  readonly edges: readonly Edge[]
}

interface Edge {
  readonly from: string
  readonly to: string
  /** From the one to the other, with a free cell in each column between them. */
  readonly through: readonly Cell[]
}

/** How often the columns are ordered by their neighbours, from the left and back. */
const sweeps = 4

/**
 * Each task to the right of all that it comes after, as far left as that allows. Where an edge passes a column, it has a cell of its own there, so that it
 * crosses no task; the order within a column follows its neighbours, so that few edges cross each other. Pure.
 */
export function layersOf(nodes: readonly GraphNode[]): Layers {
  const column = columnsOf(nodes)
  const columns: string[][] = []
  const put = (id: string, at: number): void => {
    while (columns.length <= at) columns.push([])
    columns[at]?.push(id)
  }
  for (const { id } of nodes) put(id, column.get(id) ?? 0)
  const before = new Map<string, string[]>()
  const after = new Map<string, string[]>()
  const link = (from: string, to: string): void => {
    after.set(from, [...(after.get(from) ?? []), to])
    before.set(to, [...(before.get(to) ?? []), from])
  }
  const paths = nodes.flatMap(({ id: to, after: all }) =>
    all
      .filter((from) => column.has(from))
      .map((from) => {
        const [start = 0, end = 0] = [column.get(from), column.get(to)]
        const between = Array.from({ length: Math.max(0, end - start - 1) }, (_, index) => {
          const id = `${from} ${to} ${index}`
          put(id, start + index + 1)
          return id
        })
        const steps = [from, ...between, to]
        for (const [index, step] of steps.slice(1).entries()) link(steps[index] ?? from, step)
        return { from, to, steps }
      }),
  )
  const ordered = untangled(columns, before, after)
  const rows = Math.max(0, ...ordered.map(({ length }) => length))
  const cellOf = new Map<string, Cell>()
  for (const [at, ids] of ordered.entries())
    for (const [index, id] of ids.entries()) cellOf.set(id, { column: at, row: index + (rows - ids.length) / 2 })
  return {
    ...{ columns: ordered.length, rows },
    cells: new Map(nodes.map(({ id }) => [id, cellOf.get(id) ?? { column: 0, row: 0 }])),
    edges: paths.map(({ from, to, steps }) => ({ from, to, through: steps.flatMap((step) => cellOf.get(step) ?? []) })),
  }
}

/** The length of the longest way to each from a task that comes after none. */
function columnsOf(nodes: readonly GraphNode[]): ReadonlyMap<string, number> {
  const byId = new Map(nodes.map((node) => [node.id, node]))
  const columns = new Map<string, number>()
  const columnOf = (id: string, way: ReadonlySet<string>): number => {
    const known = columns.get(id)
    if (known !== undefined) return known
    const next = new Set(way).add(id)
    const found = (byId.get(id)?.after ?? []).filter((other) => byId.has(other) && !next.has(other))
    const at = Math.max(-1, ...found.map((other) => columnOf(other, next))) + 1
    columns.set(id, at)
    return at
  }
  for (const { id } of nodes) columnOf(id, new Set())
  return columns
}

type Neighbours = ReadonlyMap<string, readonly string[]>

function untangled(columns: readonly (readonly string[])[], before: Neighbours, after: Neighbours): string[][] {
  const ordered = columns.map((ids) => [...ids])
  const sort = (at: number, beside: readonly string[] | undefined, neighbours: Neighbours): void => {
    if (!beside) return
    const place = new Map(beside.map((id, index) => [id, index]))
    const own = new Map(ordered[at]?.map((id, index) => [id, middle(neighbours.get(id), place) ?? index]))
    ordered[at]?.sort((one, other) => (own.get(one) ?? 0) - (own.get(other) ?? 0))
  }
  for (let sweep = 0; sweep < sweeps; sweep += 1) {
    for (let at = 1; at < ordered.length; at += 1) sort(at, ordered[at - 1], before)
    for (let at = ordered.length - 2; at >= 0; at -= 1) sort(at, ordered[at + 1], after)
  }
  return ordered
}

function middle(ids: readonly string[] | undefined, place: ReadonlyMap<string, number>): number | undefined {
  const places = ids?.flatMap((id) => place.get(id) ?? []) ?? []
  return places.length === 0 ? undefined : places.reduce((sum, at) => sum + at, 0) / places.length
}
