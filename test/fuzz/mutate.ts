import fc from 'fast-check'

/** What has broken parsers before: numbers at the edges, deep and long values, names that objects have, bytes that are no text. */
const nastyText = [
  '1e400',
  '-1e400',
  '1e308',
  '-0',
  '9007199254740993',
  '0.1e-400',
  'null',
  'true',
  '[]',
  '{}',
  '""',
  '"__proto__"',
  '"constructor"',
  '"\\ud800"',
  '"\\u0000"',
  '"\\u001b[2J"',
  '\n',
  '\r\n',
  '\r',
  '\0',
  '\u2028',
  '\ufeff',
  '..',
  '../../etc/passwd',
  '\u001b[9999B',
  '\u001b[9999;9999Hx',
  '\u001b]0;title\u0007',
  '\u001b]8;;http://evil.example\u001b\\',
  '\u001bP',
  '\u009b31m',
  '\u202e',
  '%s%n',
  '$(touch /tmp/x)',
  "'; --",
]
const nasty: readonly Buffer[] = [
  ...nastyText.map((text) => Buffer.from(text)),
  Buffer.from([0xff, 0xfe, 0x00, 0xc0, 0xaf, 0xed, 0xa0, 0x80]),
  Buffer.from('['.repeat(20_000)),
  Buffer.from('{"a":'.repeat(10_000)),
  Buffer.from('x'.repeat(70_000)),
  Buffer.from('\n'.repeat(5_000)),
]

const nastyValues: readonly unknown[] = [
  null,
  true,
  false,
  0,
  -1,
  1.5,
  1e308,
  -1e308,
  2 ** 53,
  2 ** 31,
  '',
  'x'.repeat(70_000),
  '\0',
  '\ud800',
  '\u001b[2J',
  '../../x',
  [],
  {},
  [[[[]]]],
  { length: 1e9 },
  { toJSON: 1, __proto__: null },
]

interface Edit {
  readonly kind: 'flip' | 'cut' | 'insert' | 'repeat' | 'overwrite' | 'splice'
  /** Where, as a part of the whole. */
  readonly at: number
  readonly length: number
  readonly piece: number
}

const edits = fc.array(
  fc.record({
    kind: fc.constantFrom<Edit['kind']>('flip', 'cut', 'insert', 'repeat', 'overwrite', 'splice'),
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    length: fc.oneof(fc.integer({ min: 1, max: 8 }), fc.integer({ min: 1, max: 2_000 })),
    piece: fc.nat(),
  }),
  { minLength: 1, maxLength: 6 },
)

const longest = 400_000

function edited(bytes: Buffer, { kind, at, length, piece }: Edit, samples: readonly Buffer[]): Buffer {
  const from = Math.floor(at * bytes.length)
  const to = Math.min(bytes.length, from + length)
  const before = bytes.subarray(0, from)
  const token = nasty[piece % nasty.length] ?? Buffer.alloc(0)
  const other = samples[piece % samples.length] ?? Buffer.alloc(0)
  switch (kind) {
    case 'flip': {
      const copy = Buffer.from(bytes)
      if (from < copy.length) copy[from] = (copy[from] ?? 0) ^ (1 << (piece % 8))
      return copy
    }
    case 'cut':
      return Buffer.concat([before, bytes.subarray(to)])
    case 'insert':
      return Buffer.concat([before, token, bytes.subarray(from)])
    case 'overwrite':
      return Buffer.concat([before, token, bytes.subarray(to)])
    case 'repeat':
      return Buffer.concat([
        before,
        ...Array.from({ length: 1 + (piece % 50) }, () => bytes.subarray(from, to)),
        bytes.subarray(from),
      ])
    case 'splice':
      return Buffer.concat([before, other.subarray(Math.floor(at * other.length))])
  }
}

/** Bytes that are nearly one of the samples. */
export function mutated(texts: readonly (string | Buffer)[]): fc.Arbitrary<Buffer> {
  const samples = texts.map((text) => Buffer.from(text))
  const edit = (sample: Buffer, list: readonly Edit[]): Buffer =>
    list.reduce<Buffer>((bytes, one) => edited(bytes, one, samples).subarray(0, longest), sample)
  return fc.tuple(fc.constantFrom(...samples), edits).map(([sample, list]) => edit(sample, list))
}

/** JSON of a sample's shape in which some values are others, are gone, or are there twice. */
export function reshaped(samples: readonly string[]): fc.Arbitrary<Buffer> {
  const change = fc.record({ line: fc.nat(), place: fc.nat(), value: fc.nat(), kind: fc.nat({ max: 3 }) })
  return fc
    .tuple(fc.constantFrom(...samples), fc.array(change, { minLength: 1, maxLength: 3 }))
    .map(([sample, changes]) => {
      const lines = sample.split('\n').filter((line) => line !== '')
      for (const { line, place, value, kind } of changes) {
        const index = line % lines.length
        lines[index] = reshape(lines[index] ?? 'null', place, nastyValues[value % nastyValues.length], kind)
      }
      return Buffer.from(lines.join('\n') + (sample.endsWith('\n') ? '\n' : ''))
    })
}

function reshape(json: string, place: number, value: unknown, kind: number): string {
  const whole = { root: JSON.parse(json) as unknown }
  const places = placesIn(whole)
  const [holder, key]: readonly [Holder, string] = places[place % places.length] ?? [whole, 'root']
  if (kind === 0 && !Array.isArray(holder)) delete holder[key]
  else if (kind === 1) holder[`${key}x`] = holder[key]
  else holder[key] = value
  return JSON.stringify(whole.root) ?? 'null'
}

type Holder = Record<string, unknown>

/** Every value of a tree, as what holds it and under which key. */
function placesIn(holder: Holder): (readonly [Holder, string])[] {
  return Object.entries(holder).flatMap(([key, value]) => [
    [holder, key] as const,
    ...(typeof value === 'object' && value !== null ? placesIn(value as Holder) : []),
  ])
}

/** For parsers of JSON, or of lines of it: near samples as bytes and as values, and any JSON at all. */
export const jsonLike = (...samples: readonly string[]): fc.Arbitrary<Buffer> =>
  fc.oneof(
    { weight: 4, arbitrary: mutated(samples) },
    { weight: 6, arbitrary: reshaped(samples) },
    { weight: 1, arbitrary: fc.json({ maxDepth: 5 }).map((text) => Buffer.from(text)) },
    { weight: 1, arbitrary: anyBytes },
  )

export const anyBytes: fc.Arbitrary<Buffer> = fc
  .uint8Array({ maxLength: 3_000, size: 'max' })
  .map((bytes) => Buffer.from(bytes))

/** For parsers of other text. */
export const textLike = (...samples: readonly (string | Buffer)[]): fc.Arbitrary<Buffer> =>
  fc.oneof(
    { weight: 8, arbitrary: mutated(samples) },
    { weight: 1, arbitrary: anyBytes },
    {
      weight: 1,
      arbitrary: fc.string({ unit: 'binary', maxLength: 500 }).map((text) => Buffer.from(text)),
    },
  )

/** The bytes in pieces of uneven length, the same each time. */
export function* pieces(bytes: Buffer): Generator<Buffer> {
  for (let at = 0, length = 1; at < bytes.length; at += length, length = (length * 7) % 4_093 || 1) {
    yield bytes.subarray(at, at + length)
  }
}
