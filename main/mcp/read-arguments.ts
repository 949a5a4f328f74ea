import type { z } from 'zod'

/** May consist of digits alone, and are then written as numbers by some. */
const namesInDigits: ReadonlySet<string> = new Set(['task_id', 'repo'])

/**
 * The arguments of a call as its schema takes them: null is absent, numerals and booleans may be written as texts, and a name
 * of digits may be written as a number. Anything else stays what it is, for the schema to refuse. Pure.
 */
export function readArguments(schema: z.ZodObject, input: unknown): unknown {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) return input ?? {}
  const read: [string, unknown][] = []
  for (const [name, value] of Object.entries(input)) {
    if (value === null) continue
    const isName = namesInDigits.has(name) && Number.isSafeInteger(value)
    read.push([name, isName ? String(value) : readOne(typeOf(schema, name), value)])
  }
  return Object.fromEntries(read)
}

function readOne(type: string | undefined, value: unknown): unknown {
  switch (type) {
    case 'number':
      return typeof value === 'string' && /^[+-]?\d+(\.\d+)?$/.test(value.trim()) ? Number(value) : value
    case 'boolean':
      if (typeof value !== 'string') return value
      return { true: true, false: false }[value.trim().toLowerCase()] ?? value
    default:
      return value
  }
}

interface Definition {
  readonly type: string
  readonly innerType?: { readonly def: Definition }
}

/** What the field is beneath `optional` and `default`. */
function typeOf(schema: z.ZodObject, name: string): string | undefined {
  let definition = Object.hasOwn(schema.shape, name) ? (schema.shape[name]?.def as Definition | undefined) : undefined
  while (definition?.innerType) definition = definition.innerType.def
  return definition?.type
}
