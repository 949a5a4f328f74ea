import type { IncomingHttpHeaders } from 'node:http'
import type { NetworkReason } from '../../core/network/gateway.ts'
import { type SecretMethod, secretMethods } from '../../core/network/secret.ts'
import { parsedJson } from '../../lib/parsed-json.ts'
import { percentDecoded } from './percent-decoded.ts'

interface Asked {
  /** What the secret is for. */
  readonly methods: readonly SecretMethod[]
  /** Path and query. */
  readonly target: string
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

/**
 * Why a request is none for the secret although its first line is: a parameter of its query, its form or its JSON has some servers take it for
 * one of another method (Rails, Laravel and Symfony do for a POST, WordPress for a GET, Google's APIs for both), or of another account (RFC 6750,
 * GitLab). A body in a coding is not read, and refused where the method counts. Null where there is no such thing. Pure.
 */
export function misleadingParameter({ methods, target, headers, body }: Asked): NetworkReason | null {
  const methodCounts = !secretMethods.every((each) => methods.includes(each))
  const query = target.indexOf('?')
  const read = body.length === 0 ? undefined : readerFor(headers['content-type'])
  const isCoded = read !== undefined && (headers['content-encoding'] ?? 'identity') !== 'identity'
  if (isCoded && methodCounts) return 'method-refused'
  const inQuery = query < 0 ? [] : parametersOf(target.slice(query + 1))
  const inBody = read === undefined || isCoded ? [] : read(body.toString('latin1'))
  for (const names of [inQuery, inBody]) {
    for (const name of names) {
      const plain = plainName(name)
      if (methodCounts && otherMethod.has(plain)) return 'method-refused'
      if (otherAccount.has(plain)) return 'path-refused'
    }
  }
  return null
}

const otherMethod = new Set([
  ...[
    '_method',
    '__method',
    '_http_method',
    '_httpmethod',
    'http_method_override',
    'method_override',
    '_method_override',
  ],
  ...['x_http_method', 'x_http_method_override', 'x_method_override', 'httpmethod', '$httpmethod'],
])

const otherAccount = new Set(['access_token', 'private_token', 'job_token', 'oauth_token'])

/** One by one: a guest may send millions. */
type ReadNames = (body: string) => Iterable<string>

/** Undefined for what has no parameters. Without a type a body is taken for a form. */
function readerFor(contentType = ''): ReadNames | undefined {
  const type = contentType.split(';', 1)[0]?.trim().toLowerCase() ?? ''
  if (type === '' || type === 'application/x-www-form-urlencoded') return parametersOf
  if (type === 'multipart/form-data') return partsOf
  return /[/+]json$/.test(type) ? membersOf : undefined
}

const matched =
  (name: RegExp): ReadNames =>
  (text) =>
    Iterator.from(text.matchAll(name)).map((match) => match[1] ?? '')

const parametersOf = matched(/(?<=^|[&;])([^=&;]+)/g)
const partsOf = matched(/\bname\*?\s{0,9}=\s{0,9}"?([^";\r\n]{1,200})/gi)

/** Of what is no JSON no server can take a member. */
const membersOf: ReadNames = (body) => {
  const value = parsedJson(body.replace(/^\xef\xbb\xbf/, '')) // Some readers skip a byte order mark.
  return typeof value === 'object' && value !== null ? Object.keys(value) : []
}

/**
 * As the most lenient reader, PHP, has it: up to a NUL, without blanks before it, with an underscore in place of a point, a blank or a bracket. In
 * small letters, with an underscore in place of a hyphen too, and without those at its end: a list goes by its name.
 */
function plainName(name: string): string {
  const [text = ''] = percentDecoded(name.replaceAll('+', ' ')).split('\0', 1)
  return text
    .trim()
    .slice(0, 100)
    .toLowerCase()
    .replace(/[.\s[\]-]/g, '_')
    .replace(/(?<=[^_])_+$/, '')
}
