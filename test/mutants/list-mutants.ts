import { parseSync } from 'vite'

/** One small change of a source that a test should notice. */
export interface Mutant {
  /** Where the change begins, as a line from 1. */
  readonly line: number
  readonly before: string
  readonly after: string
  /** The whole source with the change. */
  readonly source: string
}

interface Node {
  readonly type: string
  readonly start: number
  readonly end: number
  readonly [key: string]: unknown
}

/** Operators, each with the one that is nearest to it. */
const nearest: Readonly<Record<string, string>> = {
  ...{ '===': '!==', '!==': '===', '<': '<=', '<=': '<', '>': '>=', '>=': '>' },
  ...{ '-': '+', '*': '/', '/': '*', '%': '*', '&&': '||', '||': '&&', '??': '&&' },
}
const methods: Readonly<Record<string, string>> = {
  ...{ some: 'every', every: 'some', min: 'max', max: 'min', startsWith: 'endsWith', endsWith: 'startsWith' },
}

/**
 * All mutants of a TypeScript module: operators, conditions, numbers, truth values, calls whose value nobody takes, and what functions
 * answer. Texts are left as they are: most are for people. Pure.
 */
export function listMutants(file: string, source: string): readonly Mutant[] {
  const mutants: Mutant[] = []
  const change = ({ start, end }: Pick<Node, 'start' | 'end'>, after: string): void => {
    const before = source.slice(start, end)
    const line = source.slice(0, start).split('\n').length
    mutants.push({ line, before, after, source: source.slice(0, start) + after + source.slice(end) })
  }
  const visit = (node: Node): void => {
    mutate(node, source, change)
    for (const below of childrenOf(node)) visit(below)
  }
  visit(parseSync(file, source).program as unknown as Node)
  return mutants
}

function mutate(node: Node, source: string, change: (where: Pick<Node, 'start' | 'end'>, after: string) => void): void {
  const text = (part: Node) => source.slice(part.start, part.end)
  const part = (name: string) => node[name] as Node
  switch (node.type) {
    case 'BinaryExpression':
    case 'LogicalExpression': {
      const after = nearest[String(node.operator)]
      const between = { start: part('left').end, end: part('right').start }
      if (after !== undefined)
        change(between, source.slice(between.start, between.end).replace(String(node.operator), after))
      return
    }
    case 'IfStatement':
    case 'ConditionalExpression':
      change(part('test'), `!(${text(part('test'))})`)
      return
    case 'UnaryExpression':
      if (node.operator === '!') change(node, `!!${text(part('argument'))}`)
      return
    case 'Literal':
      if (typeof node.value === 'boolean') change(node, String(!node.value))
      else if (typeof node.value === 'number') change(node, `(${text(node)} + 1)`)
      return
    case 'ExpressionStatement': {
      const { type } = part('expression')
      if (type === 'CallExpression' || type === 'AwaitExpression' || type === 'AssignmentExpression') change(node, ';')
      return
    }
    case 'ReturnStatement':
      if (node.argument) change(part('argument'), 'undefined')
      return
    case 'ArrowFunctionExpression':
      if (part('body').type !== 'BlockStatement') change(part('body'), 'undefined')
      return
    case 'MemberExpression': {
      const after = node.computed ? undefined : methods[text(part('property'))]
      if (after !== undefined) change(part('property'), after)
    }
  }
}

/** What is below a node and runs: types are left out, and so are names of properties and modules. */
function childrenOf(node: Node): Node[] {
  const below: Node[] = []
  for (const [name, value] of Object.entries(node)) {
    if (name === 'source' || (name === 'key' && node.computed !== true)) continue
    for (const one of Array.isArray(value) ? value : [value]) if (isNode(one) && runs(one)) below.push(one)
  }
  return below
}

const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && typeof (value as Node).type === 'string'

const wrappers = new Set(['TSAsExpression', 'TSSatisfiesExpression', 'TSNonNullExpression'])
const runs = ({ type }: Node): boolean => !type.startsWith('TS') || wrappers.has(type)
