/** What the first bytes of a connection are. */
export type Greeting =
  | { readonly kind: 'incomplete' }
  /** No TLS, or none that can be understood. */
  | { readonly kind: 'other' }
  /** A ClientHello; the name is the server's that it wants, null when it names none. */
  | { readonly kind: 'hello'; readonly serverName: string | null }

const recordHeader = 5
const handshakeRecord = 22
const clientHello = 1
const serverNameExtension = 0
const hostNameType = 0

/** Reads the greeting of a TLS client (RFC 8446, 4.1.2, and RFC 6066, 3), however it is cut into records. Pure. */
export function readGreeting(bytes: Buffer): Greeting {
  if (bytes.length === 0) return { kind: 'incomplete' }
  if (bytes[0] !== handshakeRecord) return { kind: 'other' }
  const handshake = joinRecords(bytes)
  if (handshake === undefined) return { kind: 'other' }
  if (handshake.length > 0 && handshake[0] !== clientHello) return { kind: 'other' }
  if (handshake.length < 4) return { kind: 'incomplete' }
  const end = 4 + handshake.readUIntBE(1, 3)
  if (handshake.length < end) return { kind: 'incomplete' }
  try {
    return { kind: 'hello', serverName: serverNameIn(handshake.subarray(4, end)) }
  } catch (error) {
    if (error instanceof RangeError) return { kind: 'hello', serverName: null } // Its lengths lead out of it.
    throw error
  }
}

/** The handshake's bytes so far, without the headers of the records that carry them; undefined when one is no such record. */
function joinRecords(bytes: Buffer): Buffer | undefined {
  const parts: Buffer[] = []
  for (let at = 0; at < bytes.length; ) {
    if (bytes[at] !== handshakeRecord || (bytes[at + 1] ?? 3) !== 3) return undefined
    if (bytes.length < at + recordHeader) break
    const end = at + recordHeader + bytes.readUInt16BE(at + 3)
    parts.push(bytes.subarray(at + recordHeader, end))
    at = end
  }
  return Buffer.concat(parts)
}

function serverNameIn(body: Buffer): string | null {
  let at = 2 + 32 // Version and random.
  at += 1 + body.readUInt8(at) // Session.
  at += 2 + body.readUInt16BE(at) // Ciphers.
  at += 1 + body.readUInt8(at) // Compression.
  const end = at + 2 + body.readUInt16BE(at)
  for (at += 2; at < end; ) {
    const type = body.readUInt16BE(at)
    const length = body.readUInt16BE(at + 2)
    if (type === serverNameExtension) return firstName(body.subarray(at + 4, at + 4 + length))
    at += 4 + length
  }
  return null
}

/** A list of one: RFC 6066 allows no second name of the same type. */
function firstName(list: Buffer): string | null {
  const length = list.readUInt16BE(3)
  const isWhole = list.readUInt8(2) === hostNameType && list.length === 5 + length
  return isWhole ? list.toString('latin1', 5) : null
}
